package dev.carafe.cli;

import dev.carafe.linux.MountInfo;
import dev.carafe.linux.Sys;
import dev.carafe.spec.Mount;
import java.util.List;

/**
 * The host's file systems that lead to the working directory. A container over the host's root sees
 * most of them anyway, but not those below {@code /run}: they are bound read-only.
 */
final class CwdMounts {
  private static final List<String> OPTIONS = List.of("bind", "ro", "nosuid", "nodev");

  private CwdMounts() {}

  /** Adds a mount for each. */
  static void addTo(List<Mount> mounts, String cwd) {
    List<MountInfo> all = MountInfo.read();
    for (int i = 0; i < all.size(); i++) {
      add(mounts, cwd, all.get(i).point());
    }
  }

  private static void add(List<Mount> mounts, String cwd, String place) {
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
}
