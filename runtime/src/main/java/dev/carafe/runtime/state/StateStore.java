package dev.carafe.runtime.state;

import dev.carafe.ContainerBusyException;
import dev.carafe.ContainerExistsException;
import dev.carafe.ContainerId;
import dev.carafe.InvalidInputException;
import dev.carafe.UnreadableStateException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Flock;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The containers of one state root, on disk:
 *
 * <pre>
 * ROOT/containers/ID/            a container, and its lock: flock(2) on the directory itself
 *                    state.json  see {@link StateFile}
 *                    config.json the configuration that it was made from
 *                    work        see {@link Lease}
 *                    sandbox     the lock of the sandbox that it is the first container of
 *                    …           what the launch keeps there, such as the start socket
 * ROOT/aside/NAME/               a container that is not there yet or no more
 * </pre>
 *
 * <p>A container is made aside, with its whole state and its lock taken, and moved into place by
 * one rename that fails if the id is taken. It is removed by one rename to aside. So an id has a
 * whole container or none, and who loses a race has touched nothing of the winner's. What lies
 * aside and is not locked was left by a process that was killed; who makes or removes a container
 * sweeps it.
 *
 * <p>A lock is gone with its directory: who gets one looks whether the directory still has the
 * name, and begins again if not.
 */
public final class StateStore {
  /** How long an operation waits for a lock. */
  public static final long LOCK_MILLIS = 10_000;

  static final String LEASE = "work";
  static final String CONFIG = "config.json";
  static final String SANDBOX = "sandbox";
  private static final String CONTAINERS = "containers";
  private static final String ASIDE = "aside";
  private static final AtomicInteger COUNTER = new AtomicInteger();

  private final Disk disk;
  private final String root;
  private final long lockMillis;

  StateStore(Disk disk, String root, long lockMillis) {
    this.disk = disk;
    this.root = root;
    this.lockMillis = lockMillis;
  }

  /** Returns the store of a root, which need not exist yet. */
  public static StateStore at(String root) {
    return new StateStore(new LinuxDisk(), root, LOCK_MILLIS);
  }

  /** Returns the root's path. */
  public String root() {
    return root;
  }

  /** Returns the path of a container's private directory. */
  public String directory(String id) {
    return root + "/" + CONTAINERS + "/" + id;
  }

  // ---- reading, without a lock

  /**
   * Looks at a container without a lock: at a state that some operation has written, whole.
   *
   * @return what was seen, which the caller closes; empty if there is no such container
   * @throws UnreadableStateException if the container is there and its state is not, or is damaged
   */
  public Optional<SeenContainer> look(String id) {
    try (Place place = place(false)) {
      Optional<Whole> found = openWhole(place, id);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      Dir dir = found.get().dir;
      boolean done = false;
      try {
        SeenContainer seen = new SeenContainer(disk, id, dir, found.get().file.decode(id, dir));
        done = true;
        return Optional.of(seen);
      } finally {
        if (!done) {
          dir.close();
        }
      }
    }
  }

  /** Reads a container's state without a lock, as {@link #look} does. */
  public Optional<StoredState> read(String id) {
    Optional<SeenContainer> seen = look(id);
    if (seen.isEmpty()) {
      return Optional.empty();
    }
    try (SeenContainer container = seen.get()) {
      return Optional.of(container.state());
    }
  }

  /** Returns the ids of all containers, sorted. */
  public List<String> ids() {
    try (Place place = place(false)) {
      List<String> ids = new ArrayList<>();
      if (place.isThere()) {
        List<String> names = disk.names(place.containers());
        for (int i = 0; i < names.size(); i++) {
          if (ContainerId.isValid(names.get(i))) {
            ids.add(names.get(i));
          }
        }
      }
      ids.sort(null);
      return ids;
    }
  }

  // ---- changing, under the lock

