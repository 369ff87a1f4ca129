package dev.carafe.runtime.state;

import dev.carafe.UnreadableStateException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Flock;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import java.util.Optional;

/** A container whose lock this thread holds. What is decided on its state is decided here. */
public final class HeldContainer implements AutoCloseable {
  private final StateStore store;
  private final Disk disk;
  private final String id;
  private final Dir dir;
  private final Flock lock;
  private Optional<StoredState> known = Optional.empty();

  HeldContainer(StateStore store, Disk disk, String id, Dir dir, Flock lock) {
    this.store = store;
    this.disk = disk;
    this.id = id;
    this.dir = dir;
    this.lock = lock;
    assert LockOrder.taken(LockOrder.CONTAINER) : "a container's lock within another one";
  }

  /**
   * Reads the state.
   *
   * @throws UnreadableStateException if there is none, or it is damaged
   */
  public StoredState state() {
    // Nobody else changes it while the lock is held.
    if (known.isEmpty()) {
      known = Optional.of(read());
    }
    return known.get();
  }

  private StoredState read() {
    Optional<StateFile> file = StateFile.find(disk, dir);
    if (file.isEmpty()) {
      throw StateStore.missing(id, dir);
    }
    return file.get().decode(id, dir);
  }

  /** Reads what can be read of a damaged state. */
  public Salvage salvage() {
    Optional<StateFile> file = StateFile.find(disk, dir);
    return file.isEmpty() ? Salvage.NONE : StateCodec.salvage(file.get().content());
  }

  /**
   * Replaces the state. At any kill, power loss or full disk the old one is there or the new one.
   */
  public void write(StoredState state) {
    if (!state.id().equals(id)) {
      throw new IllegalArgumentException(state.id() + " is not " + id);
    }
    // The mark of a deletion that was broken off; two files would be two truths.
    unmark(StateFile.findName(disk, dir));
    known = Optional.empty();
    byte[] content = StateCodec.encode(state);
    StateFile.replace(disk, dir, content);
    KnownStates.put(content, state);
    known = Optional.of(state);
  }

  /**
   * Keeps the configuration that the container is made from, for what joins it later. It counts
   * only while the container's processes live, so it need not survive the machine: nothing is
   * synced.
   */
  public void keepConfig(byte[] json) {
    try (Fd file = disk.makeFile(dir, StateStore.CONFIG)) {
      disk.write(file, json, dir.path() + "/" + StateStore.CONFIG);
    }
  }

  /** Returns the configuration that {@link #keepConfig} kept; empty if none was. */
  public Optional<byte[]> config() {
    return disk.read(dir, StateStore.CONFIG);
  }

  /** Makes the lock of a sandbox that the container turns out to be the first one of. */
  public void makeSandboxLock() {
    disk.openLockFile(dir, StateStore.SANDBOX).close();
  }

  /**
   * Marks the container as being deleted by this process. Takes no space on the disk.
   *
   * @return the generation that stands for this deletion
   */
  public String markDeleting() {
    String generation = RandomId.next();
    Optional<String> name = StateFile.findName(disk, dir);
    if (name.isPresent()) {
      disk.rename(dir, name.get(), StateFile.mark(ProcessIdentity.self(), generation));
      disk.syncDirectory(dir);
    }
    return generation;
  }

  /** Takes the mark back, if it is the one of that generation. */
  public void unmarkDeleting(String generation) {
    Optional<String> name = StateFile.findName(disk, dir);
    if (name.isPresent() && StateFile.isMarkOf(name.get(), generation)) {
      unmark(name);
    }
  }

  private void unmark(Optional<String> name) {
    if (name.isPresent() && !name.get().equals(StateFile.NAME)) {
      disk.rename(dir, name.get(), StateFile.NAME);
      disk.syncDirectory(dir);
    }
  }

  /**
   * Returns whether the mark of a deletion is the one of that generation; also if there is no file.
   */
  public boolean isMarked(String generation) {
    Optional<String> name = StateFile.findName(disk, dir);
    return name.isEmpty() || StateFile.isMarkOf(name.get(), generation);
  }

  /** Removes the container, at once for everybody; its id is free then. Still to be closed. */
  public void remove() {
    store.moveAway(id, dir);
  }

  /** Opens the lease of operations on this container. It is not taken yet. */
  public Lease lease() {
    String shown = "work on container \"" + id + "\"";
    return new Lease(disk, disk.openLockFile(dir, StateStore.LEASE), shown);
  }

  /** Returns whether a lease is one of this container, not of one that had its id before. */
  public boolean owns(Lease lease) {
    return lease.isOf(dir);
  }

  /** Returns whether an operation is at work. */
  public boolean isLeased() {
    try (Lease lease = lease()) {
      return !lease.tryTake();
    } catch (KernelException e) {
      // The file is missing and cannot be made: nobody can hold it.
      return false;
    }
  }

  /** Opens the container's private directory once more; the caller owns it. */
  public Fd openDirectory() {
    return Sys.openat(dir.fd(), ".", Open.PATH | Open.DIRECTORY, 0);
  }

  /** Unlocks. */
  @Override
  public void close() {
    if (lock.fd().isOpen()) {
      assert LockOrder.released(LockOrder.CONTAINER) : "unlocked by another thread";
      lock.close();
    }
  }
}
