package dev.carafe.runtime.container;

import java.time.Instant;

/** Times as RFC 3339 writes them. A cold JVM has no time for {@code java.time}'s formatters. */
final class Rfc3339 {
  private static final long SECONDS_A_DAY = 86_400;

  private Rfc3339() {}

  static String now() {
    Instant now = Instant.now();
    return format(now.getEpochSecond(), now.getNano());
  }

  static String format(long epochSecond, int nanos) {
    long day = Math.floorDiv(epochSecond, SECONDS_A_DAY);
    int second = (int) Math.floorMod(epochSecond, SECONDS_A_DAY);
    // Days are counted from 1 March of year 0, so that a leap day ends its year; 400 years repeat.
    long shifted = day + 719_468;
    long era = Math.floorDiv(shifted, 146_097);
    long dayOfEra = Math.floorMod(shifted, 146_097);
    long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    long monthFromMarch = (5 * dayOfYear + 2) / 153;
    long dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
    long month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
    long year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
    StringBuilder to = new StringBuilder(30);
    pad(to, year, 4).append('-');
    pad(to, month, 2).append('-');
    pad(to, dayOfMonth, 2).append('T');
    pad(to, second / 3600, 2).append(':');
    pad(to, second / 60 % 60, 2).append(':');
    pad(to, second % 60, 2).append('.');
    return pad(to, nanos, 9).append('Z').toString();
  }

  private static StringBuilder pad(StringBuilder to, long value, int width) {
    String digits = Long.toString(value);
    for (int i = digits.length(); i < width; i++) {
      to.append('0');
    }
    return to.append(digits);
  }
}
