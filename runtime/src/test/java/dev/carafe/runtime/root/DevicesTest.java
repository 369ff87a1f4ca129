package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Agent;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.TestRoot.Outcome;
import dev.carafe.spec.Device;
import dev.carafe.spec.DeviceType;
import dev.carafe.spec.Process;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Device nodes and the links of {@code /dev}. */
final class DevicesTest {
  private static final String DEFAULTS =
      """
      /dev/full 1:7 666 0 0
      /dev/null 1:3 666 0 0
      /dev/random 1:8 666 0 0
      /dev/tty 5:0 666 0 0
      /dev/urandom 1:9 666 0 0
      /dev/zero 1:5 666 0 0
      """;
  private static final String SHOW_DEFAULTS =
      "cd /dev; stat -c '%n %t:%T %a %u %g' /dev/full /dev/null /dev/random /dev/tty"
          + " /dev/urandom /dev/zero";

  private final TestRoot root;

  DevicesTest() throws IOException {
    root = new TestRoot();
  }

  @AfterEach
  void remove() throws IOException {
    root.close();
  }

  private static Device device(
      DeviceType type, String path, long major, long minor, long mode, long uid, long gid) {
    return new Device(
        type,
        path,
        major,
        minor,
        OptionalLong.of(mode),
        OptionalLong.of(uid),
        OptionalLong.of(gid));
  }

  private void devices(Device... devices) {
    root.linux(root.linux().toBuilder().devices(List.of(devices)).build());
  }

  @Test
  void theDefaultOnesAndLinksAreThere() throws IOException {
    Outcome outcome =
        root.run(
            SHOW_DEFAULTS
                + "; for l in fd stdin stdout stderr ptmx; do readlink $l; done; ls | wc -l;"
                + " head -c 4 /dev/urandom | wc -c; echo x > /dev/null; echo fine");
    int core = Files.exists(Path.of("/proc/kcore")) ? 1 : 0;
    assertEquals(
        DEFAULTS
            + "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n"
            + (14 + core)
            + "\n4\nfine\n",
        outcome.output());
  }

