package dev.carafe.linux;

import java.util.OptionalInt;

/** The resources that have limits. */
public final class Rlimit {
  /** {@code RLIM_INFINITY}: no limit. */
  public static final long INFINITY = -1;

  /** {@code RLIMIT_NOFILE}. */
  public static final int NOFILE = 7;

  private static final String[] NAMES = {
    "RLIMIT_CPU",
    "RLIMIT_FSIZE",
    "RLIMIT_DATA",
    "RLIMIT_STACK",
    "RLIMIT_CORE",
    "RLIMIT_RSS",
    "RLIMIT_NPROC",
    "RLIMIT_NOFILE",
    "RLIMIT_MEMLOCK",
    "RLIMIT_AS",
    "RLIMIT_LOCKS",
    "RLIMIT_SIGPENDING",
    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",
    "RLIMIT_RTPRIO",
    "RLIMIT_RTTIME"
  };

  private Rlimit() {}

  /** Returns how many resources there are, from 0 on. */
  public static int count() {
    return NAMES.length;
  }

  /** Returns the name of a resource. */
  public static String name(int number) {
    return number >= 0 && number < NAMES.length ? NAMES[number] : "limit " + number;
  }

  /** Returns the number of {@code RLIMIT_CPU} and so on; empty if the name is not known. */
  public static OptionalInt number(String name) {
    for (int i = 0; i < NAMES.length; i++) {
      if (NAMES[i].equals(name)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }
}
