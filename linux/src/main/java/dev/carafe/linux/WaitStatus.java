package dev.carafe.linux;

/** Reads raw wait statuses, as {@code wait4} gives them. */
public final class WaitStatus {
  private WaitStatus() {}

  /** Returns whether the process was ended by a signal. */
  public static boolean signaled(int status) {
    return (status & 0x7f) != 0;
  }

  /** Returns the signal that ended the process, 0 if none did. */
  public static int signal(int status) {
    return status & 0x7f;
  }

  /** Returns the exit code as a shell tells it: 128 + n when signal n ended the process. */
  public static int exitCode(int status) {
    return signaled(status) ? 128 + signal(status) : (status >> 8) & 0xff;
  }

  /** Returns the words for a status: {@code exited with code 3}, {@code killed by SIGKILL}. */
  public static String describe(int status) {
    if (!signaled(status)) {
      return "exited with code " + exitCode(status);
    }
    String core = (status & 0x80) != 0 ? " (core dumped)" : "";
    return "killed by " + Signal.name(signal(status)) + core;
  }

  /** Makes a raw status of what {@code waitid} tells: its {@code si_code} and {@code si_status}. */
  static int of(int code, int value) {
    // CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3
    return code == 1 ? (value & 0xff) << 8 : (value & 0x7f) | (code == 3 ? 0x80 : 0);
  }
}
