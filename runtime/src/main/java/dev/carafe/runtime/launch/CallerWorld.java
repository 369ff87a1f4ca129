package dev.carafe.runtime.launch;

import dev.carafe.linux.Caps;
import dev.carafe.linux.Front;
import dev.carafe.linux.Rlimit;
import dev.carafe.linux.Sys;
import dev.carafe.spec.RlimitType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** What a caller is and has, and so what a container's first process begins with. */
public final class CallerWorld {
  private static final int STATUS_MAX = 65536;

  private final int euid;
  private final int egid;
  private final long permitted;
  private final long bounding;
  private final IntFunction<Front.Limit> limits;
  private final List<Integer> openFds;
  private final Supplier<List<String>> environment;

  /**
   * Looks at this process, which is what the caller is, but for what is given.
   *
   * @param limits returns a resource's limits by the kernel's number
   * @param openFds the descriptors from 3 on that a child of the caller inherits
   * @param environment returns the environment, {@code NAME=value} each
   */
  public CallerWorld(
      IntFunction<Front.Limit> limits, List<Integer> openFds, Supplier<List<String>> environment) {
    String status =
        new String(
            Sys.tryReadFile("/proc/thread-self/status", STATUS_MAX).orElse(new byte[0]),
            StandardCharsets.ISO_8859_1);
    this.euid = Sys.geteuid();
    this.egid = Sys.getegid();
    this.permitted = hex(status, "\nCapPrm:");
    this.bounding = hex(status, "\nCapBnd:");
    this.limits = limits;
    this.openFds = openFds;
    this.environment = environment;
  }

  /** Returns the effective user id. */
  public int euid() {
    return euid;
  }

  /** Returns the effective group id. */
  public int egid() {
    return egid;
  }

  /** Returns the permitted capabilities, bit n for number n. */
  public long permitted() {
    return permitted;
  }

  /** Returns the capability bounding set. */
  public long bounding() {
    return bounding;
  }

  /** Returns whether the caller has a capability in its user namespace; see {@link Caps}. */
  public boolean may(int capability) {
    return (permitted & 1L << capability) != 0;
  }

  /** Returns the hard limit of a resource; -1 is "no limit". */
  public long hardLimit(RlimitType type) {
    return limits.apply(number(type)).hard();
  }

  /** Returns the descriptors from 3 on that a child of the caller inherits. */
  public List<Integer> openFds() {
    return openFds;
  }

  /** Returns the environment, {@code NAME=value} each. */
  public List<String> environment() {
    return environment.get();
  }

  /** Returns a variable of the environment. */
  public Optional<String> variable(String name) {
    return Environment.get(environment(), name);
  }

  /** Returns the kernel's number of a resource. */
  static int number(RlimitType type) {
    return Rlimit.number(type.word()).orElseThrow();
  }

  private static long hex(String status, String field) {
    int at = status.indexOf(field);
    if (at < 0) {
      return 0;
    }
    int from = at + field.length();
    int end = status.indexOf('\n', from);
    String digits = status.substring(from, end < 0 ? status.length() : end).strip();
    return Long.parseUnsignedLong(digits, 16);
  }
}
