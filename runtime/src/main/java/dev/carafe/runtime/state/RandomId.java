package dev.carafe.runtime.state;

import dev.carafe.linux.Fd;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;

/** Makes names that nobody else makes. */
public final class RandomId {
  private RandomId() {}

  /** Returns 16 hexadecimal digits, of which 60 bits are random. */
  public static String next() {
    // The kernel's own generator: java.security costs a cold JVM tens of milliseconds.
    String uuid = OsString.decode(Sys.readFile(Fd.CWD, "/proc/sys/kernel/random/uuid", 64));
    // 8-4-4: of the third group the first digit is the version, always 4.
    return uuid.substring(0, 8) + uuid.substring(9, 13) + uuid.substring(14, 18);
  }
}
