package dev.carafe.runtime.state;

import dev.carafe.UnreadableStateException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.spec.SpecException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The file that holds a container's state.
 *
 * <p>Its name is {@code state.json}. While the container is being deleted the name is {@code
 * deleting-GENERATION-PID-START-BOOT} instead: a rename takes no space, which a delete on a full
 * disk does not have, and the name says all that the transition has to say.
 */
final class StateFile {
  static final String NAME = "state.json";
  private static final String MARK = "deleting-";
  // More than 100 changes of name between a look and an open: somebody plays with the directory.
  private static final int TRIES = 100;
  private static final AtomicInteger COUNTER = new AtomicInteger();

  private final String name;
  private final byte[] content;

  private StateFile(String name, byte[] content) {
    this.name = name;
    this.content = content;
  }

  byte[] content() {
    return content;
  }

  /**
   * Reads the file, whatever its name is. Empty if there is none. Needs no lock: each try sees a
   * moment of the directory, and fails only when an operation has renamed the file since.
   */
  static Optional<StateFile> find(Disk disk, Dir dir) {
    for (int i = 0; i < TRIES; i++) {
      Optional<byte[]> content = disk.read(dir, NAME);
      if (content.isPresent()) {
        return Optional.of(new StateFile(NAME, content.get()));
      }
      Optional<String> name = findName(disk, dir);
      if (name.isEmpty()) {
        return Optional.empty();
      }
      content = disk.read(dir, name.get());
      if (content.isPresent()) {
        return Optional.of(new StateFile(name.get(), content.get()));
      }
    }
    return Optional.empty();
  }

  /** Returns the file's name; empty if there is none. */
  static Optional<String> findName(Disk disk, Dir dir) {
    List<String> names = disk.names(dir);
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      if (name.equals(NAME) || name.startsWith(MARK)) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }

  /** Puts new content in the place of the old, whole or not at all. */
  static void replace(Disk disk, Dir dir, byte[] content) {
    String temporary = NAME + "." + ProcessIdentity.self().pid() + "." + COUNTER.incrementAndGet();
    // One of that name was left by a process of our number that was killed.
    boolean ignored = disk.removeFile(dir, temporary);
    boolean done = false;
    try {
      create(disk, dir, temporary, content);
      disk.rename(dir, temporary, NAME);
      done = true;
    } finally {
      if (!done) {
        discard(disk, dir, temporary);
      }
    }
    disk.syncDirectory(dir);
  }

  /** Makes a file with content that is on the disk when this returns. */
  static void create(Disk disk, Dir dir, String name, byte[] content) {
    String shown = dir.path() + "/" + name;
    try (Fd file = disk.makeFile(dir, name)) {
      disk.write(file, content, shown);
      disk.syncFile(file, shown);
    }
  }

  private static void discard(Disk disk, Dir dir, String name) {
    try {
      boolean ignored = disk.removeFile(dir, name);
    } catch (KernelException e) {
      // The error that brought us here is the one to tell; the file goes with its container.
    }
  }

  static String mark(ProcessIdentity owner, String generation) {
    return MARK + generation + "-" + owner.pid() + "-" + owner.startTime() + "-" + owner.bootId();
  }

  static boolean isMarkOf(String name, String generation) {
    return name.startsWith(MARK + generation + "-");
  }

  StoredState decode(String id, Dir dir) {
    try {
      StoredState state = read(id, dir);
      if (!state.id().equals(id)) {
        throw new UnreadableStateException(
            id,
            "cannot read the state of container \""
                + id
                + "\": it is that of \""
                + state.id()
                + "\"; remove it with delete --force");
      }
      return name.equals(NAME) ? state : marked(state, id, dir);
    } catch (SpecException e) {
      throw new UnreadableStateException(
          id,
          "cannot read the state of container \""
              + id
              + "\": "
              + e.getMessage()
              + "; remove it with delete --force",
          e);
    }
  }

  private StoredState read(String id, Dir dir) {
    Optional<StoredState> known = KnownStates.get(id, content);
    if (known.isPresent()) {
      return known.get();
    }
    StoredState state = StateCodec.decode(content, dir.path() + "/" + name);
    KnownStates.put(content, state);
    return state;
  }

  /** Reads the transition from the name. */
  private StoredState marked(StoredState state, String id, Dir dir) {
    String rest = name.substring(MARK.length());
    int pidAt = rest.indexOf('-') + 1;
    int startAt = rest.indexOf('-', pidAt) + 1;
    int bootAt = rest.indexOf('-', startAt) + 1;
    if (pidAt > 1 && startAt > 0 && bootAt > 0) {
      try {
        ProcessIdentity owner =
            new ProcessIdentity(
                Integer.parseInt(rest.substring(pidAt, startAt - 1)),
                Long.parseLong(rest.substring(startAt, bootAt - 1)),
                rest.substring(bootAt));
        return state.toBuilder()
            .transition(Transition.DELETING, Optional.of(owner), rest.substring(0, pidAt - 1))
            .taken(state.transition() == Transition.CREATING)
            .build();
      } catch (NumberFormatException e) {
        throw badMark(id, dir, e);
      }
    }
    throw badMark(id, dir, new IllegalArgumentException(name));
  }

  private UnreadableStateException badMark(String id, Dir dir, Exception cause) {
    return new UnreadableStateException(
        id,
        "cannot read the state of container \""
            + id
            + "\": "
            + dir.path()
            + "/"
            + name
            + " is no name that Carafe gives; remove it with delete --force",
        cause);
  }
}
