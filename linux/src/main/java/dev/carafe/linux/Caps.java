package dev.carafe.linux;

import java.util.Optional;
import java.util.OptionalInt;

/** The capabilities of Linux. */
public final class Caps {
  /** {@code _LINUX_CAPABILITY_VERSION_3}, of {@code capget} and {@code capset}. */
  public static final int VERSION = 0x20080522;

  /** {@code CAP_SYS_ADMIN}. */
  public static final int SYS_ADMIN = 21;

  /** {@code CAP_SYS_RESOURCE}. */
  public static final int SYS_RESOURCE = 24;

  private static final String[] NAMES = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE"
  };

  /** It never changes while the kernel runs; -1 until it was read. */
  private static volatile int last = -1;

  private Caps() {}

  /** Returns how many capabilities have names here, from 0 on. */
  public static int count() {
    return NAMES.length;
  }

  /** Returns the name of a capability; of one without, {@code capability 63}. */
  public static String name(int number) {
    return number >= 0 && number < NAMES.length ? NAMES[number] : "capability " + number;
  }

  /** Returns the number of {@code CAP_CHOWN} and so on; empty if the name is not known. */
  public static OptionalInt number(String name) {
    for (int i = 0; i < NAMES.length; i++) {
      if (NAMES[i].equals(name)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  /** Returns the number of the kernel's last capability. */
  public static int last() {
    int known = last;
    if (known < 0) {
      known = readLast();
      last = known;
    }
    return known;
  }

  private static int readLast() {
    Optional<byte[]> text = Sys.tryReadFile("/proc/sys/kernel/cap_last_cap", 64);
    if (text.isEmpty()) {
      return NAMES.length - 1;
    }
    return Integer.parseInt(OsString.decode(text.get()).strip());
  }
}
