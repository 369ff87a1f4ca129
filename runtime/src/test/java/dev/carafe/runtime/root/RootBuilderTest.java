package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Reply;
import dev.carafe.runtime.cgroup.CgroupMounts;
import dev.carafe.runtime.root.TestRoot.Outcome;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Propagation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What most bundles ask for. */
final class RootBuilderTest {
  private static final CgroupMounts NO_CGROUPS = new CgroupMounts(false, List.of());

  @Test
  void theUsualMountsAreThereWithTheirOptionsAndNothingElse() throws IOException {
    try (TestRoot root = new TestRoot()) {
      Outcome outcome = root.run("cut -d' ' -f5,6,8-9 /proc/self/mountinfo; pwd");
      assertEquals(0, outcome.code());
      List<String> lines = outcome.output().lines().toList();
      assertTrue(lines.get(0).startsWith("/ rw"), lines.get(0));
      assertEquals(
          List.of(
              "/proc rw,relatime proc proc",
              "/dev rw,nosuid tmpfs tmpfs",
              "/dev/pts rw,nosuid,noexec,relatime devpts devpts",
              "/dev/shm rw,nosuid,nodev,noexec,relatime tmpfs shm",
              "/dev/mqueue rw,nosuid,nodev,noexec,relatime mqueue mqueue",
              "/sys ro,nosuid,nodev,noexec,relatime sysfs sysfs",
              "/"),
          lines.subList(1, lines.size()));
    }
  }

  @Test
  void theUsualMountsTakeOneRoundTrip() throws IOException {
    AtomicInteger trips = new AtomicInteger();
    try (TestRoot root = new TestRoot()) {
      Files.createDirectory(root.rootfs.resolve("proc"));
      assertEquals(0, root.wrap(e -> new Counter(e, trips)).run("true").code());
      assertEquals(1, trips.get());
    }
  }

  private record Counter(Executor executor, AtomicInteger trips) implements Executor {
    @Override
    public Batch batch() {
      return executor.batch();
    }

    @Override
    public Reply run(Batch batch, Fd... passed) {
      trips.incrementAndGet();
      return executor.run(batch, passed);
    }
  }

  @Test
  void aReadOnlyRootIsReadOnlyButItsMountsAreNot() throws IOException {
    try (TestRoot root = new TestRoot()) {
      Outcome outcome =
          root.readonly().run("touch /x 2>&1; touch /dev/x && echo dev; cat /proc/self/mountinfo");
      assertTrue(outcome.output().contains("Read-only file system"), outcome.output());
      assertTrue(outcome.output().contains("dev\n"));
      assertTrue(TestRoot.mountOptions(outcome.output(), "/").contains("ro"));
    }
  }

  @Test
  void maskedAndReadOnlyPathsAreHidden() throws IOException {
    try (TestRoot root = new TestRoot()) {
      root.file("secret", "secret").file("secrets/a", "a").file("fixed/a", "a");
      root.link("also", "/secrets");
      root.directory("below");
      Files.writeString(root.bundle.resolve("below/b"), "b");
      root.mount("/fixed/below", "none", "below", "bind");
      root.linux(
          root.linux().toBuilder()
              .maskedPaths(
                  List.of(
                      "/secret", "/secrets", "/also", "/none/at/all", "/secret/not", "/proc/keys"))
              .readonlyPaths(List.of("/fixed", "/proc/sys", "/nowhere"))
              .build());
      Outcome outcome =
          root.run(
              "echo \"[$(cat /secret)] [$(ls /secrets)] [$(cat /proc/keys)]\"; touch /secrets/x;"
                  + " touch /fixed/x; touch /fixed/below/x; cat /fixed/a /fixed/below/b; echo;"
                  + " echo 1 > /proc/sys/kernel/shmmni; cat /proc/self/mountinfo");
      String output = outcome.output();
      assertTrue(output.contains("[] [] []\n"), output);
      assertEquals(4, output.split("Read-only file system", -1).length - 1, output);
      assertTrue(output.contains("ab\n"), output);
      // What the mounts had before stays.
      assertTrue(TestRoot.mountLine(output, "/proc/sys").contains(" ro,relatime "), output);
      assertEquals("secret", Files.readString(root.rootfs.resolve("secret")));
    }
  }

