package dev.carafe.runtime.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The environment of a container's program. */
final class Environment {
  private Environment() {}

  /** Returns the pairs with each name once, where it came first, with the value that came last. */
  static List<String> unique(List<String> pairs) {
    List<String> result = new ArrayList<>(pairs.size() + 1);
    for (String pair : pairs) {
      put(result, pair);
    }
    return result;
  }

  /** Returns the value of a name. */
  static Optional<String> get(List<String> pairs, String name) {
    Optional<String> found = Optional.empty();
    for (String pair : pairs) {
      if (names(pair, name)) {
        found = Optional.of(pair.substring(name.length() + 1));
      }
    }
    return found;
  }

  /** Sets {@code NAME=value} in place of an earlier one of that name, or at the end. */
  static void put(List<String> pairs, String pair) {
    String name = pair.substring(0, pair.indexOf('='));
    for (int i = 0; i < pairs.size(); i++) {
      if (names(pairs.get(i), name)) {
        pairs.set(i, pair);
        return;
      }
    }
    pairs.add(pair);
  }

  private static boolean names(String pair, String name) {
    return pair.length() > name.length()
        && pair.charAt(name.length()) == '='
        && pair.startsWith(name);
  }

  /** Finds the home directory of a user in the text of a passwd file; hostile text is skipped. */
  static Optional<String> home(String passwd, long uid) {
    int from = 0;
    while (from < passwd.length()) {
      int end = passwd.indexOf('\n', from);
      end = end < 0 ? passwd.length() : end;
      int[] colons = new int[6];
      int at = from - 1;
      int count = 0;
      while (count < 6) {
        at = passwd.indexOf(':', at + 1);
        if (at < 0 || at >= end) {
          break;
        }
        colons[count++] = at;
      }
      // name:password:uid:gid:comment:home:shell
      if (count >= 5 && passwd.substring(colons[1] + 1, colons[2]).equals(Long.toString(uid))) {
        return Optional.of(passwd.substring(colons[4] + 1, count == 6 ? colons[5] : end));
      }
      from = end + 1;
    }
    return Optional.empty();
  }
}
