package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.runtime.cgroup.CgroupMounts;
import dev.carafe.runtime.cgroup.CgroupMounts.Hierarchy;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Mounts of type cgroup. */
final class CgroupMountTest {
  private static final Path CGROUP = Path.of("/sys/fs/cgroup");

  private final TestRoot root;
  private final List<Path> made = new ArrayList<>();

  CgroupMountTest() throws IOException {
    root = new TestRoot();
    root.remount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev");
  }

  @BeforeEach
  void needVersionOne() {
    Assumptions.assumeTrue(
        Files.exists(CGROUP.resolve("pids/cgroup.procs")),
        "skipped: the machine has no cgroup version 1 with pids at /sys/fs/cgroup/pids");
  }

  @AfterEach
  void remove() throws IOException {
    root.close();
    for (Path path : made) {
      Files.deleteIfExists(path);
    }
  }

  private Hierarchy hierarchy(String controller, List<String> links) throws IOException {
    Path path =
        CGROUP.resolve(controller).resolve("carafe-mounts-" + ProcessHandle.current().pid());
    Files.createDirectories(path);
    made.add(path);
    return new Hierarchy(controller, controller, links, path.toString());
  }

  private void versionOne(String... options) throws IOException {
    List<Hierarchy> all =
        List.of(hierarchy("pids", List.of("alias", "other")), hierarchy("memory", List.of()));
    root.options(new RootOptions(false, false, new CgroupMounts(false, all)));
    root.mount("/sys/fs/cgroup", "cgroup", "cgroup", options);
  }

  @Test
  void versionOneShowsTheContainersOwnCgroupsOnly() throws IOException {
    versionOne("nosuid", "noexec", "nodev", "relatime", "ro");
    String output =
        root.run(
                "ls /sys/fs/cgroup; readlink /sys/fs/cgroup/alias; ls -d /sys/fs/cgroup/*/carafe-*;"
                    + " touch /sys/fs/cgroup/x; mkdir /sys/fs/cgroup/pids/x;"
                    + " cat /proc/self/mountinfo")
            .output();
    assertTrue(output.startsWith("alias\nmemory\nother\npids\npids\n"), output);
    assertTrue(output.contains("No such file or directory"), output);
    assertEquals(2, output.split("Read-only file system", -1).length - 1, output);
    for (String point : List.of("/sys/fs/cgroup", "/sys/fs/cgroup/pids")) {
      assertTrue(
          TestRoot.mountOptions(output, point).containsAll(List.of("ro", "nosuid", "noexec")),
          output);
    }
  }

  @Test
  void versionOneCanBeWritten() throws IOException {
    versionOne("rw");
    assertEquals(
        0, root.run("mkdir /sys/fs/cgroup/pids/x && rmdir /sys/fs/cgroup/pids/x || exit 1").code());
  }

  @Test
  void versionOneIsReadOnlyInAUserNamespaceWhenAsked() throws IOException {
    root.userNamespace();
    Files.setAttribute(root.rootfs, "unix:uid", 100000);
    versionOne("ro");
    String output = root.run("mkdir /sys/fs/cgroup/pids/x; ls /sys/fs/cgroup").output();
    assertTrue(output.contains("Read-only file system"), output);
    assertTrue(output.endsWith("alias\nmemory\nother\npids\n"), output);
  }

  private void versionTwo() throws IOException {
    Path unified = CGROUP.resolve("unified");
    Assumptions.assumeTrue(
        Files.exists(unified.resolve("cgroup.procs")),
        "skipped: the machine has no cgroup version 2 at /sys/fs/cgroup/unified");
    Path path = unified.resolve("carafe-mounts-" + ProcessHandle.current().pid());
    Files.createDirectories(path.resolve("inner"));
    made.add(path.resolve("inner"));
    made.add(path);
    Hierarchy own = new Hierarchy("", "", List.of(), path.toString());
    root.options(new RootOptions(false, false, new CgroupMounts(true, List.of(own))));
    root.mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro", "nosuid");
  }

  @Test
  void versionTwoIsMountedInACgroupNamespace() throws IOException {
    versionTwo();
    List<Namespace> namespaces = new ArrayList<>(root.linux().namespaces());
    namespaces.add(new Namespace(NamespaceType.CGROUP, Optional.empty()));
    Linux linux = root.linux().toBuilder().namespaces(namespaces).build();
    String output = root.linux(linux).run("cat /proc/self/mountinfo").output();
    String line = TestRoot.mountLine(output, "/sys/fs/cgroup");
    assertTrue(line.contains(" / /sys/fs/cgroup ro,nosuid,nodev,noexec"), line);
    assertTrue(line.contains(" - cgroup2 cgroup "), line);
  }

  /** A new mount would change the options of the host's one: nsdelegate would be gone. */
  @Test
  void versionTwoOfTheHostIsBoundWithoutACgroupNamespace() throws IOException {
    versionTwo();
    String output = root.run("cat /proc/self/mountinfo").output();
    String line = TestRoot.mountLine(output, "/sys/fs/cgroup");
    assertFalse(line.contains(" - cgroup2 cgroup "), line);
    assertTrue(TestRoot.mountOptions(output, "/sys/fs/cgroup").contains("ro"), line);
  }

  @Test
  void versionTwoOfTheHostIsTheOwnCgroupOnlyInAUserNamespace() throws IOException {
    root.userNamespace();
    Files.setAttribute(root.rootfs, "unix:uid", 100000);
    versionTwo();
    String output =
        root.run("test -d /sys/fs/cgroup/inner && echo own; cat /proc/self/mountinfo").output();
    assertTrue(output.startsWith("own\n"), output);
    assertFalse(TestRoot.mountOptions(output, "/sys/fs/cgroup").contains("rw"), output);
  }
}
