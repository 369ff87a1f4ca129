package dev.carafe.cli;

import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import dev.carafe.spec.Mount;
import java.util.List;
import java.util.Optional;

/**
 * The host's file systems that lead to the working directory. A container over the host's root sees
 * most of them anyway, but not those below {@code /run}: they are bound read-only.
 */
final class CwdMounts {
  private static final int LIMIT = 1 << 20;
  private static final List<String> OPTIONS = List.of("bind", "ro", "nosuid", "nodev");

  private CwdMounts() {}

  /** Adds a mount for each. */
  static void addTo(List<Mount> mounts, String cwd) {
    Optional<byte[]> table = Sys.tryReadFile("/proc/self/mountinfo", LIMIT);
    if (table.isEmpty()) {
      return;
    }
    String text = OsString.decode(table.get());
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf('\n', at);
      addLine(mounts, cwd, text.substring(at, end < 0 ? text.length() : end));
      at = end < 0 ? text.length() : end + 1;
    }
  }

  /** A line of proc_pid_mountinfo(5): the fifth word is the place. */
  private static void addLine(List<Mount> mounts, String cwd, String line) {
    String place = unescaped(word(line, 4));
    if (place.equals("/")
        || isBeneath(place, "/proc")
        || isBeneath(place, "/sys")
        || isBeneath(place, "/dev")) {
      return;
    }
    if (isBeneath(cwd, place) && Sys.isMountPoint(place)) {
      mounts.add(Mount.of(place, "none", place, OPTIONS));
    }
  }

  private static boolean isBeneath(String path, String directory) {
    return path.equals(directory) || path.startsWith(directory + "/");
  }

  private static String word(String line, int index) {
    int from = 0;
    for (int i = 0; i < index; i++) {
      from = line.indexOf(' ', from) + 1;
    }
    int end = line.indexOf(' ', from);
    return end < 0 ? line.substring(from) : line.substring(from, end);
  }

  /** The kernel writes a space, a tab, a line's end and a backslash as three octal digits. */
  private static String unescaped(String word) {
    if (word.indexOf('\\') < 0) {
      return word;
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < word.length(); i++) {
      if (word.charAt(i) == '\\' && i + 3 < word.length()) {
        out.append((char) Integer.parseInt(word.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        out.append(word.charAt(i));
      }
    }
    return out.toString();
  }
}
