package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** config.md: Mounts, but for the options without mappings; config-linux.md: propagation. */
final class MountChecks {
  private static final String MAPS = "[{containerID: 0, hostID: 5000, size: 1000}]";

  @Says("config/mounts/order")
  void mountsAreMadeInTheirOrder(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain()
                .mount("/data", "tmpfs", "first")
                .mount("/data/below", "tmpfs", "second")
                .mount("/data/below", "tmpfs", "third"),
            "mounts");
    assertTrue(report.mountAt("/data/below").contains(" third "), report.toString());
  }

  @Says("config/mounts/destination-relative")
  void aRelativeDestinationIsTakenFromTheRoot(Subject runtime) {
    runtime.inside(Config.plain().mount("data", "tmpfs", "relative"), "mounts").mountAt("/data");
  }

  @Says({"config/mounts/source-relative", "config/mounts/bind"})
  void aRelativeSourceOfABindMountIsTakenFromTheBundle(Subject runtime) throws IOException {
    for (String option : new String[] {"bind", "rbind"}) {
      Config config =
          Config.plain().mount("/data", "none", "beside", option).program("cat", "/data/file");
      try (Box box = runtime.bundle(config)) {
        Files.createDirectory(box.bundle().resolve("beside"));
        Files.writeString(box.bundle().resolve("beside/file"), "beside\n");
        Report.of(box.run().ok().out()).says("cat /data/file: beside");
      }
    }
  }

  @Says("config/mounts/type")
  void theTypeIsTheFileSystems(Subject runtime) {
    Report report = runtime.inside(Config.plain().mount("/data", "ramfs", "none"), "mounts");
    assertTrue(report.mountAt("/data").contains(" - ramfs none "), report.toString());
    runtime.refuses(Config.plain().mount("/data", "no-such-type", "none"));
  }

  @Says("config/mount-options/unknown")
  void anUnknownOptionIsGivenToTheFileSystem(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain().mount("/data", "tmpfs", "tmpfs", "size=64k", "nr_inodes=77", "mode=711"),
            "mounts",
            ",",
            "stat",
            "/data");
    assertTrue(report.mountHas("/data", "size=64k"), report.mountFlags("/data"));
    assertTrue(report.mountHas("/data", "nr_inodes=77"), report.mountFlags("/data"));
    assertTrue(report.get("stat /data").startsWith("directory mode 711 "));
    runtime.refuses(Config.plain().mount("/data", "tmpfs", "tmpfs", "no-such-option"));
  }

  @Says({
    "config-linux/default-filesystems/proc",
    "config-linux/default-filesystems/sys",
    "config-linux/default-filesystems/pts",
    "config-linux/default-filesystems/shm"
  })
  void theUsualFileSystemsAreThere(Subject runtime) {
    Report report = runtime.inside(Config.plain(), "mounts");
    assertTrue(report.mountAt("/proc").contains(" - proc "));
    assertTrue(report.mountAt("/sys").contains(" - sysfs "));
    assertTrue(report.mountAt("/dev/pts").contains(" - devpts "));
    assertTrue(report.mountAt("/dev/shm").contains(" - tmpfs "));
  }

  /** A directory with a file, and below it a mount with another, both of the host's root. */
  private static Path tree(Subject runtime) {
    return runtime.once(
        "idmap-tree",
        () -> {
          Path path = runtime.directory();
          runtime
              .view()
              .sh(
                  "cd \"$1\" && echo x >file && mkdir below && mount -t tmpfs -o mode=755 below"
                      + " below && echo x >below/file",
                  path)
              .ok();
          return path;
        });
  }

  private static Config mapped(Path tree, String... options) {
    return Config.plain()
        .add(
            "mounts",
            "{destination: \"/data\", type: none, source: \""
                + tree
                + "\", options: "
                + Config.array(java.util.List.of(options))
                + ", uidMappings: "
                + MAPS
                + ", gidMappings: "
                + MAPS
                + "}");
  }

  @Says({
    "config/mount-options/idmap",
    "config/mount-options/idmap-data",
    "config/mount-options/idmap-own"
  })
  void idmapMapsTheOwnersOfTheMount(Subject runtime) {
    Report report =
        runtime.inside(
            mapped(tree(runtime), "rbind", "idmap"),
            "stat",
            "/data/file",
            ",",
            "stat",
            "/data/below/file");
    assertTrue(report.get("stat /data/file").contains(" owner 5000:5000 "), report.toString());
    assertTrue(report.get("stat /data/below/file").contains(" owner 0:0 "), report.toString());
  }

  @Says({
    "config/mount-options/ridmap",
    "config/mount-options/ridmap-data",
    "config/mount-options/ridmap-own"
  })
  void ridmapMapsTheOwnersOfMountsBelowToo(Subject runtime) {
    Report report =
        runtime.inside(
            mapped(tree(runtime), "rbind", "ridmap"),
            "stat",
            "/data/file",
            ",",
            "stat",
            "/data/below/file");
    assertTrue(report.get("stat /data/file").contains(" owner 5000:5000 "), report.toString());
    assertTrue(
        report.get("stat /data/below/file").contains(" owner 5000:5000 "), report.toString());
  }

  @Says({"config/mount-options/idmap-container", "config/mount-options/ridmap-container"})
  void withoutItsOwnMappingsAMountHasTheContainersOrIsRefused(Subject runtime) {
    for (String option : new String[] {"idmap", "ridmap"}) {
      Config config =
          NamespaceChecks.mapped()
              .mount("/data", "none", tree(runtime).toString(), "rbind", option)
              .program("stat", "/data/file");
      try (Box box = runtime.bundle(config)) {
        var result = box.run();
        assertTrue(
            result.code() != 0
                || Report.of(result.out()).get("stat /data/file").contains(" owner 0:0 "),
            result.toString());
      }
    }
  }

  @Says({"config/mount-options/idmap-none", "config/mount-options/ridmap-none"})
  void withoutAnyMappingsAnIdmapIsRefused(Subject runtime) {
    for (String option : new String[] {"idmap", "ridmap"}) {
      runtime.refuses(
          Config.plain().mount("/data", "none", tree(runtime).toString(), "rbind", option));
    }
  }

  @Says({"config/mounts/uid-mappings-both", "config/mounts/gid-mappings-both"})
  void mappingsOfUsersOrGroupsAloneAreRefused(Subject runtime) {
    for (String one : new String[] {"uidMappings", "gidMappings"}) {
      runtime.refuses(
          Config.plain()
              .add(
                  "mounts",
                  "{destination: \"/data\", type: none, source: \""
                      + tree(runtime)
                      + "\", options: [rbind, idmap], "
                      + one
                      + ": "
                      + MAPS
                      + "}"));
    }
  }

  /** A container whose root lies on a shared mount of the host; what the host mounts later. */
  private static String propagated(Subject runtime, String propagation) {
    Config config =
        Config.plain()
            .program("create", "/tmp/ready", "1", ",", "await", "10", "/tmp/signal", ",", "mounts");
    if (!propagation.isEmpty()) {
      config.text("linux.rootfsPropagation", propagation);
    }
    try (Box box = runtime.bundle(config)) {
      runtime
          .view()
          .sh("mount --bind \"$1\" \"$1\" && mount --make-shared \"$1\"", box.bundle())
          .ok();
      box.create().ok();
      box.start().ok();
      box.await("tmp/signal", "ready\n");
      runtime.view().sh("mount -t tmpfs of-the-host \"$1\"", box.in("data")).ok();
      box.kill("USR1").ok();
      box.await("stopped");
      Report report = box.said();
      box.delete();
      runtime.view().sh("umount -R \"$1\"", box.bundle());
      return report.propagation("/")
          + (report.toString().contains(" of-the-host ") ? " seen" : " unseen");
    }
  }

  @Says("config-linux/propagation/slave")
  void aSlaveRootGetsMountsOfTheHost(Subject runtime) {
    String seen = propagated(runtime, "slave");
    assertTrue(seen.contains("master:") && seen.endsWith(" seen"), seen);
    assertFalse(seen.contains("shared:"), seen);
  }

  @Says("config-linux/propagation/private")
  void aPrivateRootGetsNoMountsOfTheHost(Subject runtime) {
    assertEquals(" unseen", propagated(runtime, "private"));
  }

  @Says("config-linux/propagation/shared")
  void aSharedRootIsInAPeerGroup(Subject runtime) {
    String seen = propagated(runtime, "shared");
    assertTrue(seen.contains("shared:"), seen);
  }

  @Says("config-linux/propagation/unbindable")
  void anUnbindableRootCannotBeBound(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain()
                .text("linux.rootfsPropagation", "unbindable")
                .set("process.capabilities.bounding", "[CAP_SYS_ADMIN]")
                .set("process.capabilities.effective", "[CAP_SYS_ADMIN]")
                .set("process.capabilities.permitted", "[CAP_SYS_ADMIN]"),
            "mounts",
            ",",
            "mount",
            "/etc",
            "/data",
            "none",
            "4096");
    assertEquals("unbindable", report.propagation("/"));
    report.says("mount /etc /data none 4096 EINVAL");
  }
}
