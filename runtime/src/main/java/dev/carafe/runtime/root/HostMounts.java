package dev.carafe.runtime.root;

import dev.carafe.linux.MountInfo;
import dev.carafe.linux.Sys;
import java.util.ArrayList;
import java.util.List;

/** Which file systems of the host a container sees that has the host's root. */
final class HostMounts {
  private HostMounts() {}

  /** Returns where the host's real file systems are mounted, the root left out, parents first. */
  static List<String> read() {
    List<String> found = new ArrayList<>();
    for (String path : realFileSystems(MountInfo.read())) {
      // What lies below something else that was mounted later cannot be seen.
      if (Sys.isMountPoint(path)) {
        found.add(path);
      }
    }
    return found;
  }

  /** Picks from all mounts. */
  static List<String> realFileSystems(List<MountInfo> mounts) {
    List<String> found = new ArrayList<>();
    for (int i = 0; i < mounts.size(); i++) {
      MountInfo each = mounts.get(i);
      if (isReal(each.type())) {
        String path = each.point();
        if (isShown(path) && !found.contains(path)) {
          found.add(path);
        }
      }
    }
    return found;
  }

  private static boolean isReal(String type) {
    return switch (type) {
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
}
