package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Fd;
import dev.carafe.linux.MountInfo;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which hierarchies of cgroups are mounted where, read from {@code /proc/self/mountinfo} and {@code
 * /proc/self/cgroup}.
 *
 * @param unified whether there is version 2 only.
 * @param hierarchies in the order of the mounts.
 */
record Layout(boolean unified, List<Hierarchy> hierarchies) {
  private static final String TOP = "/sys/fs/cgroup";
  private static final int MAX = 16 << 20;

  static Layout read() {
    List<Mounted> mounts = new ArrayList<>();
    for (Mounted each : mounts(MountInfo.read())) {
      if (each.mount.isVisible()) {
        mounts.add(each);
      }
    }
    return of(mounts, OsString.decode(Sys.readFile(Fd.CWD, "/proc/self/cgroup", MAX)));
  }

  static Layout parse(String mountinfo, String cgroups) {
    return of(mounts(MountInfo.parse(mountinfo)), cgroups);
  }

  private static Layout of(List<Mounted> mounts, String cgroups) {
    Optional<Mounted> top = top(mounts);
    // What is on top at /sys/fs/cgroup decides, since mounts of version 1 may lie hidden below it.
    if (top.isPresent() && top.get().version == 2) {
      return new Layout(true, List.of(unified(top.get(), cgroups)));
    }
    List<Hierarchy> all = new ArrayList<>();
    boolean anyVersion1 = false;
    for (Mounted each : mounts) {
      if (each.version == 2 && each == preferred(mounts, 2, "")) {
        all.add(unified(each, cgroups));
      } else if (each.version == 1) {
        anyVersion1 = true;
        addVersion1(all, mounts, each, cgroups);
      }
    }
    return new Layout(!anyVersion1 && !all.isEmpty(), all);
  }

  private static Optional<Mounted> top(List<Mounted> mounts) {
    Optional<Mounted> found = Optional.empty();
    for (Mounted each : mounts) {
      if (each.point.equals(TOP)) {
        found = Optional.of(each);
      }
    }
    return found;
  }

  private static Hierarchy unified(Mounted mount, String cgroups) {
    return new Hierarchy(2, List.of(""), mount.point, below(mount.root, own(cgroups, "")));
  }

  private static void addVersion1(
      List<Hierarchy> all, List<Mounted> mounts, Mounted mount, String cgroups) {
    for (String line : lines(cgroups)) {
      List<String> controllers = controllers(line);
      String first = controllers.get(0);
      if (!first.isEmpty()
          && mount.options.contains(first)
          && preferred(mounts, 1, first) == mount) {
        all.add(new Hierarchy(1, controllers, mount.point, below(mount.root, path(line))));
        return;
      }
    }
  }

  /** A hierarchy may be mounted in several places; the usual one is taken, else the first. */
  private static Mounted preferred(List<Mounted> mounts, int version, String option) {
    Mounted found = mounts.get(0);
    boolean any = false;
    for (Mounted each : mounts) {
      boolean fits = each.version == version && (version == 2 || each.options.contains(option));
      if (fits && (!any || (!usual(found) && usual(each)))) {
        found = each;
        any = true;
      }
    }
    return found;
  }

  private static boolean usual(Mounted mount) {
    return mount.point.equals(TOP) || mount.point.startsWith(TOP + "/");
  }

  // ---- /proc/self/cgroup: ID:CONTROLLERS:PATH

  private static List<String> controllers(String line) {
    int from = line.indexOf(':') + 1;
    return split(line.substring(from, line.indexOf(':', from)), ',');
  }

  private static String path(String line) {
    String path = line.substring(line.indexOf(':', line.indexOf(':') + 1) + 1);
    // The cgroup that this process is in may have been removed on version 2.
    return path.endsWith(" (deleted)") ? path.substring(0, path.length() - 10) : path;
  }

  private static String own(String cgroups, String controller) {
    for (String line : lines(cgroups)) {
      if (controllers(line).get(0).equals(controller)) {
        return path(line);
      }
    }
    return "/";
  }

  /**
   * Returns where a cgroup is below a mount that shows only {@code root} and what is below it. In a
   * container without a cgroup namespace the two files speak of the host's paths; what lies outside
   * the mount, or outside the cgroup namespace ({@code /..}), is taken as the mount point.
   */
  private static String below(String root, String path) {
    String base = root.equals("/") ? "" : root;
    if (path.contains("/..") || !path.startsWith(base)) {
      return "/";
    }
    String rest = path.substring(base.length());
    return rest.startsWith("/") ? rest : "/";
  }

  // ---- mounts

  private static final class Mounted {
    private final int version;
    private final MountInfo mount;
    private final String root;
    private final String point;
    private final List<String> options;

    Mounted(int version, MountInfo mount, String point) {
      this.version = version;
      this.mount = mount;
      this.root = mount.root();
      this.point = point;
      this.options = split(mount.superOptions(), ',');
    }
  }

  /** The mounts of cgroups, and whatever else is mounted at the top, as version 0. */
  private static List<Mounted> mounts(List<MountInfo> mounts) {
    List<Mounted> all = new ArrayList<>();
    for (int i = 0; i < mounts.size(); i++) {
      MountInfo each = mounts.get(i);
      int version = each.isType("cgroup2") ? 2 : each.isType("cgroup") ? 1 : 0;
      String point = each.point();
      if (version != 0 || point.equals(TOP)) {
        all.add(new Mounted(version, each, point));
      }
    }
    return all;
  }

  private static List<String> lines(String text) {
    List<String> all = new ArrayList<>();
    for (String line : split(text, '\n')) {
      if (!line.isEmpty()) {
        all.add(line);
      }
    }
    return all;
  }

  static List<String> split(String text, char separator) {
    List<String> all = new ArrayList<>();
    int from = 0;
    for (int at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, from)) {
      all.add(text.substring(from, at));
      from = at + 1;
    }
    all.add(text.substring(from));
    return all;
  }
}
