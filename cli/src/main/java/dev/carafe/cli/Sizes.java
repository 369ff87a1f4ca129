package dev.carafe.cli;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Sizes in bytes as runc reads them: a number, maybe with a fraction, and a unit that is a power of
 * 1024, as {@code 64m}, {@code 1.5GiB} or {@code 100 kB}; -1 for no limit.
 */
final class Sizes {
  private static final String UNITS = "kmgtp";
  private static final int UNIT_BITS = 10;

  private Sizes() {}

  /** Reads a flag's value; empty if the flag was not given, or its value is the empty word. */
  static OptionalLong of(Arguments arguments, String flag) {
    Optional<String> text = arguments.value(flag);
    return text.isEmpty() || text.get().isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(parse(text.get(), flag));
  }

  private static long parse(String text, String flag) {
    if (text.equals("-1")) {
      return -1;
    }
    int end = 0;
    while (end < text.length() && "0123456789.".indexOf(text.charAt(end)) >= 0) {
      end++;
    }
    String unit = text.substring(end);
    if (unit.startsWith(" ")) {
      unit = unit.substring(1);
    }
    try {
      long factor = factor(unit.toLowerCase(Locale.ROOT));
      String number = text.substring(0, end);
      // A whole number is exact however long it is.
      return number.indexOf('.') < 0
          ? Math.multiplyExact(Long.parseLong(number), factor)
          : (long) (Double.parseDouble(number) * factor);
    } catch (NumberFormatException | ArithmeticException e) {
      throw new CommandException("invalid value for " + flag + ": invalid size: '" + text + "'", e);
    }
  }

  /** Returns what a unit stands for: nothing, {@code b}, or a letter, alone, with b or ib. */
  private static long factor(String unit) {
    if (unit.isEmpty() || unit.equals("b")) {
      return 1;
    }
    int power = UNITS.indexOf(unit.charAt(0)) + 1;
    String rest = unit.substring(1);
    if (power == 0 || !(rest.isEmpty() || rest.equals("b") || rest.equals("ib"))) {
      throw new NumberFormatException(unit);
    }
    return 1L << (UNIT_BITS * power);
  }
}
