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
    // After a space, field 3, the state, is the first of the rest.
    int from = close + 2;
    String state = field(text, from, 3);
    String parent = field(text, from, 4);
    String start = field(text, from, 22);
    if (state.length() != 1 || start.isEmpty()) {
      return Optional.empty();
    }
    // Far back; of who lives it is 0.
    String exit = ended(state.charAt(0)) ? field(text, from, 52) : "";
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

  /** Returns a field by its number in the manual, empty if a kernel does not tell it. */
  private static String field(byte[] text, int from, int number) {
    int begin = from;
    for (int skip = number - 3; skip > 0; skip--) {
      begin = end(text, begin) + 1;
    }
    int end = end(text, begin);
    return begin >= end ? "" : new String(text, begin, end - begin, StandardCharsets.ISO_8859_1);
  }

  private static int end(byte[] text, int from) {
    int end = from;
    while (end < text.length && text[end] > ' ') {
      end++;
    }
    return end;
  }

  /** Returns the state's letter: R, S, D, T, Z… */
  public char state() {
    return state;
  }

  /** Returns whether the process has ended, and only waits to be waited for. */
  public boolean ended() {
    return ended(state);
  }

  private static boolean ended(char state) {
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
