package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reads what {@code /proc} says on machines of several kinds. */
final class LayoutTest {
  private static final String V1_AND_V2 =
      """
      24 30 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw
      31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - tmpfs tmpfs rw,mode=755
      32 31 0:29 / /sys/fs/cgroup/systemd rw,nosuid shared:10 - cgroup cgroup rw,xattr,name=systemd
      33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:11 - cgroup cgroup rw,cpu,cpuacct
      34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime shared:12 - cgroup cgroup rw,cpuset
      35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:14 - cgroup cgroup rw,memory
      41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:15 - cgroup2 cgroup2 rw
      """;

  static List<String> shown(Layout layout) {
    List<String> all = new ArrayList<>();
    for (Hierarchy each : layout.hierarchies()) {
      all.add(
          "v"
              + each.version()
              + " "
              + each.controllers()
              + " "
              + each.mountPoint()
              + " "
              + each.own());
    }
    return all;
  }

  @Test
  void hybridMachineWithControllersMountedTogether() {
    Layout layout =
        Layout.parse(
            V1_AND_V2,
            """
            12:memory:/user.slice/user-0.slice
            5:cpu,cpuacct:/user.slice
            3:cpuset:/
            1:name=systemd:/user.slice/user-0.slice/session-3.scope
            0::/user.slice/user-0.slice/session-3.scope
            """);
    assertFalse(layout.unified());
    assertEquals(
        List.of(
            "v1 [name=systemd] /sys/fs/cgroup/systemd /user.slice/user-0.slice/session-3.scope",
            "v1 [cpu, cpuacct] /sys/fs/cgroup/cpu,cpuacct /user.slice",
            "v1 [cpuset] /sys/fs/cgroup/cpuset /",
            "v1 [memory] /sys/fs/cgroup/memory /user.slice/user-0.slice",
            "v2 [] /sys/fs/cgroup/unified /user.slice/user-0.slice/session-3.scope"),
        shown(layout));
  }

  @Test
  void machineWithVersion2Only() {
    Layout layout =
        Layout.parse(
            "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
            "0::/system.slice/ssh.service\n");
    assertTrue(layout.unified());
    assertEquals(List.of("v2 [] /sys/fs/cgroup /system.slice/ssh.service"), shown(layout));
  }

  @Test
  void version2MountedOverTheHierarchiesOfVersion1HidesThem() {
    Layout layout =
        Layout.parse(
            V1_AND_V2 + "50 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 none rw\n",
            "12:memory:/a\n3:cpuset:/\n0::/b\n");
    assertTrue(layout.unified());
    assertEquals(List.of("v2 [] /sys/fs/cgroup /b"), shown(layout));
  }

  @Test
  void version2ElsewhereCountsWhereNothingElseIsMounted() {
    Layout layout = Layout.parse("30 23 0:26 / /mnt/cgroup\\0402 rw - cgroup2 none rw\n", "0::/\n");
    assertTrue(layout.unified());
    assertEquals(List.of("v2 [] /mnt/cgroup 2 /"), shown(layout));
  }

  @Test
  void machineWithoutCgroups() {
    Layout layout = Layout.parse("24 30 0:22 / /proc rw - proc proc rw\n", "0::/\n");
    assertFalse(layout.unified());
    assertTrue(layout.hierarchies().isEmpty());
  }

  @Test
  void hierarchyMountedTwiceIsTakenAtTheUsualPlace() {
    Layout layout =
        Layout.parse(
            """
            40 23 0:32 / /srv/chroot/sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:14 - cgroup cgroup rw,memory
            """,
            "12:memory:/a\n");
    assertEquals(List.of("v1 [memory] /sys/fs/cgroup/memory /a"), shown(layout));
  }

  @Test
  void mountThatIsCoveredIsPassedOver() throws Exception {
    assumeTrue(dev.carafe.linux.Sys.geteuid() == 0, "needs root to mount");
    Path elsewhere = Files.createTempDirectory("carafe-layout").toRealPath();
    try {
      Process process =
          new ProcessBuilder(
                  "unshare",
                  "--mount",
                  "sh",
                  "-ec",
                  "mount -t cgroup2 none \"$1\"; mount -t tmpfs none /sys/fs/cgroup; shift; \"$@\"",
                  "sh",
                  elsewhere.toString(),
                  System.getProperty("java.home") + "/bin/java",
                  "--enable-native-access=ALL-UNNAMED",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-XX:-UsePerfData",
                  "-cp",
                  System.getProperty("java.class.path"),
                  LayoutShown.class.getName())
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), said);
      List<String> lines = said.lines().toList();
      assertEquals(1, lines.size(), said);
      assertTrue(lines.get(0).startsWith("v2 [] " + elsewhere + " /"), said);
    } finally {
      Files.delete(elsewhere);
    }
  }

  @Test
  void hierarchiesWhoseControllersAreUnknownHereArePassedOver() {
    Layout layout =
        Layout.parse(
            """
            35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
            36 31 0:33 / /sys/fs/cgroup/misc rw - cgroup cgroup rw,misc
            """,
            "12:memory:/a\n");
    assertEquals(List.of("v1 [memory] /sys/fs/cgroup/memory /a"), shown(layout));
  }

  @Test
  void insideAContainerThatSeesOnlyItsOwnPartOfTheHierarchy() {
    Layout layout =
        Layout.parse(
            """
            35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
            36 31 0:33 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids
            37 31 0:34 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu
            38 31 0:35 / /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset
            """,
            "9:memory:/docker/abc/inner\n8:pids:/docker/abc\n7:cpu:/docker/abcdef\n6:cpuset:/../x\n");
    assertEquals(
        List.of(
            "v1 [memory] /sys/fs/cgroup/memory /inner",
            "v1 [pids] /sys/fs/cgroup/pids /",
            "v1 [cpu] /sys/fs/cgroup/cpu /",
            "v1 [cpuset] /sys/fs/cgroup/cpuset /"),
        shown(layout));
  }

  @Test
  void ownCgroupThatWasRemoved() {
    Layout layout =
        Layout.parse(
            "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/gone (deleted)\n");
    assertEquals(List.of("v2 [] /sys/fs/cgroup /gone"), shown(layout));
  }

  @Test
  void pathsAreCleanedAsBelowARoot() {
    assertEquals("/", Paths.clean(""));
    assertEquals("/", Paths.clean("."));
    assertEquals("/", Paths.clean("/../.."));
    assertEquals("/c", Paths.clean("../../a/./b/../../c/"));
    assertEquals("/a/b c", Paths.clean("//a//b c"));
    assertEquals("/...", Paths.clean("/.../x/.."));
  }
}
