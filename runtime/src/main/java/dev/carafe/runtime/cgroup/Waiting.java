package dev.carafe.runtime.cgroup;

import java.util.concurrent.locks.LockSupport;

/** Waits in growing steps, up to a deadline. */
final class Waiting {
  private static final long FIRST_MICROS = 100;
  private static final long LONGEST_MICROS = 50_000;

  private final long end;
  private long micros = FIRST_MICROS;

  Waiting(long millis) {
    end = System.nanoTime() + millis * 1_000_000;
  }

  /** Returns whether the time is over. */
  boolean over() {
    return System.nanoTime() - end >= 0;
  }

  /** Waits a step. An interrupt does not shorten it, and is kept for the caller. */
  void step() {
    boolean interrupted = Thread.interrupted();
    // Thread.sleep needs classes that the start-up cache refuses to hold.
    LockSupport.parkNanos(micros * 1000);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    micros = Math.min(2 * micros, LONGEST_MICROS);
  }
}
