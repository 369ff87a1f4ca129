package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Local;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import java.util.Optional;

/** Looks at files of cgroups. */
final class CgroupFiles {
  /** The most that a list of processes may have. */
  static final int MAX = 16 << 20;

  /** The most that any other file has; so little is read without taking memory from the system. */
  private static final int SMALL = 4000;

  private CgroupFiles() {}

  /** Returns a file's text without white space around it; empty if it cannot be read. */
  static Optional<String> read(String path) {
    Optional<byte[]> bytes = Sys.tryReadFile(path, SMALL);
    return bytes.isEmpty() ? Optional.empty() : Optional.of(OsString.decode(bytes.get()).strip());
  }

  static Optional<Stat> stat(String path) {
    return Sys.statIfThere(Fd.CWD, path, At.SYMLINK_NOFOLLOW);
  }

  /** Returns whether a cgroup was made on the way to a container's, see {@link Creation#MARK}. */
  static boolean marked(String path) {
    Executor local = Local.get();
    Batch batch = local.batch();
    Data value = batch.space(1);
    Ref mark =
        new Calls(batch)
            .trying()
            .call(
                "look for the mark of " + path,
                Syscall.GETXATTR,
                batch.string(path),
                batch.string(Creation.MARK),
                value,
                Arg.of(value.length()));
    return local.run(batch).value(mark) >= 0;
  }

  static boolean exists(String path) {
    return stat(path).isPresent();
  }
}
