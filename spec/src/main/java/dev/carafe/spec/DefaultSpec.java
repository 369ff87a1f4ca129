package dev.carafe.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The configuration that {@code carafe spec} writes: that of {@code runc spec} 1.1. */
public final class DefaultSpec {
  /**
   * The version it says. Carafe knows 1.3.0, but nothing in it is newer than 1.0.2, and crun 1.8
   * refuses a version that it does not know.
   */
  private static final String VERSION = "1.0.2";

  private static final List<String> CAPABILITIES =
      List.of("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE");

  private DefaultSpec() {}

  /**
   * Makes the configuration for root.
   *
   * @param cgroupNamespace whether the container gets a cgroup namespace, as it does where the
   *     machine has cgroup v2 only
   */
  public static Spec create(boolean cgroupNamespace) {
    List<Namespace> namespaces = new ArrayList<>();
    add(namespaces, NamespaceType.PID);
    add(namespaces, NamespaceType.NETWORK);
    add(namespaces, NamespaceType.IPC);
    add(namespaces, NamespaceType.UTS);
    add(namespaces, NamespaceType.MOUNT);
    if (cgroupNamespace) {
      add(namespaces, NamespaceType.CGROUP);
    }
    DeviceRule denyAll =
        new DeviceRule(
            false,
            Optional.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.of("rwm"));
    Linux linux =
        linux()
            .resources(Resources.builder().devices(List.of(denyAll)).build())
            .namespaces(namespaces)
            .build();
    Mount pts =
        Mount.of(
            "/dev/pts",
            "devpts",
            "devpts",
            List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"));
    Mount sys = Mount.of("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", "ro"));
    return spec(pts, sys, linux);
  }

  /**
   * Makes the configuration for a user who is not root: with a user namespace that has only this
   * user, without a network namespace, which could have no connection, and without limits.
   *
   * @param uid the user's id
   * @param gid the user's group
   * @param cgroupNamespace as for {@link #create}
   */
  public static Spec createRootless(long uid, long gid, boolean cgroupNamespace) {
    List<Namespace> namespaces = new ArrayList<>();
    add(namespaces, NamespaceType.PID);
    add(namespaces, NamespaceType.IPC);
    add(namespaces, NamespaceType.UTS);
    add(namespaces, NamespaceType.MOUNT);
    if (cgroupNamespace) {
      add(namespaces, NamespaceType.CGROUP);
    }
    add(namespaces, NamespaceType.USER);
    Linux linux =
        linux()
            .uidMappings(List.of(new IdMapping(0, uid, 1)))
            .gidMappings(List.of(new IdMapping(0, gid, 1)))
            .namespaces(namespaces)
            .build();
    // Group 5 is not mapped, and sysfs cannot be mounted without owning the network namespace.
    Mount pts =
        Mount.of(
            "/dev/pts",
            "devpts",
            "devpts",
            List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"));
    Mount sys =
        Mount.of("/sys", "none", "/sys", List.of("rbind", "nosuid", "noexec", "nodev", "ro"));
    return spec(pts, sys, linux);
  }

  private static Spec spec(Mount pts, Mount sys, Linux linux) {
    return Spec.builder(VERSION)
        .process(process())
        .root(new Root("rootfs", true))
        .hostname("carafe")
        .mounts(
            List.of(
                Mount.of("/proc", "proc", "proc", List.of()),
                Mount.of(
                    "/dev",
                    "tmpfs",
                    "tmpfs",
                    List.of("nosuid", "strictatime", "mode=755", "size=65536k")),
                pts,
                Mount.of(
                    "/dev/shm",
                    "tmpfs",
                    "shm",
                    List.of("nosuid", "noexec", "nodev", "mode=1777", "size=65536k")),
                Mount.of("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")),
                sys,
                Mount.of(
                    "/sys/fs/cgroup",
                    "cgroup",
                    "cgroup",
                    List.of("nosuid", "noexec", "nodev", "relatime", "ro"))))
        .linux(linux)
        .build();
  }

  private static Process process() {
    return Process.builder(List.of("sh"), "/")
        .terminal(true)
        .env(
            List.of(
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"))
        .capabilities(
            new Capabilities(CAPABILITIES, CAPABILITIES, List.of(), CAPABILITIES, CAPABILITIES))
        .rlimits(List.of(new Rlimit(RlimitType.NOFILE, 1024, 1024)))
        .noNewPrivileges(true)
        .build();
  }

  private static Linux.Builder linux() {
    return Linux.builder()
        .maskedPaths(
            List.of(
                "/proc/acpi",
                "/proc/asound",
                "/proc/kcore",
                "/proc/keys",
                "/proc/latency_stats",
                "/proc/timer_list",
                "/proc/timer_stats",
                "/proc/sched_debug",
                "/sys/firmware",
                "/proc/scsi"))
        .readonlyPaths(
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"));
  }

  private static void add(List<Namespace> namespaces, NamespaceType type) {
    namespaces.add(new Namespace(type, Optional.empty()));
  }
}
