package dev.carafe.runtime.cgroup;

import dev.carafe.linux.At;
import dev.carafe.linux.Fd;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import java.util.Optional;

/** Looks at files of cgroups. */
final class CgroupFiles {
  static final int MAX = 16 << 20;

  private CgroupFiles() {}

  /** Returns a file's text without white space around it; empty if it cannot be read. */
  static Optional<String> read(String path) {
    Optional<byte[]> bytes = Sys.tryReadFile(path, MAX);
    return bytes.isEmpty() ? Optional.empty() : Optional.of(OsString.decode(bytes.get()).strip());
  }

  static Optional<Stat> stat(String path) {
    return Sys.statIfThere(Fd.CWD, path, At.SYMLINK_NOFOLLOW);
  }

  static boolean exists(String path) {
    return stat(path).isPresent();
  }
}
