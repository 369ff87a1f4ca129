package dev.carafe.runtime.rdt;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The lines of a schemata file: {@code L3:0=7f0;1=1f}, maybe with blanks and leading zeros. */
final class Schemata {
  private Schemata() {}

  /** Returns the value of each resource and domain, such as {@code L3:0}. */
  static Map<String, String> parse(String text) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String line : text.split("\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        String resource = line.substring(0, colon).strip();
        for (String part : line.substring(colon + 1).split(";", -1)) {
          int equals = part.indexOf('=');
          if (equals > 0) {
            all.put(
                resource + ":" + number(part.substring(0, equals)),
                number(part.substring(equals + 1)));
          }
        }
      }
    }
    return all;
  }

  /** Returns those lines of a text that are of the same resources as others, of a line or more. */
  static List<String> same(String text, List<String> others) {
    List<String> resources = new ArrayList<>();
    for (String other : String.join("\n", others).split("\n", -1)) {
      resources.add(resource(other));
    }
    List<String> found = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      String resource = resource(line);
      if (!resource.isEmpty() && resources.contains(resource)) {
        found.add(line.strip());
      }
    }
    return found;
  }

  private static String resource(String line) {
    return line.substring(0, Math.max(0, line.indexOf(':'))).strip();
  }

  private static String number(String digits) {
    String number = digits.strip().toLowerCase(java.util.Locale.ROOT);
    int zeros = 0;
    while (zeros < number.length() - 1 && number.charAt(zeros) == '0') {
      zeros++;
    }
    return number.substring(zeros);
  }
}
