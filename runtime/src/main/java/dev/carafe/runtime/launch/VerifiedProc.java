package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Stat;

/**
 * The {@code /proc} that an agent sees, which must be one: what is written beneath another
 * directory of that name would be lost, and the program run without it (CVE-2019-16884,
 * CVE-2025-52881).
 */
final class VerifiedProc {
  /** {@code PROC_SUPER_MAGIC}, the first field of {@code struct statfs}. */
  private static final long MAGIC = 0x9fa0;

  private static final long ROOT_INODE = 1;
  private static final int INODE_OFFSET = 32;
  private static final int STATFS_SIZE = 120;

  private VerifiedProc() {}

  /**
   * Opens it; the batch fails unless it is the root of a proc file system.
   *
   * @param what what is done through it, for an error: "set labels"
   */
  static Ref open(Calls calls, String what) {
    String label = "open /proc to " + what;
    int flags = Open.PATH | Open.DIRECTORY;
    Ref proc = calls.openat2(label, Arg.CWD, "/proc", flags, 0, Open.RESOLVE_NO_SYMLINKS);
    Data statfs = calls.batch().space(STATFS_SIZE);
    calls.fstatfs(label, proc, statfs);
    String not = what + " through /proc, which is not the root of a proc file system";
    calls.batch().check(not, statfs, 0, 8, -1, MAGIC, Errno.EINVAL);
    Data stat = calls.batch().space(Stat.SIZE);
    calls.statx(label, proc, "", At.EMPTY_PATH, stat);
    calls.batch().check(not, stat, INODE_OFFSET, 8, -1, ROOT_INODE, Errno.EINVAL);
    return proc;
  }
}
