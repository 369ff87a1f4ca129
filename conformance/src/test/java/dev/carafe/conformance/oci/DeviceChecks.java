package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.conformance.Shell;
import java.util.List;

/** config-linux.md: Devices, Default Devices, Allowed Device list. */
final class DeviceChecks {
  private static final String FUSE = "{path: \"/dev/a-fuse\", type: c, major: 10, minor: 229}";
  private static final String DENY = "{allow: false, access: rwm}";

  private static Report devices(Subject runtime) {
    return runtime.once(
        "devices",
        () ->
            runtime.inside(
                Config.plain()
                    .add(
                        "linux.devices",
                        "{path: \"/dev/a-fuse\", type: c, major: 10, minor: 229, fileMode: 416,"
                            + " uid: 7, gid: 8}")
                    .add("linux.devices", "{path: \"/dev/a-loop\", type: b, major: 7, minor: 3}")
                    .add("linux.devices", "{path: \"/dev/a-pipe\", type: p}")
                    .add("linux.devices", "{path: \"/data/u\", type: u, major: 1, minor: 7}"),
                "stat",
                "/dev/a-fuse",
                ",",
                "stat",
                "/dev/a-loop",
                ",",
                "stat",
                "/dev/a-pipe",
                ",",
                "stat",
                "/data/u"));
  }

  @Says({
    "config-linux/devices/available",
    "config-linux/devices/type",
    "config-linux/devices/path",
    "config-linux/devices/numbers"
  })
  void theDevicesAreThere(Subject runtime) {
    assertTrue(devices(runtime).get("stat /dev/a-fuse").matches("c .* device 10:229 .*"));
    assertTrue(devices(runtime).get("stat /dev/a-loop").matches("b .* device 7:3 .*"));
    assertTrue(devices(runtime).get("stat /dev/a-pipe").startsWith("p "));
  }

  @Says("config-linux/devices/anywhere")
  void aDeviceIsAnywhere(Subject runtime) {
    assertTrue(devices(runtime).get("stat /data/u").matches("c .* device 1:7 .*"));
  }

  @Says({"config-linux/devices/file-mode", "config-linux/devices/owner"})
  void modeAndOwnerAreThoseAskedFor(Subject runtime) {
    String seen = devices(runtime).get("stat /dev/a-fuse");
    assertTrue(seen.startsWith("c mode 640 owner 7:8 "), seen);
  }

  @Says("config-linux/devices/exists")
  void anotherFileInItsPlaceIsRefused(Subject runtime) {
    runtime.refuses(
        Config.plain()
            .add("linux.devices", "{path: \"/etc/file\", type: c, major: 10, minor: 229}"));
  }

  @Says("config-linux/devices/others")
  void devicesThatAreNotListedCannotBeUsed(Subject runtime) {
    // What the usual configurations say: all is denied but what the runtime must supply.
    Config config = Config.plain().set("linux.resources.devices", "[" + DENY + "]");
    Report report =
        runtime.inside(
            config,
            "mknod",
            "/tmp/kmsg",
            "c",
            "1",
            "11",
            ",",
            "open",
            "/tmp/kmsg",
            "r",
            ",",
            "open",
            "/dev/null",
            "rw",
            ",",
            "read",
            "/dev/zero");
    assertTrue(
        report.has("open /tmp/kmsg r EPERM")
            || (report.has("open /tmp/kmsg r ENOENT")
                && report.has("mknod /tmp/kmsg c 1 11 EPERM")),
        report.toString());
    report.says("open /dev/null rw ok").says("read /dev/zero 16 bytes");
  }

  private static Report defaults(Subject runtime) {
    return runtime.once(
        "default-devices",
        () ->
            runtime.inside(
                Config.plain(),
                "stat",
                "/dev/null",
                ",",
                "stat",
                "/dev/zero",
                ",",
                "stat",
                "/dev/full",
                ",",
                "stat",
                "/dev/random",
                ",",
                "stat",
                "/dev/urandom",
                ",",
                "stat",
                "/dev/tty",
                ",",
                "open",
                "/dev/null",
                "rw",
                ",",
                "write",
                "/dev/full",
                "x",
                ",",
                "read",
                "/dev/zero",
                ",",
                "read",
                "/dev/urandom",
                ",",
                "read",
                "/dev/null",
                ",",
                "ptmx",
                ",",
                "ls",
                "/dev/pts",
                ",",
                "stat",
                "/dev/ptmx",
                ",",
                "stat",
                "/dev/pts/ptmx"));
  }

