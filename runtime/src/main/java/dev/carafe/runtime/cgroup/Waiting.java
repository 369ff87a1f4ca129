package dev.carafe.runtime.cgroup;

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
    try {
      Thread.sleep(micros / 1000, (int) (micros % 1000) * 1000);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    micros = Math.min(2 * micros, LONGEST_MICROS);
  }
}