  @Test
  void theAgentsUmaskDoesNotCount() throws IOException {
    root.before(init -> {
      Batch batch = init.batch();
      batch.call("umask", Syscall.UMASK, Arg.of(0777));
      init.run(batch);
    });
    root.mount("/made/here", "tmpfs", "tmpfs");
    assertEquals(
        DEFAULTS + "755\n0777\n", root.run(SHOW_DEFAULTS + "; stat -c %a /made; umask").output());
    Files.setPosixFilePermissions(
        root.rootfs.resolve("made"),
        java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void thoseOfTheSpecHaveTheirTypeNumbersModeAndOwner() throws IOException {
    devices(
        device(DeviceType.CHARACTER, "/dev/one", 10, 200, 0600, 1, 2),
        device(DeviceType.BLOCK, "/dev/dir/two", 259, 0x12345, 0640, 0, 6),
        device(DeviceType.UNBUFFERED_CHARACTER, "/dev/dir/three", 4095, 255, 0100666, 0, 0),
        device(DeviceType.FIFO, "/dev/pipe", 0, 0, 0622, 3, 0),
        device(DeviceType.CHARACTER, "/opt/x/four", 1, 3, 0604, 0, 0),
        device(DeviceType.CHARACTER, "/dev/null", 1, 3, 0600, 7, 0));
    Outcome outcome =
        root.run(
            "stat -c '%F %t:%T %a %u %g' /dev/one /dev/dir/two /dev/dir/three /dev/pipe"
                + " /opt/x/four /dev/null; stat -c %a /dev/dir /opt/x");
    assertEquals(
        """
        character special file a:c8 600 1 2
        block special file 103:12345 640 0 6
        character special file fff:ff 666 0 0
        fifo 0:0 622 3 0
        character special file 1:3 604 0 0
        character special file 1:3 600 7 0
        755
        755
        """,
        outcome.output());
  }

  @Test
  void hundredsOfThemAreMade() throws IOException {
    Device[] many = new Device[600];
    for (int i = 0; i < many.length; i++) {
      many[i] = device(DeviceType.BLOCK, "/dev/disk/" + i, 7, i, 0600, 0, 0);
    }
    devices(many);
    assertEquals("600\n7:257\n", root.run("cd /dev/disk; ls | wc -l; stat -c %t:%T 599").output());
  }

  @Test
  void withoutAMountForDevTheyAreMadeInTheRootAndASecondRunFindsThem() throws IOException {
    root.mounts.removeIf(m -> m.destination().startsWith("/dev"));
    assertEquals(DEFAULTS, root.run(SHOW_DEFAULTS).output());
    assertEquals(DEFAULTS, root.run(SHOW_DEFAULTS).output());
  }

  @Test
  void aTerminalGetsAPlaceForItsConsole() throws IOException {
    root.process(Process.builder(List.of("sh"), "/").terminal(true).build());
    assertEquals("regular empty file\n", root.run("stat -c %F /dev/console").output());
  }

  @Test
  void aUserNamespaceGetsTheHostsDevices() throws IOException {
    root.userNamespace();
    Files.setAttribute(root.rootfs, "unix:uid", 100000);
    root.mounts.removeIf(m -> m.destination().equals("/dev/pts"));
    // The owner is not mapped in the user namespace: nobody.
    String nobody = DEFAULTS.replace(" 0 0", " 65534 65534");
    Outcome outcome = root.run(SHOW_DEFAULTS + "; head -c 4 /dev/zero | wc -c; echo x > /dev/null");
    assertEquals(nobody + "4\n", outcome.output());
    assertEquals(0, outcome.code());
  }

  @Test
  void whereNodesMayNotBeMadeTheHostsDevicesAreMounted() throws IOException {
    root.before(DevicesTest::dropMknod);
    devices(device(DeviceType.FIFO, "/dev/pipe", 0, 0, 0600, 0, 0));
    Outcome outcome =
        root.run(SHOW_DEFAULTS + "; grep -c ' /dev/null ' /proc/self/mountinfo; ls -l /dev/pipe");
    assertTrue(outcome.output().startsWith(DEFAULTS + "1\nprw"), outcome.output());
  }

  private static void dropMknod(Agent init) {
    // _LINUX_CAPABILITY_VERSION_3, and twice effective, permitted, inheritable.
    ByteBuffer header = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putInt(0, 0x20080522);
    Batch get = init.batch();
    Data sets = get.space(24);
    get.call("capget", Syscall.CAPGET, get.bytes(header.array()), sets);
    int output = get.output(sets);
    byte[] now = new byte[24];
    init.run(get).output(get, output).get(now);
    int capMknod = 1 << 27;
    ByteBuffer less = ByteBuffer.wrap(now).order(ByteOrder.nativeOrder());
    less.putInt(0, less.getInt(0) & ~capMknod).putInt(4, less.getInt(4) & ~capMknod);
    Batch set = init.batch();
    set.call("capset", Syscall.CAPSET, set.bytes(header.array()), set.bytes(less.array()));
    init.run(set);
  }

  @Test
  void aDeviceOfTheHostMustBeTheOneThatIsAskedFor() throws IOException {
    root.userNamespace();
    root.mounts.removeIf(m -> m.destination().equals("/dev/pts"));
    devices(device(DeviceType.CHARACTER, "/dev/null", 1, 5, 0666, 0, 0));
    assertEquals(
        "open source /dev/null of the mount on /dev/null: ENODEV (No such device)", root.failure());
  }

  @Test
  void aDevOfTheHostIsNotChanged() throws IOException {
    List<String> before = hostDev();
    root.mounts.removeIf(m -> m.destination().startsWith("/dev"));
    root.mount("/dev", "none", "/dev", "rbind");
    devices(device(DeviceType.CHARACTER, "/dev/of-a-test", 1, 3, 0666, 0, 0));
    assertEquals("no\n", root.run("test -e /dev/of-a-test || echo no").output());
    assertEquals(before, hostDev());
    assertFalse(Files.exists(Path.of("/dev/of-a-test")));
  }

  private static List<String> hostDev() throws IOException {
    try (Stream<Path> paths = Files.list(Path.of("/dev"))) {
      return paths.map(Path::toString).sorted().toList();
    }
  }
}