  private static void device(Subject runtime, String name, String number) {
    String seen = defaults(runtime).get("stat /dev/" + name);
    assertTrue(seen.startsWith("c mode 666 owner 0:0 device " + number + " "), seen);
  }

  @Says("config-linux/default-devices/null")
  void nullIsThere(Subject runtime) {
    device(runtime, "null", "1:3");
    defaults(runtime).says("open /dev/null rw ok").says("read /dev/null 0 bytes");
  }

  @Says("config-linux/default-devices/zero")
  void zeroIsThere(Subject runtime) {
    device(runtime, "zero", "1:5");
    defaults(runtime).says("read /dev/zero 16 bytes");
  }

  @Says("config-linux/default-devices/full")
  void fullIsThere(Subject runtime) {
    device(runtime, "full", "1:7");
    defaults(runtime).says("write /dev/full x ENOSPC");
  }

  @Says("config-linux/default-devices/random")
  void randomIsThere(Subject runtime) {
    device(runtime, "random", "1:8");
  }

  @Says("config-linux/default-devices/urandom")
  void urandomIsThere(Subject runtime) {
    device(runtime, "urandom", "1:9");
    defaults(runtime).says("read /dev/urandom 16 bytes");
  }

  @Says("config-linux/default-devices/tty")
  void ttyIsThere(Subject runtime) {
    device(runtime, "tty", "5:0");
  }

  @Says("config-linux/default-devices/ptmx")
  void ptmxIsThatOfTheContainersTerminals(Subject runtime) {
    defaults(runtime).says("ptmx /dev/pts/0");
    assertEquals(
        defaults(runtime).get("stat /dev/pts/ptmx"), defaults(runtime).get("stat /dev/ptmx"));
  }

  /** Opens a device of 10:229 to read and to write, and makes one, under these rules. */
  private static List<String> under(Subject runtime, String... rules) {
    Report report =
        runtime.inside(
            Config.plain()
                .add("linux.devices", FUSE)
                .set("linux.resources.devices", "[" + String.join(",", rules) + "]"),
            "open",
            "/dev/a-fuse",
            "r",
            ",",
            "open",
            "/dev/a-fuse",
            "w",
            ",",
            "mknod",
            "/tmp/made",
            "c",
            "10",
            "229");
    return List.of(
        report.get("open /dev/a-fuse r"),
        report.get("open /dev/a-fuse w"),
        report.get("mknod /tmp/made c 10 229"));
  }

  @Says({"config-linux/device-list/order", "config-linux/device-list/allow"})
  void theRulesApplyInTheirOrder(Subject runtime) {
    String allow = "{allow: true, type: c, major: 10, minor: 229, access: rwm}";
    String forbid = "{allow: false, type: c, major: 10, minor: 229, access: rwm}";
    assertEquals(List.of("ok", "ok", "ok"), under(runtime, DENY, allow));
    assertEquals(List.of("ok", "ok", "ok"), under(runtime, DENY, forbid, allow));
    assertEquals("EPERM", under(runtime, DENY, allow, forbid).getFirst());
  }

  @Says("config-linux/device-list/access")
  void accessIsReadingWritingAndMaking(Subject runtime) {
    String rule = "{allow: true, type: c, major: 10, minor: 229, access: ";
    // Making nodes is among what runtimes allow by default.
    assertEquals(List.of("ok", "EPERM"), under(runtime, DENY, rule + "r}").subList(0, 2));
    assertEquals(List.of("EPERM", "ok"), under(runtime, DENY, rule + "w}").subList(0, 2));
    assertEquals(List.of("EPERM", "EPERM", "ok"), under(runtime, DENY, rule + "m}"));
  }

  @Says({"config-linux/device-list/type", "config-linux/device-list/numbers"})
  void whatARuleDoesNotSayStandsForAll(Subject runtime) {
    assertEquals("ok", under(runtime, DENY, "{allow: true, type: c, access: rwm}").getFirst());
    assertEquals(
        "ok", under(runtime, DENY, "{allow: true, type: c, major: 10, access: rwm}").getFirst());
    assertEquals("EPERM", under(runtime, DENY, "{allow: true, type: b, access: rwm}").getFirst());
    assertEquals("ok", under(runtime, "{allow: true, access: rwm}").getFirst());
    assertTrue(Shell.run("test -c /dev/fuse").code() == 0, "no fuse here");
  }
}
