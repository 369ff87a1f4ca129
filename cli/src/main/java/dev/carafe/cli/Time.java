package dev.carafe.cli;

/** The time of day, as the log writes it. Without {@code java.time}, which starts slowly. */
final class Time {
  private static final int DAY = 86_400;

  private Time() {}

  /** Returns the time now, to the second, as RFC 3339 writes it, in UTC. */
  static String now() {
    return rfc3339(System.currentTimeMillis() / 1000);
  }

  /** Returns a time given in seconds since 1970. */
  static String rfc3339(long seconds) {
    long days = Math.floorDiv(seconds, DAY);
    int second = Math.floorMod(seconds, DAY);
    // Years are counted from March, so that the leap day is the last one of its year: then the
    // months before it follow a pattern of 153 days for each five.
    long shifted = days + 719_468;
    long era = Math.floorDiv(shifted, 146_097);
    int dayOfEra = Math.floorMod(shifted, 146_097);
    int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int month = (5 * dayOfYear + 2) / 153;
    int day = dayOfYear - (153 * month + 2) / 5 + 1;
    int monthOfYear = month < 10 ? month + 3 : month - 9;
    long year = yearOfEra + era * 400 + (monthOfYear <= 2 ? 1 : 0);
    return year
        + "-"
        + two(monthOfYear)
        + "-"
        + two(day)
        + "T"
        + two(second / 3600)
        + ":"
        + two(second / 60 % 60)
        + ":"
        + two(second % 60)
        + "Z";
  }

  private static String two(int number) {
    return number < 10 ? "0" + number : "" + number;
  }
}