  @Test
  void hundredsOfMaskedPathsAreMasked() throws IOException {
    try (TestRoot root = new TestRoot()) {
      List<String> masked = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        root.file("m/" + i, "x");
        masked.add("/m/" + i);
      }
      root.linux(root.linux().toBuilder().maskedPaths(masked).build());
      assertEquals("0\n", root.run("cat /m/* | wc -c").output());
    }
  }

  @Test
  void withoutPivotTheRootIsMovedAndTheHostsProcIsGone() throws IOException {
    try (TestRoot root = new TestRoot()) {
      root.options(new RootOptions(true, false, NO_CGROUPS));
      Outcome outcome = root.run("ls /; pwd; touch /made");
      assertEquals("bin\ndev\nproc\nsys\n/\n", outcome.output());
      assertTrue(Files.exists(root.rootfs.resolve("made")));
    }
  }

  @Test
  void withoutPivotAPrivateRootIsRefused() throws IOException {
    try (TestRoot root = new TestRoot()) {
      root.options(new RootOptions(true, false, NO_CGROUPS));
      root.linux(root.linux().toBuilder().rootfsPropagation(Propagation.RPRIVATE).build());
      assertEquals(
          "linux.rootfsPropagation: rprivate is not safe without pivot_root",
          assertThrows(InvalidConfigException.class, () -> root.run("true")).getMessage());
    }
  }

  @Test
  void withoutAMountNamespaceNothingIsMounted() throws IOException {
    try (TestRoot root = new TestRoot()) {
      root.without(NamespaceType.MOUNT);
      assertThrows(InvalidConfigException.class, () -> root.run("true"));
    }
  }

  @Test
  void aRootThatIsNoDirectoryOrMissingIsAnError() throws IOException {
    try (TestRoot root = new TestRoot()) {
      Path moved = root.bundle.resolve("moved");
      Files.move(root.rootfs, moved);
      assertEquals(
          "open root file system " + root.rootfs + ": ENOENT (No such file or directory)",
          root.failure());
      Files.writeString(root.rootfs, "file");
      assertTrue(root.failure().contains("ENOTDIR"));
    }
  }

  @Test
  void theRootHasNoMountsThatTheHostCanSee() throws IOException {
    try (TestRoot root = new TestRoot()) {
      String before = Files.readString(Path.of("/proc/self/mountinfo"));
      String[] during = new String[1];
      root.between(init -> during[0] = Files.readString(Path.of("/proc/self/mountinfo")));
      root.run("true");
      assertEquals(before, during[0]);
      assertEquals(before, Files.readString(Path.of("/proc/self/mountinfo")));
      assertFalse(Files.exists(root.rootfs.resolve("dev/null")));
    }
  }

  @Test
  void anErrorNamesTheMountAndWhatTheKernelSaysOfIt() throws IOException {
    try (TestRoot root = new TestRoot()) {
      root.mount("/a", "tmpfs", "tmpfs", "size=many");
      String message = root.failure();
      assertEquals(
          "mount tmpfs on /a (tmpfs: Bad value for 'size'): EINVAL (Invalid argument)", message);
    }
    try (TestRoot root = new TestRoot()) {
      root.mount("/a", "nosuchfs", "x");
      String message = root.failure();
      assertEquals("mount nosuchfs on /a: ENODEV (No such device)", message);
    }
    try (TestRoot root = new TestRoot()) {
      root.mount("/a", "none", "/nowhere", "bind");
      String message = root.failure();
      assertEquals(
          "open source /nowhere of the mount on /a: ENOENT (No such file or directory)", message);
      assertFalse(Files.exists(root.rootfs.resolve("a")));
    }
  }
}
