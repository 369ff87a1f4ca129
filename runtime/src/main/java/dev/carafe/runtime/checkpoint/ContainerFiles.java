package dev.carafe.runtime.checkpoint;

import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.MountInfo;
import dev.carafe.linux.Open;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.cgroup.CgroupMounts;
import dev.carafe.runtime.root.ContainerPath;
import dev.carafe.spec.Device;
import dev.carafe.spec.Mount;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a container has of the host's files: bind mounts, devices, masks, standard streams. CRIU
 * does not keep these; at the dump it gets a name for each, and at the restore a file for each
 * name. The names are the same in images of runc's.
 */
final class ContainerFiles {
  private static final String NULL = "/dev/null";
  private static final String HOST_CGROUPS = "/sys/fs/cgroup";
  private static final int TTY_MAJOR = 4;
  private static final int PTS_FIRST_MAJOR = 136;
  private static final int PTS_LAST_MAJOR = 143;
  private static final String[] DEVICES = {"null", "zero", "full", "random", "urandom", "tty"};

  private ContainerFiles() {}

  /** Names the mounts of a container that runs, as {@code mnt[PLACE]:NAME}. */
  static List<String> ofDump(Spec spec, int init) {
    List<String> all = new ArrayList<>();
    try (Fd root = Sys.open("/proc/" + init + "/root", Open.PATH | Open.DIRECTORY, 0)) {
      for (Mount each : spec.mounts()) {
        if (isBind(each)) {
          all.add(mount(place(root, each.destination()), clean(each.destination())));
        }
      }
      for (String each : spec.linux().isPresent() ? spec.linux().get().maskedPaths() : noPaths()) {
        Optional<Fd> masked = open(root, each);
        if (masked.isPresent()) {
          try (Fd fd = masked.get()) {
            if (!Sys.stat(fd).is(Mode.DIRECTORY)) {
              all.add(mount(pathOf(fd), NULL));
            }
          }
        }
      }
      for (String each : devices(spec)) {
        all.add(mount(place(root, each), each));
      }
    }
    for (MountInfo each : MountInfo.read("/proc/" + init + "/mountinfo")) {
      if (each.isType("cgroup") || (each.isType("cgroup2") && seesHostCgroups(spec))) {
        all.add(mount(each.point(), each.point()));
      }
    }
    return all;
  }

  /** Names the files for the mounts of a container that is to be restored. */
  static List<String> ofRestore(Spec spec, String bundle, CgroupMounts cgroups) {
    List<String> all = new ArrayList<>();
    for (Mount each : spec.mounts()) {
      if (isBind(each)) {
        String source = each.source().orElse("");
        all.add(
            mount(
                clean(each.destination()),
                source.startsWith("/") ? source : bundle + "/" + source));
      } else if (each.type().orElse("").equals("cgroup") && !cgroups.unified()) {
        for (CgroupMounts.Hierarchy hierarchy : cgroups.hierarchies()) {
          all.add(mount(clean(each.destination()) + "/" + hierarchy.name(), hierarchy.path()));
        }
      } else if (each.type().orElse("").equals("cgroup") && seesHostCgroups(spec)) {
        all.add(mount(clean(each.destination()), HOST_CGROUPS));
      }
    }
    List<String> devices = devices(spec);
    for (String each : devices) {
      all.add(mount(each, each));
    }
    if (!devices.contains(NULL)) {
      all.add(mount(NULL, NULL));
    }
    return all;
  }

  private static List<String> noPaths() {
    return List.of();
  }

  /** Without a cgroup namespace a container has the machine's cgroups of version 2, mounted. */
  private static boolean seesHostCgroups(Spec spec) {
    return spec.linux().flatMap(linux -> linux.namespace(NamespaceType.CGROUP)).isEmpty();
  }

  static boolean isBind(Mount mount) {
    return mount.type().orElse("").equals("bind")
        || mount.options().contains("bind")
        || mount.options().contains("rbind");
  }

  /** Those that may be the host's, mounted; what is no mount does not count. */
  private static List<String> devices(Spec spec) {
    List<String> all = new ArrayList<>();
    for (String each : DEVICES) {
      all.add("/dev/" + each);
    }
    if (spec.linux().isPresent()) {
      for (Device each : spec.linux().get().devices()) {
        if (!all.contains(each.path())) {
          all.add(each.path());
        }
      }
    }
    return all;
  }

  private static String mount(String key, String value) {
    return "mnt[" + key + "]:" + value;
  }

  /** Returns a path without {@code //}, {@code .} and {@code ..}. */
  private static String clean(String path) {
    return ContainerPath.of(path).toString();
  }

  /** Returns where a path leads in the container, whose links are followed inside it. */
  private static String place(Fd root, String path) {
    Optional<Fd> found = open(root, path);
    if (found.isEmpty()) {
      return clean(path);
    }
    try (Fd fd = found.get()) {
      return pathOf(fd);
    }
  }

  private static Optional<Fd> open(Fd root, String path) {
    try {
      return Optional.of(
          Sys.openat2(root, path, Open.PATH, 0, Open.RESOLVE_IN_ROOT | Open.RESOLVE_NO_MAGICLINKS));
    } catch (KernelException e) {
      return Optional.empty();
    }
  }

  static String pathOf(Fd fd) {
    return Sys.readlinkat(Fd.CWD, "/proc/self/fd/" + fd.number());
  }

  // ---- standard streams

  /**
   * Names the standard streams of a container's first process: a pipe as the kernel names it, and a
   * file that is on no mount of the container as {@code file[MOUNT:INODE]}.
   */
  static List<String> streams(int init) {
    List<Long> mounts = new ArrayList<>();
    for (MountInfo each : MountInfo.read("/proc/" + init + "/mountinfo")) {
      mounts.add(each.id());
    }
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String path = "/proc/" + init + "/fd/" + i;
      String link = Sys.tryReadlink(Fd.CWD, path).orElse("");
      Optional<Stat> stat =
          link.startsWith("/") ? Sys.statIfThere(Fd.CWD, path, 0) : Optional.empty();
      boolean outside =
          stat.isPresent() && !isTerminal(stat.get()) && !mounts.contains(stat.get().mountId());
      all.add(
          outside
              ? "file["
                  + Long.toHexString(stat.get().mountId())
                  + ":"
                  + Long.toHexString(stat.get().ino())
                  + "]"
              : link);
    }
    return all;
  }

  private static boolean isTerminal(Stat stat) {
    int major = stat.rdevMajor();
    return stat.is(Mode.CHARACTER)
        && (major == TTY_MAJOR
            || major == TTY_MAJOR + 1
            || (major >= PTS_FIRST_MAJOR && major <= PTS_LAST_MAJOR));
  }

  static boolean isFile(String stream) {
    return stream.startsWith("file[");
  }

  /** Returns whether the restored process gets another stream in the place of this one. */
  static boolean isReplaced(String stream) {
    return isFile(stream) || stream.startsWith("pipe:");
  }
}
