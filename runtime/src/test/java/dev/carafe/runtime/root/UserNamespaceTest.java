package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Agent;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Spawner;
import dev.carafe.linux.Syscall;
import dev.carafe.spec.NamespaceType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Roots in user namespaces. */
final class UserNamespaceTest {
  private final TestRoot root;

  UserNamespaceTest() throws IOException {
    root = new TestRoot();
    root.userNamespace();
  }

  @AfterEach
  void remove() throws IOException {
    root.close();
  }

  /** What is made in the root is made by the user of the user namespace, so the root is its. */
  private void giveRoot() throws IOException {
    for (Path path : List.of(root.rootfs)) {
      Files.setAttribute(path, "unix:uid", 100000);
      Files.setAttribute(path, "unix:gid", 100000);
    }
  }

  private static void permissions(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void aRootThatItsUserCannotWriteIsAnErrorThatSaysWhy() throws IOException {
    assertEquals(
        "mount proc on /proc (cannot make proc): EACCES (Permission denied)", root.failure());
  }

  @Test
  void theUsualMountsAreThere() throws IOException {
    giveRoot();
    String output = root.run("stat -c %u /proc/1; cat /proc/self/mountinfo").output();
    assertTrue(output.startsWith("0\n"), output);
    for (String point : List.of("/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys")) {
      assertFalse(TestRoot.mountLine(output, point).isEmpty(), point);
    }
  }

  @Test
  void aRootAndSourcesThatItsUserCannotReachAreMounted() throws IOException {
    giveRoot();
    Path data = root.directory("data");
    Files.writeString(data.resolve("file"), "reached");
    root.mount("/a", "none", data.toString(), "rbind", "ro", "nosuid");
    permissions(root.bundle, "rwx------");
    assertEquals("reached", root.run("cat /a/file").output());
  }

  @Test
  void sysfsIsTheHostsReadOnlyWithoutANetworkNamespace() throws IOException {
    giveRoot();
    root.without(NamespaceType.NETWORK);
    String output =
        root.run("cat /proc/self/mountinfo; mkdir /sys/fs/cgroup/x /sys/fs/cgroup/pids/x").output();
    assertTrue(
        TestRoot.mountOptions(output, "/sys")
            .containsAll(List.of("ro", "nosuid", "nodev", "noexec")),
        output);
    assertTrue(TestRoot.mountOptions(output, "/sys/fs/cgroup").contains("ro"), output);
    assertEquals(2, output.split("Read-only file system", -1).length - 1, output);
  }

  @Test
  void theHostsSysThatIsBoundReadOnlyHasNoWritableCgroups() throws IOException {
    giveRoot();
    root.remount("/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro");
    String output = root.run("mkdir /sys/fs/cgroup/pids/x /sys/fs/cgroup/unified/x").output();
    assertEquals(2, output.split("Read-only file system", -1).length - 1, output);
  }

  @Test
  void aHostThatMayNotMountLeavesTheCopiesToTheAgent() throws IOException {
    giveRoot();
    Path data = root.directory("data");
    Files.writeString(data.resolve("file"), "copied");
    root.mount("/a", "none", data.toString(), "rbind", "ro").mount("/b", "none", "data", "rbind");
    root.mount("/c/file", "none", data.resolve("file").toString(), "bind", "nosuid");
    try (Agent host =
        Spawner.spawn(0, Optional.empty(), Optional.empty(), Optional.empty(), List.of())) {
      PidFd process = host.process().orElseThrow();
      try {
        Batch batch = host.batch();
        Arg nobody = Arg.of(65534);
        batch.call("setresgid", Syscall.SETRESGID, nobody, nobody, nobody);
        batch.call("setresuid", Syscall.SETRESUID, nobody, nobody, nobody);
        host.run(batch);
        String output =
            root.host(host)
                .run(
                    "cat /a/file /b/file /c/file; stat -c %t:%T /dev/null /dev/tty; touch /a/x;"
                        + " cat /proc/self/mountinfo")
                .output();
        assertTrue(output.startsWith("copiedcopiedcopied1:3\n5:0\ntouch: /a/x: Read-only"), output);
      } finally {
        process.signal(9);
        process.waitExit(10_000);
        process.reap();
      }
    }
  }
}
