package dev.carafe.runtime.state;

import dev.carafe.linux.Flock;
import java.util.Optional;

/**
 * A sandbox whose lock this thread holds. What is computed over its containers is computed and
 * written here, and so is what such a computation goes by.
 */
public final class HeldSandbox implements AutoCloseable {
  private final Disk disk;
  private final String id;
  private final Dir dir;
  private final Flock lock;

  HeldSandbox(Disk disk, String id, Dir dir, Flock lock) {
    this.disk = disk;
    this.id = id;
    this.dir = dir;
    this.lock = lock;
    assert LockOrder.taken(LockOrder.SANDBOX) : "a sandbox's lock within another one";
  }

  /** Reads the state of its first container, whose own lock may be another's. */
  public StoredState first() {
    Optional<StateFile> file = StateFile.find(disk, dir);
    if (file.isEmpty()) {
      throw StateStore.missing(id, dir);
    }
    return file.get().decode(id, dir);
  }

  /** Unlocks. */
  @Override
  public void close() {
    if (lock.fd().isOpen()) {
      assert LockOrder.released(LockOrder.SANDBOX) : "unlocked by another thread";
      lock.close();
      dir.close();
    }
  }
}
