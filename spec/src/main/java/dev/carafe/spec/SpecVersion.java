package dev.carafe.spec;

/** The versions of the spec (config.md, Specification version). */
final class SpecVersion {
  private SpecVersion() {}

  /** Tells whether a string is a semantic version whose major version is 1. */
  static boolean isSupported(String version) {
    int at = afterDot(version, afterNumber(version, 0));
    at = afterDot(version, afterNumber(version, at));
    at = afterNumber(version, at);
    return at > 0 && version.startsWith("1.") && isSuffix(version, at);
  }

  static String problem(String version) {
    return "version \""
        + Source.excerpt(version)
        + "\" is not supported; Carafe knows 1.0.0 to 1.3.0 and all that keep to version 1";
  }

  /** Returns the index after the number at an index, or -1 if there is none. */
  private static int afterNumber(String s, int from) {
    int at = from;
    while (at >= 0 && at < s.length() && s.charAt(at) >= '0' && s.charAt(at) <= '9') {
      at++;
    }
    boolean leadingZero = at > from + 1 && s.charAt(from) == '0';
    return at == from || leadingZero ? -1 : at;
  }

  private static int afterDot(String s, int at) {
    return at >= 0 && at < s.length() && s.charAt(at) == '.' ? at + 1 : -1;
  }

  private static boolean isSuffix(String s, int from) {
    if (from == s.length()) {
      return true;
    }
    char first = s.charAt(from);
    if ((first != '-' && first != '+') || from + 1 == s.length()) {
      return false;
    }
    for (int i = from + 1; i < s.length(); i++) {
      char c = s.charAt(i);
      boolean known =
          (c >= '0' && c <= '9')
              || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || c == '-'
              || c == '.'
              || c == '+';
      if (!known) {
        return false;
      }
    }
    return true;
  }
}
