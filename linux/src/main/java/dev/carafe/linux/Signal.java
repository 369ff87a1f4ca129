package dev.carafe.linux;

import java.util.Locale;
import java.util.OptionalInt;

/** The signals of Linux: numbers and names, which are the same on x86_64 and aarch64. */
public final class Signal {
  /** Hang-up. */
  public static final int SIGHUP = 1;

  /** Interrupt from the keyboard. */
  public static final int SIGINT = 2;

  /** Kill, which cannot be caught. */
  public static final int SIGKILL = 9;

  /** Write to a pipe that nobody reads. */
  public static final int SIGPIPE = 13;

  /** Please end. */
  public static final int SIGTERM = 15;

  /** A child ended. */
  public static final int SIGCHLD = 17;

  /** Go on. */
  public static final int SIGCONT = 18;

  /** Stop, which cannot be caught. */
  public static final int SIGSTOP = 19;

  /** The terminal's size changed. */
  public static final int SIGWINCH = 28;

  /** The first real-time signal, as the C library counts: it keeps 32 and 33 for itself. */
  public static final int SIGRTMIN = 34;

  /** The last real-time signal. */
  public static final int SIGRTMAX = 64;

  private static final String[] NAMES = {
    "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
    "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"
  };

  private Signal() {}

  /** Returns the name of a signal: {@code SIGTERM}, {@code SIGRTMIN+3}, {@code signal 99}. */
  public static String name(int number) {
    if (number > 0 && number < NAMES.length) {
      return "SIG" + NAMES[number];
    }
    if (number >= SIGRTMIN && number <= SIGRTMAX) {
      int above = number - SIGRTMIN;
      return above == 0 ? "SIGRTMIN" : number == SIGRTMAX ? "SIGRTMAX" : "SIGRTMIN+" + above;
    }
    return "signal " + number;
  }

  /**
   * Reads a signal as a user writes it: a number from 0 to 64, or a name in any case with or
   * without {@code SIG}, also {@code SIGRTMIN+3} and {@code RTMAX-2}. Empty if it is none.
   */
  public static OptionalInt parse(String text) {
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    char first = text.charAt(0);
    if (first >= '0' && first <= '9') {
      return within(decimal(text), 0);
    }
    String name = text.toUpperCase(Locale.ROOT);
    if (name.startsWith("SIG")) {
      name = name.substring(3);
    }
    for (int i = 1; i < NAMES.length; i++) {
      if (NAMES[i].equals(name)) {
        return OptionalInt.of(i);
      }
    }
    return switch (name) {
      case "IOT" -> OptionalInt.of(6);
      case "CLD" -> OptionalInt.of(SIGCHLD);
      case "POLL" -> OptionalInt.of(29);
      case "RTMIN" -> OptionalInt.of(SIGRTMIN);
      case "RTMAX" -> OptionalInt.of(SIGRTMAX);
      default -> realTime(name);
    };
  }

  private static OptionalInt realTime(String name) {
    if (name.startsWith("RTMIN+")) {
      int above = decimal(name.substring(6));
      return above < 0 ? OptionalInt.empty() : within(SIGRTMIN + above, SIGRTMIN);
    }
    if (name.startsWith("RTMAX-")) {
      int below = decimal(name.substring(6));
      return below < 0 ? OptionalInt.empty() : within(SIGRTMAX - below, SIGRTMIN);
    }
    return OptionalInt.empty();
  }

  private static OptionalInt within(int number, int lowest) {
    return number >= lowest && number <= SIGRTMAX ? OptionalInt.of(number) : OptionalInt.empty();
  }

  /** Returns a number of one to three digits, or -1. */
  private static int decimal(String text) {
    if (text.isEmpty() || text.length() > 3) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = 10 * value + (c - '0');
    }
    return value;
  }
}
