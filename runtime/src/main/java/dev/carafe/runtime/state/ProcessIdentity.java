package dev.carafe.runtime.state;

import dev.carafe.linux.Fd;
import dev.carafe.linux.OsString;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.ProcStat;
import dev.carafe.linux.Sys;
import java.util.Optional;

/**
 * Names one process for good. A process id alone is given again to others, after a reboot at the
 * latest; with the start time and the id of the boot it is not.
 *
 * @param pid the process id
 * @param startTime when it started, in clock ticks since the boot
 * @param bootId the boot in which it runs
 */
public record ProcessIdentity(int pid, long startTime, String bootId) {
  private static final int COMM_MAX = 64;

  /** Returns this process's own identity. */
  public static ProcessIdentity self() {
    return Self.IDENTITY;
  }

  /** Returns the identity of the process that has the id now; empty if there is none. */
  public static Optional<ProcessIdentity> of(int pid) {
    Optional<ProcStat> stat = ProcStat.of(pid);
    return stat.isEmpty()
        ? Optional.empty()
        : Optional.of(new ProcessIdentity(pid, stat.get().startTime(), Boot.ID));
  }

  /** Returns whether the process lives. One that has ended and was not waited for does not. */
  public boolean isAlive() {
    if (!bootId.equals(Boot.ID)) {
      return false;
    }
    Optional<ProcStat> stat = ProcStat.of(pid);
    if (stat.isEmpty() || stat.get().startTime() != startTime) {
      return false;
    }
    if (!stat.get().ended()) {
      return true;
    }
    // The first thread may end before the others: only the pidfd tells of the process as a whole.
    Optional<PidFd> opened = open();
    if (opened.isEmpty()) {
      return false;
    }
    try (PidFd process = opened.get()) {
      return process.isAlive();
    }
  }

  /**
   * Opens the process; empty if it is gone for good. One that has ended and was not waited for is
   * still found.
   */
  public Optional<PidFd> open() {
    return bootId.equals(Boot.ID) ? PidFd.open(pid, startTime) : Optional.empty();
  }

  /** Returns whether both name the same process. */
  public boolean same(ProcessIdentity other) {
    return pid == other.pid && startTime == other.startTime && bootId.equals(other.bootId);
  }

  /** Returns the words for an error: {@code process 12 (java)}. */
  public String describe() {
    Optional<byte[]> comm =
        isAlive() ? Sys.tryReadFile("/proc/" + pid + "/comm", COMM_MAX) : Optional.empty();
    return "process "
        + pid
        + (comm.isEmpty() ? "" : " (" + OsString.decode(comm.get()).strip() + ")");
  }

  private static final class Boot {
    static final String ID =
        OsString.decode(Sys.readFile(Fd.CWD, "/proc/sys/kernel/random/boot_id", 64)).strip();
  }

  private static final class Self {
    static final ProcessIdentity IDENTITY = of(Sys.getpid()).orElseThrow();
  }
}
