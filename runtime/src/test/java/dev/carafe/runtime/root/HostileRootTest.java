package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.root.TestRoot.Outcome;
import dev.carafe.spec.Device;
import dev.carafe.spec.DeviceType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A root whose image was made to get out of it. Each case is refused or stays inside; after each
 * the directory outside is as it was, seen from the host.
 */
final class HostileRootTest {
  private final TestRoot root;
  private final Path outside;
  private final String mountsBefore;

  HostileRootTest() throws IOException {
    root = new TestRoot();
    outside = root.directory("outside");
    mountsBefore = mounts();
  }

  private static String mounts() throws IOException {
    return Files.readString(Path.of("/proc/self/mountinfo"));
  }

  @BeforeEach
  void fillTheOutside() throws IOException {
    Files.writeString(outside.resolve("file"), "host");
    Files.createDirectory(outside.resolve("directory"));
  }

  @AfterEach
  void theOutsideIsAsItWas() throws IOException {
    try (Stream<Path> paths = Files.walk(outside)) {
      List<String> names = paths.map(p -> outside.relativize(p).toString()).sorted().toList();
      assertEquals(List.of("", "directory", "file"), names);
      assertEquals("host", Files.readString(outside.resolve("file")));
      assertEquals(mountsBefore, mounts());
    } finally {
      root.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"proc", "sys", "dev"})
  void aLinkForProcSysOrDevIsRefused(String name) throws IOException {
    root.link(name, outside.toString());
    assertTrue(
        root.failure()
            .endsWith(
                " on /"
                    + name
                    + " (the destination must not be or pass through a symbolic link):"
                    + " ELOOP (Too many levels of symbolic links)"),
        root.failure());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/bin", "../outside", "../../../../../../../../tmp"})
  void aLinkForDevIsRefusedWithoutAMountThereToo(String target) throws IOException {
    root.mounts.clear();
    root.link("dev", target);
    assertTrue(root.failure().startsWith("make devices in /dev ("), root.failure());
  }

  @Test
  void aLinkForDevDoesNotGetDevicesOutside() throws IOException {
    root.mounts.clear();
    root.link("dev", outside.toString());
    String ignored = root.failure();
  }

  @ParameterizedTest
  @ValueSource(strings = {"proc", "sysfs"})
  void procAndSysfsAreMountedOnNoLinkAnywhere(String type) throws IOException {
    root.link("x/y", "/bin");
    root.mount("/x/y", type, type);
    assertTrue(root.failure().contains("ELOOP"), root.failure());
  }

  @Test
  void aMountBehindALinkOfTheHostsPathStaysInside() throws IOException {
    root.link("link", outside.toString());
    root.mount("/link/made", "tmpfs", "tmpfs");
    Outcome outcome = root.run("cat /proc/self/mountinfo");
    assertFalse(TestRoot.mountLine(outcome.output(), outside + "/made").isEmpty());
    assertTrue(Files.isDirectory(root.rootfs.resolve(outside.toString().substring(1) + "/made")));
  }

  @Test
  void aMountBehindALinkThatClimbsStaysInside() throws IOException {
    root.link("a/b/link", "../../../../../../../../.." + outside);
    root.mount("/a/b/link", "tmpfs", "tmpfs");
    Outcome outcome = root.run("cat /proc/self/mountinfo");
    assertFalse(TestRoot.mountLine(outcome.output(), outside.toString()).isEmpty());
  }

  @Test
  void aFileBehindADanglingLinkIsMadeInside() throws IOException {
    root.link("etc/hosts", outside.resolve("new").toString());
    root.mount("/etc/hosts", "none", outside.resolve("file").toString(), "bind", "ro");
    assertEquals("host", root.run("cat /etc/hosts").output());
    assertTrue(Files.isRegularFile(root.rootfs.resolve(outside.toString().substring(1) + "/new")));
  }

  @Test
  void aDirectoryBehindADanglingLinkInTheMiddleIsMadeInside() throws IOException {
    root.link("jump", "missing/../gone");
    root.mount("/jump/deep/place", "none", outside.toString(), "bind", "ro");
    assertEquals("directory\nfile\n", root.run("ls /jump/deep/place").output());
    assertTrue(Files.isDirectory(root.rootfs.resolve("gone/deep/place")));
    assertTrue(Files.isDirectory(root.rootfs.resolve("missing")));
  }

  @Test
  void twoLinksThatPointAtEachOtherAreAnError() throws IOException {
    root.link("a", "b").link("b", "a");
    root.mount("/a/x", "tmpfs", "tmpfs");
    assertEquals("mount tmpfs on /a/x: ELOOP (Too many levels of symbolic links)", root.failure());
  }

  @Test
  void danglingLinksWithoutEndAreAnError() throws IOException {
    root.link("a", "missing/../b/x").link("b", "nothing/../a/x");
    root.mount("/a/x", "tmpfs", "tmpfs");
    assertTrue(root.failure().contains("ELOOP"), root.failure());
  }

  @Test
  void aLinkToTheRootIsNoPlaceToMount() throws IOException {
    root.link("top", "missing/../..");
    root.mount("/top", "tmpfs", "tmpfs");
    String failure = root.failure();
    assertTrue(failure.contains("EBUSY"), failure);
  }

  @Test
  void aDestinationCannotClimb() throws IOException {
    root.mount("/../../../../../.." + outside + "/x", "tmpfs", "tmpfs");
    assertFalse(
        TestRoot.mountLine(root.run("cat /proc/self/mountinfo").output(), outside + "/x")
            .isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/proc", "/proc/sys", "/proc/self", "proc/sys/kernel"})
  void aLinkIntoProcIsRefused(String target) throws IOException {
    root.link("innocent", target);
    root.mount("/innocent", "none", outside.toString(), "bind", "ro");
    assertTrue(
        root.failure().endsWith("\"/innocent\" cannot be mounted because it is inside /proc"),
        root.failure());
  }

  @Test
  void aMagicLinkIsNotFollowed() throws IOException {
    root.link("innocent", "/proc/self/root/x");
    root.mount("/innocent", "none", outside.toString(), "bind", "ro");
    assertTrue(root.failure().contains("ELOOP"), root.failure());
  }

  @Test
  void somethingElseInTheDevicesPlaceIsAnError() throws IOException {
    root.mounts.clear();
    root.link("dev/null", outside.resolve("file").toString());
    assertEquals(
        "make device /dev/null (something else is there): EEXIST (File exists)", root.failure());
    Files.delete(root.rootfs.resolve("dev/null"));
    root.file("dev/null", "");
    assertEquals(
        "make device /dev/null (something else is there): EEXIST (File exists)", root.failure());
  }

  @Test
  void aDevicesDirectoryThatIsALinkIsRefused() throws IOException {
    root.mounts.clear();
    root.link("dev/net", outside.toString());
    device("/dev/net/tun");
    assertTrue(root.failure().startsWith("make devices in /dev/net ("), root.failure());
  }

  @Test
  void aDeviceBehindALinkElsewhereStaysInside() throws IOException {
    root.link("opt", outside.toString());
    device("/opt/tun");
    Outcome outcome = root.run("test -c " + outside + "/tun && echo yes");
    assertEquals("yes\n", outcome.output());
  }

  @Test
  void aUserNamespacesDeviceIsNotMountedOnALink() throws IOException {
    root.userNamespace();
    root.mounts.clear();
    root.link("dev/null", outside.resolve("file").toString());
    assertTrue(root.failure().startsWith("mount device /dev/null ("), root.failure());
  }

  private void device(String path) {
    Device device =
        new Device(
            DeviceType.CHARACTER,
            path,
            10,
            200,
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty());
    root.linux(root.linux().toBuilder().devices(List.of(device)).build());
  }

  @Test
  void maskedAndReadOnlyPathsBehindLinksStayInside() throws IOException {
    root.file("inside/file", "inside");
    root.link("mask", outside.resolve("file").toString());
    root.link("fixed", "/inside");
    root.link("hidden", "../../../inside/file");
    root.linux(
        root.linux().toBuilder()
            .maskedPaths(List.of("/mask", "/hidden"))
            .readonlyPaths(List.of("/fixed", "/mask"))
            .build());
    Outcome outcome = root.run("cat /inside/file; touch /inside/x");
    assertTrue(outcome.output().startsWith("touch: /inside/x: Read-only"), outcome.output());
    Files.writeString(outside.resolve("file"), "host");
  }

  @Test
  void aNullDeviceOfTheImageDoesNotMask() throws IOException {
    root.mounts.removeIf(m -> m.destination().startsWith("/dev"));
    root.file("secret", "secret");
    root.linux(root.linux().toBuilder().maskedPaths(List.of("/secret")).build());
    Outcome outcome = root.run("stat -c %t:%T /secret; cat /secret");
    assertEquals("1:3\n", outcome.output());
  }

  /** CVE-2021-30465: a directory is swapped for a link while mounts are made in it. */
  @Test
  void aDestinationThatIsSwappedAllTheTimeStaysInside() throws Exception {
    Path place = Files.createDirectories(root.rootfs.resolve("swap"));
    Path link = Files.createSymbolicLink(root.rootfs.resolve("other"), outside);
    root.mount("/swap/directory", "tmpfs", "tmpfs").mount("/swap/new/x", "tmpfs", "tmpfs");
    root.mount("/swap/file", "none", root.rootfs.resolve("bin/busybox").toString(), "bind");
    AtomicBoolean stop = new AtomicBoolean();
    Thread attacker =
        new Thread(() -> {
          while (!stop.get()) {
            swap(place, link);
          }
        });
    attacker.start();
    List<String> errors = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        try {
          Outcome outcome = root.run("true");
          assertEquals(0, outcome.code());
        } catch (dev.carafe.linux.KernelException e) {
          errors.add(String.valueOf(e.getMessage()));
        }
        assertFalse(Files.exists(outside.resolve("new")));
      }
    } finally {
      stop.set(true);
      attacker.join();
    }
    for (String error : errors) {
      assertTrue(error.contains(" on /swap/"), error);
    }
  }

  private static void swap(Path place, Path link) {
    Sys.renameat2(Fd.CWD, place.toString(), Fd.CWD, link.toString(), Sys.RENAME_EXCHANGE);
  }
}
