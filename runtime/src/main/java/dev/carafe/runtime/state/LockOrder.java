package dev.carafe.runtime.state;

/**
 * The order of locks: a sandbox before its containers, and one of each at a time in a thread. Only
 * assertions ask, so that without them nothing is recorded.
 */
final class LockOrder {
  /** What a lock is on, as the place in the order of taking. */
  static final int SANDBOX = 0;

  static final int CONTAINER = 1;

  private static final ThreadLocal<int[]> HELD =
      ThreadLocal.withInitial(() -> new int[CONTAINER + 1]);

  private LockOrder() {}

  /** Notes a lock; false if it comes in the wrong order. Called in an assertion. */
  static boolean taken(int level) {
    int[] held = HELD.get();
    for (int i = level; i < held.length; i++) {
      if (held[i] != 0) {
        return false;
      }
    }
    held[level]++;
    return true;
  }

  /** Notes the end of a lock; false if there was none. Called in an assertion. */
  static boolean released(int level) {
    int[] held = HELD.get();
    held[level]--;
    return held[level] >= 0;
  }
}
