package dev.carafe.runtime.container;

import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import java.util.Optional;

/** The names of users, as {@code /etc/passwd} has them. */
final class Users {
  private static final int PASSWD_MAX = 4 << 20;

  private Users() {}

  /** Returns the name of a user, or {@code #} and the number. */
  static String name(int uid) {
    String number = Integer.toUnsignedString(uid);
    if (uid == 0) {
      return "root";
    }
    Optional<byte[]> file = Sys.tryReadFile("/etc/passwd", PASSWD_MAX);
    return file.isEmpty() ? "#" + number : nameIn(OsString.decode(file.get()), number);
  }

  /** Each line reads {@code name:password:uid:…}. */
  static String nameIn(String passwd, String number) {
    int from = 0;
    while (from < passwd.length()) {
      int newline = passwd.indexOf('\n', from);
      int end = newline < 0 ? passwd.length() : newline;
      int first = passwd.indexOf(':', from);
      int second = first < 0 ? -1 : passwd.indexOf(':', first + 1);
      int third = second < 0 ? -1 : passwd.indexOf(':', second + 1);
      if (third > 0
          && third < end
          && third - second - 1 == number.length()
          && passwd.startsWith(number, second + 1)) {
        return passwd.substring(from, first);
      }
      from = end + 1;
    }
    return "#" + number;
  }
}
