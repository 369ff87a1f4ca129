package dev.carafe.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * One line of {@code /proc/self/mountinfo}: {@code ID PARENT DEVICE ROOT POINT OPTIONS [FIELDS…] -
 * TYPE SOURCE SUPER-OPTIONS}. A command reads hundreds of them and wants few, so a line is taken
 * apart only as far as it is asked about.
 */
public final class MountInfo {
  private static final int LIMIT = 16 << 20;
  private static final String SEPARATOR = " - ";

  private final String line;
  private final int afterSeparator;

  private MountInfo(String line, int afterSeparator) {
    this.line = line;
    this.afterSeparator = afterSeparator;
  }

  /** Returns the mounts of this process's namespace that it can see, parents first. */
  public static List<MountInfo> read() {
    return read("/proc/self/mountinfo");
  }

  /** Returns the mounts that a file of this form tells. */
  public static List<MountInfo> read(String file) {
    return parse(OsString.decode(Sys.readFile(Fd.CWD, file, LIMIT)));
  }

  /** Reads the text of such a file; lines that are not of the form are passed over. */
  public static List<MountInfo> parse(String text) {
    List<MountInfo> all = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      int end = text.indexOf('\n', from);
      String line = text.substring(from, end < 0 ? text.length() : end);
      from = end < 0 ? text.length() : end + 1;
      // No field before the separator is a lone dash: the paths begin with a slash.
      int separator = line.indexOf(SEPARATOR);
      if (separator > 0) {
        all.add(new MountInfo(line, separator + SEPARATOR.length()));
      }
    }
    return all;
  }

  /** Returns the mount's id, as {@link Stat#mountId} has it. */
  public long id() {
    return Long.parseLong(field(0, 0));
  }

  /** Returns which directory of the file system is mounted. */
  public String root() {
    return unescape(field(0, 3));
  }

  /** Returns where it is mounted, seen from this process's root. */
  public String point() {
    return unescape(field(0, 4));
  }

  /** Returns whether its file system is of a type, such as {@code cgroup2}. */
  public boolean isType(String type) {
    int end = afterSeparator + type.length();
    return line.startsWith(type, afterSeparator)
        && (end == line.length() || line.charAt(end) == ' ');
  }

  /** Returns the type of its file system. */
  public String type() {
    return field(afterSeparator, 0);
  }

  /** Returns the options of its file system, which all mounts of that share, by commas. */
  public String superOptions() {
    return field(afterSeparator, 2);
  }

  /** Returns whether the path of the mount leads to it, and not to another one that covers it. */
  public boolean isVisible() {
    try {
      return Sys.statx(Fd.CWD, point(), At.NO_AUTOMOUNT).mountId() == id();
    } catch (KernelException e) {
      // What cannot be reached is of no use, whatever the reason.
      return false;
    }
  }

  /** Returns a field, counted from a place; empty if there are not so many. */
  private String field(int from, int number) {
    int at = from;
    for (int i = 0; i < number; i++) {
      at = line.indexOf(' ', at) + 1;
      if (at == 0) {
        return "";
      }
    }
    int end = line.indexOf(' ', at);
    return end < 0 ? line.substring(at) : line.substring(at, end);
  }

  /** Space, tab, newline and backslash are written as three octal digits after a backslash. */
  private static String unescape(String text) {
    int backslash = text.indexOf('\\');
    if (backslash < 0) {
      return text;
    }
    StringBuilder to = new StringBuilder(text.length()).append(text, 0, backslash);
    for (int i = backslash; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 3 < text.length()) {
        to.append((char) Integer.parseInt(text, i + 1, i + 4, 8));
        i += 3;
      } else {
        to.append(c);
      }
    }
    return to.toString();
  }
}
