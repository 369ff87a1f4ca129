package dev.carafe.runtime.cgroup;

import dev.carafe.spec.Memory;
import java.util.OptionalLong;

/** How the values of {@code linux.resources}, which are those of cgroup v1, are said on v2. */
final class Conversions {
  private static final long MIN_SHARES = 2;
  private static final long MAX_SHARES = 262_144;

  private Conversions() {}

  /**
   * Returns {@code cpu.weight} (1 to 10000) for shares (2 to 262144): a straight line, as runc and
   * kubelet count since 2020.
   */
  static long weight(long shares) {
    return 1 + (shares - MIN_SHARES) * 9999 / (MAX_SHARES - MIN_SHARES);
  }

  /** Checks shares; the kernel would silently take the nearest possible value. */
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

  /** Returns {@code cpu.max} for quota and period in microseconds. */
  static String cpuMax(OptionalLong quota, OptionalLong period) {
    long time = quota.orElse(0);
    String first = time > 0 ? Long.toString(time) : "max";
    long length = period.orElse(0);
    return first + " " + (length == 0 ? "100000" : Long.toUnsignedString(length));
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
   * alone. Empty if it is not to be set.
   */
  static OptionalLong swap(Memory memory) {
    long swap = memory.swap().orElse(0);
    long limit = memory.limit().orElse(0);
    if (swap == 0) {
      // On version 1 memory without a limit makes swap unlimited, too.
      return limit < 0 ? OptionalLong.of(-1) : OptionalLong.empty();
    }
    if (swap < 0) {
      return OptionalLong.of(-1);
    }
    if (limit <= 0) {
      throw new CgroupException(
          "linux.resources.memory.swap: is memory and swap together; give memory.limit, too");
    }
    if (swap < limit) {
      throw new CgroupException(
          "linux.resources.memory.swap: is memory and swap together, so it must be at least"
              + " memory.limit");
    }
    return OptionalLong.of(swap - limit);
  }
}
