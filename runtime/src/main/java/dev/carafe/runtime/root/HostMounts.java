package dev.carafe.runtime.root;

import dev.carafe.linux.Fd;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import java.util.ArrayList;
import java.util.List;

/** Which file systems of the host a container sees that has the host's root. */
final class HostMounts {
  private static final int LIMIT = 16 << 20;

  private HostMounts() {}

  /** Returns where the host's real file systems are mounted, the root left out, parents first. */
  static List<String> read() {
    String mountinfo = OsString.decode(Sys.readFile(Fd.CWD, "/proc/self/mountinfo", LIMIT));
    List<String> found = new ArrayList<>();
    for (String path : realFileSystems(mountinfo)) {
      // What lies below something else that was mounted later cannot be seen.
      if (Sys.isMountPoint(path)) {
        found.add(path);
      }
    }
    return found;
  }

  /** Picks from the text of a {@code mountinfo} file. */
  static List<String> realFileSystems(String mountinfo) {
    List<String> found = new ArrayList<>();
    int start = 0;
    for (int end = mountinfo.indexOf('\n'); end >= 0; end = mountinfo.indexOf('\n', start)) {
      String line = mountinfo.substring(start, end);
      start = end + 1;
      // id, parent, device, root, mount point, options, optional fields, "-", type, ...
      int dash = line.indexOf(" - ");
      int point = field(line, 4);
      if (dash > 0 && point > 0 && isReal(line.substring(dash + 3))) {
        String path = unescape(line.substring(point, line.indexOf(' ', point)));
        if (isShown(path) && !found.contains(path)) {
          found.add(path);
        }
      }
    }
    return found;
  }

  private static int field(String line, int number) {
    int at = 0;
    for (int i = 0; i < number; i++) {
      at = line.indexOf(' ', at) + 1;
      if (at == 0) {
        return -1;
      }
    }
    return at;
  }

  private static boolean isReal(String fromType) {
    int space = fromType.indexOf(' ');
    return switch (space < 0 ? fromType : fromType.substring(0, space)) {
      case "autofs",
          "binfmt_misc",
          "bpf",
          "cgroup",
          "cgroup2",
          "configfs",
          "debugfs",
          "devpts",
          "devtmpfs",
          "efivarfs",
          "fusectl",
          "hugetlbfs",
          "mqueue",
          "nsfs",
          "proc",
          "pstore",
          "resctrl",
          "rpc_pipefs",
          "securityfs",
          "selinuxfs",
          "sysfs",
          "tracefs" ->
          false;
      default -> true;
    };
  }

  /** The container has its own of these; {@code /run} holds the sockets of the host's services. */
  private static boolean isShown(String path) {
    return !path.equals("/")
        && !isAtOrBelow(path, "/dev")
        && !isAtOrBelow(path, "/proc")
        && !isAtOrBelow(path, "/run")
        && !isAtOrBelow(path, "/var/run")
        && !isAtOrBelow(path, "/sys");
  }

  private static boolean isAtOrBelow(String path, String directory) {
    return path.startsWith(directory)
        && (path.length() == directory.length() || path.charAt(directory.length()) == '/');
  }

  /** The kernel writes space, tab, newline and backslash as {@code \ooo}. */
  private static String unescape(String escaped) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < escaped.length(); i++) {
      char c = escaped.charAt(i);
      if (c == '\\' && i + 3 < escaped.length()) {
        path.append((char) Integer.parseInt(escaped.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        path.append(c);
      }
    }
    return path.toString();
  }
}
