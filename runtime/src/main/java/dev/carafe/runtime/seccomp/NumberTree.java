package dev.carafe.runtime.seccomp;

/**
 * Finds the action for a system call whose arguments do not count, by its number alone: a binary
 * search over ranges of numbers. Unlike a list of comparisons it takes no longer for a long
 * profile, and neighbours with the same action take no room.
 */
final class NumberTree {
  /** So many ranges take less than 255 instructions, which is as far as a comparison can jump. */
  private static final int NEAR = 100;

  private final Code code;
  private final long[] starts;
  private final int[] actions;
  private final boolean[] leave;
  private int size;

  private NumberTree(Code code, int numbers) {
    this.code = code;
    this.starts = new long[2 * numbers + 2];
    this.actions = new int[2 * numbers + 2];
    this.leave = new boolean[2 * numbers + 2];
  }

  /**
   * Adds the instructions. The number of the call is loaded. For a number that is not listed they
   * jump to what comes after them.
   *
   * @param numbers numbers in the high half, ascending and each once, and actions in the low half
   * @param count how many there are
   * @param last beyond this number the answer is {@code newer}; -1 if there is no such answer
   */
  static void add(Code code, long[] numbers, int count, long last, int newer) {
    NumberTree tree = new NumberTree(code, count);
    long next = 0;
    for (int i = 0; i < count; i++) {
      long number = numbers[i] >>> Integer.SIZE;
      if (number > next) {
        tree.range(next, 0, true);
      }
      tree.range(number, (int) numbers[i], false);
      next = number + 1;
    }
    if (last >= 0) {
      if (last >= next) {
        tree.range(next, 0, true);
      }
      tree.range(last + 1, newer, false);
    } else {
      tree.range(next, 0, true);
    }
    int[] exits = new int[tree.size];
    int left = tree.emit(0, tree.size, exits, 0);
    for (int i = 0; i < left; i++) {
      code.jumpHere(exits[i]);
    }
  }

  private void range(long start, int action, boolean leaves) {
    boolean same = size > 0 && leave[size - 1] == leaves && (leaves || actions[size - 1] == action);
    if (!same) {
      starts[size] = start;
      actions[size] = action;
      leave[size++] = leaves;
    }
  }

  /** Adds the search among some ranges; returns how many exits there are with those so far. */
  private int emit(int from, int to, int[] exits, int count) {
    if (to - from == 1) {
      if (leave[from]) {
        exits[count] = code.count();
        code.jump(0);
        return count + 1;
      }
      code.returns(actions[from]);
      return count;
    }
    int middle = (from + to) >>> 1;
    int value = (int) starts[middle];
    if (middle - from <= NEAR) {
      code.ifAtLeast(value, 2 * (middle - from) - 1);
      int now = emit(from, middle, exits, count);
      return emit(middle, to, exits, now);
    }
    code.ifAtLeast(value, 1);
    code.jump(1);
    int far = code.count();
    code.jump(0);
    int now = emit(from, middle, exits, count);
    code.jumpHere(far);
    return emit(middle, to, exits, now);
  }
}
