package dev.carafe.linux;

import java.util.Optional;
import java.util.OptionalInt;

/** A process, held so that its number cannot come to mean another one. */
public final class PidFd implements AutoCloseable {
  // PIDFD_GET_INFO: _IOWR(0xFF, 11, struct pidfd_info), whose first version has 64 bytes.
  private static final long PIDFD_GET_INFO = 0xC040FF0BL;
  private static final int PIDFD_INFO_SIZE = 64;
  private static final long PIDFD_INFO_EXIT = 1 << 3;
  private static final int EXIT_CODE_OFFSET = 60;

  private final Fd fd;
  private final int pid;

  /** Takes ownership of a pidfd. */
  public PidFd(Fd fd, int pid) {
    this.fd = fd;
    this.pid = pid;
  }

  /** Opens the process that has this number now; empty if there is none. */
  public static Optional<PidFd> open(int pid) {
    if (pid <= 0) {
      return Optional.empty();
    }
    long result = Sys.call(Syscall.PIDFD_OPEN, pid, 0);
    if (result == -Errno.ESRCH || result == -Errno.EINVAL || result == -Errno.ENOENT) {
      // EINVAL is what a thread that leads no process gives.
      return Optional.empty();
    }
    return Optional.of(new PidFd(Fd.own(Sys.check("open process " + pid, result)), pid));
  }

  /**
   * Opens a process that is known by number and start time; empty if it is gone, also when its
   * number belongs to another one now. A process that ended but was not waited for is still found.
   */
  public static Optional<PidFd> open(int pid, long startTime) {
    Optional<PidFd> found = open(pid);
    // Compared after opening: from here on the number cannot be given to another process unseen.
    if (found.isPresent()) {
      Optional<ProcStat> stat = ProcStat.of(pid);
      if (stat.isEmpty() || stat.get().startTime() != startTime) {
        found.get().close();
        return Optional.empty();
      }
    }
    return found;
  }

  /** Returns the process id. */
  public int pid() {
    return pid;
  }

  /** Returns the descriptor, which this owns. */
  public Fd fd() {
    return fd;
  }

  /** Sends a signal; returns false if the process is gone. */
  public boolean signal(int signal) {
    long result = Sys.call(Syscall.PIDFD_SEND_SIGNAL, fd.number(), signal, 0, 0);
    if (result == -Errno.ESRCH) {
      return false;
    }
    Sys.check("send " + Signal.name(signal) + " to process " + pid, result);
    return true;
  }

  /** Returns whether the process has not ended yet; a zombie has. */
  public boolean isAlive() {
    return !waitExit(0);
  }

  /**
   * Waits until the process has ended.
   *
   * @param millis how long, -1 for ever
   * @return whether it has
   */
  public boolean waitExit(long millis) {
    return Sys.poll(fd, Sys.POLLIN, millis) != 0;
  }

  /**
   * Waits for the end of a child of this process and reaps it.
   *
   * @return its raw wait status
   * @throws KernelException with ECHILD if it is no child of this process, or was reaped already
   */
  public int reap() {
    return Sys.waitPidFd(fd, true, true, "wait for process " + pid).orElseThrow();
  }

  /**
   * Returns the raw wait status of a process that has ended, as far as the kernel tells it: it must
   * be a child of this process, or a zombie that we may look at, or the kernel must keep the status
   * (6.15 and later). Empty if the process lives or its status is not known; never invented. Reaps
   * nothing.
   */
  public OptionalInt exitStatus() {
    if (isAlive()) {
      return OptionalInt.empty();
    }
    try {
      OptionalInt status = Sys.waitPidFd(fd, false, false, "look at process " + pid);
      if (status.isPresent()) {
        return status;
      }
    } catch (KernelException e) {
      // ECHILD: somebody else's child, go on; any other error tells as little.
      if (e.errno() != Errno.ECHILD) {
        return OptionalInt.empty();
      }
    }
    OptionalInt status = info();
    if (status.isEmpty()) {
      status = ProcStat.zombieStatus(pid, this);
    }
    // It may have been reaped between the two looks.
    return status.isPresent() ? status : info();
  }

  /** What the kernel keeps in the pidfd once the process was reaped. */
  private OptionalInt info() {
    byte[] data = new byte[PIDFD_INFO_SIZE];
    Bytes.putLong(data, 0, PIDFD_INFO_EXIT);
    long result = Native.call(Syscall.IOCTL, data, 0b100, fd.number(), PIDFD_GET_INFO, 0, 0, 0, 0);
    if (result < 0 || (Bytes.getLong(data, 0) & PIDFD_INFO_EXIT) == 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(Bytes.getInt(data, EXIT_CODE_OFFSET));
  }

  /** Closes the descriptor; the process goes on. */
  @Override
  public void close() {
    fd.close();
  }
}
