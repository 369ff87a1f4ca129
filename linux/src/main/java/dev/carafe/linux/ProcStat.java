package dev.carafe.linux;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;

/** What {@code /proc/PID/stat} tells of a process. */
public final class ProcStat {
  private static final int MAX = 4096;

  private final char state;
  private final int parent;
  private final long startTime;
  private final int exitCode;

  private ProcStat(char state, int parent, long startTime, int exitCode) {
    this.state = state;
    this.parent = parent;
    this.startTime = startTime;
    this.exitCode = exitCode;
  }

  /** Looks at a process; empty if there is none. */
  public static Optional<ProcStat> of(int pid) {
    Optional<byte[]> text = Sys.tryReadFile("/proc/" + pid + "/stat", MAX);
    return text.isEmpty() ? Optional.empty() : parse(text.get());
  }

  /** Reads the file's text; empty if it is not one. */
  static Optional<ProcStat> parse(byte[] text) {
    // The command is in parentheses and may hold any byte, also ")" and newlines: the last one ends
    // it.
    int close = text.length - 1;
    while (close >= 0 && text[close] != ')') {
      close--;
    }
    if (close < 0) {
      return Optional.empty();
    }
    String rest =
        new String(text, close + 1, text.length - close - 1, StandardCharsets.ISO_8859_1).strip();
    // Field 3, the state, is the first of the rest.
    String state = field(rest, 0);
    String parent = field(rest, 4 - 3);
    String start = field(rest, 22 - 3);
    String exit = field(rest, 52 - 3);
    if (state.length() != 1 || start.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new ProcStat(
              state.charAt(0),
              Integer.parseInt(parent),
              Long.parseUnsignedLong(start),
              exit.isEmpty() ? 0 : Integer.parseInt(exit)));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static String field(String text, int index) {
    int from = 0;
    for (int i = 0; i < index; i++) {
      int space = text.indexOf(' ', from);
      if (space < 0) {
        return "";
      }
      from = space + 1;
    }
    int end = text.indexOf(' ', from);
    return end < 0 ? text.substring(from) : text.substring(from, end);
  }

  /** Returns the state's letter: R, S, D, T, Z… */
  public char state() {
    return state;
  }

  /** Returns whether the process has ended, and only waits to be waited for. */
  public boolean ended() {
    return state == 'Z' || state == 'X' || state == 'x';
  }

  /** Returns the parent's process id. */
  public int parent() {
    return parent;
  }

  /** Returns when the process started, in clock ticks since the boot. */
  public long startTime() {
    return startTime;
  }

  /** Returns the raw wait status of a zombie, if this process may know it. */
  static OptionalInt zombieStatus(int pid, PidFd process) {
    Optional<ProcStat> stat = of(pid);
    if (stat.isEmpty() || !stat.get().ended()) {
      return OptionalInt.empty();
    }
    // Who may not trace the process reads an exit code of 0; this link tells who may.
    if (Sys.tryReadlink(Fd.CWD, "/proc/" + pid + "/ns/user").isEmpty()) {
      return OptionalInt.empty();
    }
    // Signal 0 still finds a zombie: then what was read was of this process and no other.
    return process.signal(0) ? OptionalInt.of(stat.get().exitCode) : OptionalInt.empty();
  }
}
