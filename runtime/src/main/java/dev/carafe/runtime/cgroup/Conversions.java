package dev.carafe.runtime.cgroup;

/** How the values of {@code linux.resources}, which are those of cgroup v1, are said on v2. */
final class Conversions {
  /** What {@code cpu.max} says in a new cgroup. */
  static final String NO_QUOTA = "max 100000";

  private static final long MIN_SHARES = 2;
  private static final long MAX_SHARES = 262_144;
  private static final long MAX_WEIGHT = 10_000;

  private Conversions() {}

  /**
   * Returns {@code cpu.weight} (1 to 10000) for shares (2 to 262144). Of the two logarithms one is
   * a quadratic of the other, so that the ends and the defaults (1024 and 100) meet: so runc counts
   * since 1.3.2 and crun since 1.23. Shares outside count as the nearest possible.
   */
  static long weight(long shares) {
    if (Long.compareUnsigned(shares, MIN_SHARES) <= 0) {
      return 1;
    }
    if (Long.compareUnsigned(shares, MAX_SHARES) >= 0) {
      return MAX_WEIGHT;
    }
    double log = Math.log((double) shares) / Math.log(2);
    double exponent = (log * log + 125 * log) / 612 - 7.0 / 34;
    // Less a rounding error, which must not make 101 of the 100 for 1024.
    return (long) Math.ceil(Math.pow(10, exponent) - 1e-9);
  }

  /** Checks shares of version 1; the kernel would silently take the nearest possible value. */
  static long shares(long shares) {
    if (Long.compareUnsigned(shares, MIN_SHARES) < 0) {
      throw new CgroupException(
          "linux.resources.cpu.shares: the minimum allowed cpu-shares is " + MIN_SHARES);
    }
    if (Long.compareUnsigned(shares, MAX_SHARES) > 0) {
      throw new CgroupException(
          "linux.resources.cpu.shares: the maximum allowed cpu-shares is " + MAX_SHARES);
    }
    return shares;
  }

  /**
   * Returns {@code cpu.max} for quota and period in microseconds.
   *
   * @param old what it says now; of it stays what is not given (0)
   */
  static String cpuMax(long quota, long period, String old) {
    int space = old.indexOf(' ');
    String first = quota > 0 ? Long.toString(quota) : quota < 0 ? "max" : old.substring(0, space);
    return first + " " + (period != 0 ? Long.toUnsignedString(period) : old.substring(space + 1));
  }

  /** Returns {@code io.weight} (1 to 10000) for a weight of block I/O (10 to 1000). */
  static long ioWeight(long weight) {
    return 1 + (weight - 10) * 9999 / 990;
  }

  /** Returns a number of bytes, or {@code max} for -1. */
  static String maxOr(long bytes) {
    return bytes < 0 ? "max" : Long.toString(bytes);
  }

  /**
   * Returns {@code memory.swap.max}: version 1 limits memory and swap together, version 2 swap
   * alone.
   *
   * @param limit of memory, given or as it is; 0 or less if there is none
   * @param swap the limit of memory and swap together, or -1
   */
  static long swap(long limit, long swap) {
    if (swap < 0) {
      return -1;
    }
    if (limit <= 0) {
      throw new CgroupException(
          "linux.resources.memory.swap: unable to set swap limit without memory limit; it is that"
              + " of memory and swap together");
    }
    if (swap < limit) {
      throw new CgroupException(
          "linux.resources.memory.swap: memory+swap limit should be >= memory limit");
    }
    return swap - limit;
  }
}