  /**
   * Makes a container with its first state. It is locked, and leased to the caller.
   *
   * @throws ContainerExistsException if the id is taken; nothing was touched then
   */
  public NewContainer create(StoredState first) {
    String id = first.id();
    try (Place place = place(true)) {
      sweep(place);
      refuseTaken(place, id);
      Aside aside = makeAside(place);
      boolean moved = false;
      boolean done = false;
      Lease work = new Lease(disk, disk.openLockFile(aside.dir, LEASE), id);
      try {
        if (!work.tryTake()) {
          throw new IllegalStateException("a new container is leased");
        }
        byte[] content = StateCodec.encode(first);
        StateFile.create(disk, aside.dir, StateFile.NAME, content);
        KnownStates.put(content, first);
        if (first.isFirstOfSandbox()) {
          // Now, since a delete on a full disk could not make it.
          disk.openLockFile(aside.dir, SANDBOX).close();
        }
        disk.syncDirectory(aside.dir);
        if (!disk.move(place.aside(), aside.name, place.containers(), id)) {
          refuseTaken(place, id);
          throw new ContainerExistsException(id);
        }
        moved = true;
        disk.syncDirectory(place.containers());
        done = true;
      } finally {
        if (!done) {
          work.close();
          if (!moved || takeBack(place, id, aside)) {
            discard(place, aside);
          } else {
            aside.lock.close();
          }
        }
      }
      Dir dir = new Dir(aside.dir.fd(), directory(id));
      return new NewContainer(new HeldContainer(this, disk, id, dir, aside.lock), work);
    }
  }

  /**
   * Locks a container.
   *
   * @return it; empty if there is none of that id
   * @throws ContainerBusyException if it stays locked by another, who is named
   */
  public Optional<HeldContainer> lock(String id) {
    long end = System.nanoTime() + lockMillis * 1_000_000;
    try (Place place = place(false)) {
      while (place.isThere()) {
        Optional<Dir> opened = openContainer(place, id);
        if (opened.isEmpty()) {
          return Optional.empty();
        }
        Dir dir = opened.get();
        Flock lock = lock("container", id, dir, Math.max(0, (end - System.nanoTime()) / 1_000_000));
        boolean done = false;
        try {
          // While we waited the container may have been deleted, and another one made: then what
          // we have locked protects nobody.
          if (disk.isNamed(dir, place.containers(), id)) {
            HeldContainer held = new HeldContainer(this, disk, id, dir, lock);
            done = true;
            return Optional.of(held);
          }
        } finally {
          if (!done) {
            lock.close();
          }
        }
      }
      return Optional.empty();
    }
  }

  /**
   * Locks a sandbox. Comes before the locks of its containers.
   *
   * @param id the sandbox's, and so its first container's
   * @return it; empty if there is no such container, or it is no sandbox's first one
   * @throws ContainerBusyException if it stays locked by another, who is named
   */
  public Optional<HeldSandbox> lockSandbox(String id) {
    long end = System.nanoTime() + lockMillis * 1_000_000;
    try (Place place = place(false)) {
      while (true) {
        Optional<Whole> found = openWhole(place, id);
        if (found.isEmpty()) {
          return Optional.empty();
        }
        Dir dir = found.get().dir;
        Optional<Flock> lock = Optional.empty();
        boolean done = false;
        try {
          if (!found.get().file.decode(id, dir).isFirstOfSandbox()) {
            return Optional.empty();
          }
          lock = sandboxLock(id, dir, Math.max(0, (end - System.nanoTime()) / 1_000_000));
          // While we waited it may have ended, and with it this lock.
          if (lock.isPresent() && disk.isNamed(dir, place.containers(), id)) {
            HeldSandbox held = new HeldSandbox(disk, id, dir, lock.get());
            done = true;
            return Optional.of(held);
          }
        } finally {
          if (!done) {
            lock.ifPresent(Flock::close);
            dir.close();
          }
        }
      }
    }
  }

