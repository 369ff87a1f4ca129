package dev.carafe.runtime.state;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Flock;
import dev.carafe.linux.Sys;

/**
 * Says that an operation on a container is at work while it does not hold the container's lock. It
 * ends with the operation, or with its process; who takes a container over waits for that, so that
 * two operations never work on one container, nor on two containers of one id.
 */
public final class Lease implements AutoCloseable {
  private final Disk disk;
  private final Fd file;
  private final String shown;

  Lease(Disk disk, Fd file, String shown) {
    this.disk = disk;
    this.file = file;
    this.shown = shown;
  }

  /** Takes the lease if nobody has it. */
  public boolean tryTake() {
    return disk.tryLock(file);
  }

  /**
   * Takes the lease, waiting for another holder.
   *
   * @throws dev.carafe.linux.KernelException with ETIMEDOUT, naming the holder
   */
  public Lease take(long timeoutMillis) {
    // On failure this owns the descriptor no more.
    Flock ignored = Flock.acquire(file, shown, true, timeoutMillis);
    return this;
  }

  boolean isOf(Dir dir) {
    return disk.isNamed(new Dir(file, shown), dir, StateStore.LEASE);
  }

  @Override
  public void close() {
    if (file.isOpen()) {
      // Said explicitly: a copy of the descriptor in a child that was just forked would keep it.
      boolean ignored = Sys.flock(file, Sys.LOCK_UN);
      file.close();
    }
  }
}
