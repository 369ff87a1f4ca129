package dev.carafe.cli;

import java.time.Duration;

/** A length of time, as Go programs read it: {@code 500ms}, {@code 1.5s}, {@code 1m30s}. */
final class GoDuration {
  private static final long MICRO = 1000;
  private static final long MILLI = 1000 * MICRO;
  private static final long SECOND = 1000 * MILLI;

  private final String text;
  private int at;

  private GoDuration(String text) {
    this.text = text;
  }

  /**
   * Reads one.
   *
   * @throws UsageException if it is none, or has no unit
   */
  static Duration parse(String text) {
    return Duration.ofNanos(new GoDuration(text).nanos());
  }

  private long nanos() {
    boolean negative = text.startsWith("-");
    at = negative || text.startsWith("+") ? 1 : 0;
    if (text.substring(at).equals("0")) {
      return 0;
    }
    long sum = 0;
    do {
      sum = plus(sum, part());
    } while (at < text.length());
    return negative ? -sum : sum;
  }

  /** Reads a number and its unit. */
  private long part() {
    int from = at;
    long whole = 0;
    while (isDigit()) {
      whole = plus(times(whole, 10), text.charAt(at++) - '0');
    }
    int digits = at - from;
    long fraction = 0;
    long scale = 1;
    if (at < text.length() && text.charAt(at) == '.') {
      at++;
      while (isDigit()) {
        // Further digits are less than a nanosecond.
        if (scale < SECOND) {
          fraction = fraction * 10 + text.charAt(at) - '0';
          scale *= 10;
        }
        at++;
        digits++;
      }
    }
    if (digits == 0) {
      throw wrong();
    }
    long unit = unit();
    return plus(times(whole, unit), (long) ((double) fraction / scale * unit));
  }

  private long unit() {
    int from = at;
    while (at < text.length() && text.charAt(at) != '.' && !isDigit()) {
      at++;
    }
    return switch (text.substring(from, at)) {
      case "ns" -> 1;
      case "us", "\u00b5s", "\u03bcs" -> MICRO;
      case "ms" -> MILLI;
      case "s" -> SECOND;
      case "m" -> 60 * SECOND;
      case "h" -> 3600 * SECOND;
      default -> throw wrong();
    };
  }

  private boolean isDigit() {
    return at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9';
  }

  private long times(long a, long b) {
    if (a > Long.MAX_VALUE / b) {
      throw wrong();
    }
    return a * b;
  }

  private long plus(long a, long b) {
    if (a > Long.MAX_VALUE - b) {
      throw wrong();
    }
    return a + b;
  }

  private UsageException wrong() {
    return new UsageException("invalid value \"" + text + "\" for flag -interval: parse error");
  }
}