  /** Empty if the directory has been removed since it was opened: nothing is made in it then. */
  private Optional<Flock> sandboxLock(String id, Dir dir, long millis) {
    Dir file;
    try {
      file = new Dir(disk.openLockFile(dir, SANDBOX), dir.path() + "/" + SANDBOX);
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
    return Optional.of(lock("sandbox", id, file, millis));
  }

  /**
   * Looks at the containers of a sandbox, the first one too, by their ids. What they are counts
   * only under the sandbox's lock.
   *
   * @param problems is told of those that cannot be read, which may be of this sandbox or not
   */
  public List<StoredState> inSandbox(SandboxRef sandbox, Consumer<String> problems) {
    List<StoredState> found = new ArrayList<>();
    List<String> ids = ids();
    for (int i = 0; i < ids.size(); i++) {
      try {
        Optional<StoredState> state = read(ids.get(i));
        if (state.isPresent() && state.get().isIn(sandbox)) {
          found.add(state.get());
        }
      } catch (UnreadableStateException e) {
        problems.accept(e.getMessage());
      }
    }
    return found;
  }

  /** Removes what has a container's place and is no directory; returns whether there was such. */
  public boolean removeForeign(String id) {
    try (Place place = place(false)) {
      return place.isThere() && disk.removeFile(place.containers(), id);
    }
  }

  /** Removes what killed processes have left aside. */
  public void sweep() {
    try (Place place = place(false)) {
      if (place.isThere()) {
        sweep(place);
      }
    }
  }

  // ---- behind

  private Flock lock(String what, String id, Dir dir, long millis) {
    try {
      return disk.lock(dir, millis);
    } catch (KernelException e) {
      if (e.errno() == Errno.ETIMEDOUT) {
        throw new ContainerBusyException(id, what + " \"" + id + "\" is busy: " + e.getMessage());
      }
      throw e;
    }
  }

  /** Moves a locked container aside, where nobody finds it, and removes it there. */
  void moveAway(String id, Dir dir) {
    try (Place place = place(true)) {
      String name = asideName();
      while (!disk.move(place.containers(), id, place.aside(), name)) {
        name = asideName();
      }
      disk.syncDirectory(place.containers());
      disk.syncDirectory(place.aside());
      try {
        disk.removeTree(place.aside(), name);
      } catch (KernelException e) {
        // The container is gone all the same; what is in use in there waits for the next sweep.
        return;
      }
      sweep(place);
    }
  }

  /** Opens a container that is there with its state's file; empty if there is none of that id. */
  private Optional<Whole> openWhole(Place place, String id) {
    while (place.isThere()) {
      Optional<Dir> opened = openContainer(place, id);
      if (opened.isEmpty()) {
        return Optional.empty();
      }
      Dir dir = opened.get();
      boolean done = false;
      try {
        Optional<StateFile> file = StateFile.find(disk, dir);
        if (file.isPresent()) {
          done = true;
          return Optional.of(new Whole(dir, file.get()));
        }
        // Without a file, and still in place: so it is damaged. Else it has just been removed.
        if (disk.isNamed(dir, place.containers(), id)) {
          throw missing(id, dir);
        }
      } finally {
        if (!done) {
          dir.close();
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Dir> openContainer(Place place, String id) {
    try {
      return disk.open(place.containers(), id);
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP) {
        throw new UnreadableStateException(
            id,
            "cannot read the state of container \""
                + id
                + "\": "
                + directory(id)
                + " is no directory; remove it with delete --force",
            e);
      }
      throw e;
    }
  }

  private void refuseTaken(Place place, String id) {
    Optional<Dir> there = openContainer(place, id);
    if (there.isEmpty()) {
      return;
    }
    try (Dir dir = there.get()) {
      Optional<StateFile> file = StateFile.find(disk, dir);
      if (file.isPresent()) {
        StoredState state = file.get().decode(id, dir);
        if (state.transition() == Transition.CREATING && !state.isChanging()) {
          throw new ContainerExistsException(
              id, "its creation was broken off; remove it with delete");
        }
      }
    }
    throw new ContainerExistsException(id);
  }

  private Aside makeAside(Place place) {
    while (true) {
      String name = asideName();
      if (!disk.makeDirectory(place.aside(), name)) {
        continue;
      }
      Optional<Dir> opened = disk.open(place.aside(), name);
      if (opened.isEmpty()) {
        // A sweep took it before it was locked.
        continue;
      }
      Dir dir = opened.get();
      boolean done = false;
      try {
        if (disk.tryLock(dir.fd()) && disk.isNamed(dir, place.aside(), name)) {
          Aside made = new Aside(name, dir, Flock.acquire(dir.fd(), dir.path(), true, 0));
          done = true;
          return made;
        }
      } finally {
        if (!done) {
          dir.close();
        }
      }
    }
  }

  /** Moves what came into place, and is locked, aside again; returns whether it is there. */
  private boolean takeBack(Place place, String id, Aside aside) {
    try {
      return disk.move(place.containers(), id, place.aside(), aside.name);
    } catch (KernelException e) {
      // It stays as one whose creation was broken off. The first error is the one to tell.
      return false;
    }
  }

  private void discard(Place place, Aside aside) {
    try {
      disk.removeTree(place.aside(), aside.name);
    } catch (KernelException e) {
      // The error that brought us here is the one to tell; the next sweep takes the rest.
    } finally {
      aside.lock.close();
    }
  }

  private void sweep(Place place) {
    List<String> names = disk.names(place.aside());
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      try {
        sweep(place, name);
      } catch (KernelException e) {
        // Something is in use in there. It is in nobody's way; the next sweep tries again.
      }
    }
  }

  private void sweep(Place place, String name) {
    Optional<Dir> opened = disk.open(place.aside(), name);
    if (opened.isEmpty()) {
      return;
    }
    try (Dir dir = opened.get()) {
      // Whoever works on it holds its lock.
      if (disk.tryLock(dir.fd()) && disk.isNamed(dir, place.aside(), name)) {
        disk.removeTree(place.aside(), name);
      }
    }
  }

  private static String asideName() {
    ProcessIdentity self = ProcessIdentity.self();
    return self.pid() + "-" + self.startTime() + "-" + COUNTER.incrementAndGet();
  }

  static UnreadableStateException missing(String id, Dir dir) {
    return new UnreadableStateException(
        id,
        "cannot read the state of container \""
            + id
            + "\": "
            + dir.path()
            + " holds none; remove it with delete --force");
  }

  /** Opens the root's directories; makes them if they are wanted and missing. */
  private Place place(boolean make) {
    if (!root.startsWith("/")) {
      throw new InvalidInputException("the state root must be an absolute path, not " + root);
    }
    List<Dir> opened = new ArrayList<>(3);
    boolean done = false;
    try {
      if (make) {
        disk.makeRoot(root);
      }
      Optional<Dir> top = disk.openRoot(root);
      if (top.isPresent()) {
        opened.add(top.get());
        disk.checkOwner(top.get());
        if (openPart(top.get(), CONTAINERS, make, opened)) {
          boolean ignored = openPart(top.get(), ASIDE, make, opened);
        }
      }
      Place place = new Place(opened);
      done = true;
      return place;
    } finally {
      if (!done) {
        for (int i = 0; i < opened.size(); i++) {
          opened.get(i).close();
        }
      }
    }
  }

  private boolean openPart(Dir top, String name, boolean make, List<Dir> opened) {
    Optional<Dir> part = disk.open(top, name);
    if (make && part.isEmpty()) {
      boolean ignored = disk.makeDirectory(top, name);
      disk.syncDirectory(top);
      part = disk.open(top, name);
    }
    if (part.isPresent()) {
      opened.add(part.get());
      disk.checkOwner(part.get());
    }
    return part.isPresent();
  }

  /** The root's directories, open. */
  private static final class Place implements AutoCloseable {
    private final List<Dir> dirs;

    Place(List<Dir> dirs) {
      this.dirs = dirs;
    }

    boolean isThere() {
      return dirs.size() == 3;
    }

    Dir containers() {
      return dirs.get(1);
    }

    Dir aside() {
      return dirs.get(2);
    }

    @Override
    public void close() {
      for (int i = 0; i < dirs.size(); i++) {
        dirs.get(i).close();
      }
    }
  }

  /** A container's directory, open, with its state's file. */
  private static final class Whole {
    final Dir dir;
    final StateFile file;

    Whole(Dir dir, StateFile file) {
      this.dir = dir;
      this.file = file;
    }
  }

  /** A directory that is made aside, locked. */
  private static final class Aside {
    final String name;
    final Dir dir;
    final Flock lock;

    Aside(String name, Dir dir, Flock lock) {
      this.name = name;
      this.dir = dir;
      this.lock = lock;
    }
  }
}
