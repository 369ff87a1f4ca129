package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.conformance.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** config-linux.md: Namespaces, their mappings and offsets. */
final class NamespaceChecks {
  /** The type in the configuration, and the name in /proc. */
  private static final Map<String, String> TYPES =
      Map.of(
          "pid", "pid", "network", "net", "mount", "mnt", "ipc", "ipc", "uts", "uts", "user",
          "user", "cgroup", "cgroup", "time", "time");

  private static String name(String type) {
    return Objects.requireNonNull(TYPES.get(type), type);
  }

  /** Returns a configuration with a user namespace, whose root is a user of the host. */
  static Config mapped() {
    return Config.plain()
        .add("linux.namespaces", "{type: user}")
        .set("linux.uidMappings", "[{containerID: 0, hostID: 100000, size: 2000}]")
        .set("linux.gidMappings", "[{containerID: 0, hostID: 200000, size: 2000}]");
  }

  private static Report plain(Subject runtime) {
    return runtime.once(
        "namespaces",
        () ->
            runtime.inside(
                Config.plain().text("hostname", "a-name"),
                "namespaces",
                ",",
                "ids",
                ",",
                "ls",
                "/proc",
                ",",
                "ls",
                "/sys/class/net",
                ",",
                "machine",
                ",",
                "mounts",
                ",",
                "cat",
                "/proc/self/cgroup"));
  }

  private static Report user(Subject runtime) {
    return runtime.once(
        "user-namespace",
        () ->
            runtime.inside(
                mapped(),
                "namespaces",
                ",",
                "ids",
                ",",
                "cat",
                "/proc/self/uid_map",
                ",",
                "cat",
                "/proc/self/gid_map",
                ",",
                "stat",
                "/etc/file"));
  }

  private static void isNew(Subject runtime, Report report, String type) {
    String mine = report.get("ns " + name(type));
    assertTrue(mine.startsWith(name(type) + ":["), mine);
    assertNotEquals(runtime.view().namespace(name(type)), mine);
  }

  @Says({"config-linux/namespaces/pid", "config-linux/namespaces/new"})
  void aPidNamespaceShowsItsOwnProcessesOnly(Subject runtime) {
    isNew(runtime, plain(runtime), "pid");
    plain(runtime).says("pid 1");
    List<String> processes =
        plain(runtime).all("ls /proc:").stream().filter(name -> name.matches("[0-9]+")).toList();
    assertEquals(List.of("1"), processes);
  }

  @Says({"config-linux/namespaces/network", "config-linux/namespaces/new"})
  void aNetworkNamespaceHasItsOwnInterfaces(Subject runtime) {
    isNew(runtime, plain(runtime), "network");
    assertEquals(List.of("lo"), plain(runtime).all("ls /sys/class/net:"));
  }

  @Says({"config-linux/namespaces/mount", "config-linux/namespaces/new"})
  void aMountNamespaceHasItsOwnMounts(Subject runtime) {
    isNew(runtime, plain(runtime), "mount");
    assertFalse(plain(runtime).toString().contains(" /sys/fs/cgroup "));
  }

  @Says({"config-linux/namespaces/ipc", "config-linux/namespaces/new"})
  void anIpcNamespaceIsItsOwn(Subject runtime) {
    isNew(runtime, plain(runtime), "ipc");
  }

  @Says({"config-linux/namespaces/uts", "config-linux/namespaces/new"})
  void aUtsNamespaceHasItsOwnHostName(Subject runtime) {
    isNew(runtime, plain(runtime), "uts");
    plain(runtime).says("hostname a-name");
    assertNotEquals("a-name", Shell.run("uname -n").ok().out().strip());
  }

  @Says({
    "config-linux/namespaces/user",
    "config-linux/namespaces/new",
    "config-linux/mappings/uid",
    "config-linux/mappings/gid"
  })
  void aUserNamespaceHasTheMappings(Subject runtime) {
    isNew(runtime, user(runtime), "user");
    user(runtime).says("uid 0 0 0").says("gid 0 0 0");
    assertEquals(
        "0 100000 2000",
        user(runtime).get("cat /proc/self/uid_map:").strip().replaceAll(" +", " "));
    assertEquals(
        "0 200000 2000",
        user(runtime).get("cat /proc/self/gid_map:").strip().replaceAll(" +", " "));
  }

  @Says("config-linux/mappings/owners")
  void theOwnersOfFilesAreNotChangedForIt(Subject runtime) {
    // The file is the host's root's, whom nobody in the namespace is.
    assertTrue(
        user(runtime).get("stat /etc/file").contains(" owner 65534:65534 "),
        user(runtime).toString());
  }

  @Says("config-linux/mappings/parts")
  void aMappingWithoutAPartIsRefused(Subject runtime) {
    runtime.refuses(mapped().set("linux.uidMappings", "[{containerID: 0, hostID: 100000}]"));
  }

  @Says({"config-linux/namespaces/cgroup", "config-linux/namespaces/new"})
  void aCgroupNamespaceShowsItsCgroupAsTheRoot(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain().add("linux.namespaces", "{type: cgroup}"),
            "namespaces",
            ",",
            "cat",
            "/proc/self/cgroup");
    isNew(runtime, report, "cgroup");
    for (String line : report.all("cat /proc/self/cgroup:")) {
      // Hierarchies that the runtime does not use are seen from where the caller is.
      assertFalse(line.contains("/oci-"), line);
    }
    assertTrue(
        report.all("cat /proc/self/cgroup:").stream()
            .anyMatch(line -> line.endsWith(":pids:/") || line.startsWith("0::/")),
        report.toString());
  }

  @Says({"config-linux/namespaces/time", "config-linux/time-offsets"})
  void aTimeNamespaceHasTheOffsets(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain()
                .add("linux.namespaces", "{type: time}")
                .set(
                    "linux.timeOffsets",
                    "{monotonic: {secs: 7200, nanosecs: 5}, boottime: {secs: 86400}}"),
            "namespaces",
            ",",
            "machine",
            ",",
            "cat",
            "/proc/self/timens_offsets");
    isNew(runtime, report, "time");
    long monotonic = Long.parseLong(report.get("monotonic"));
    long here = System.nanoTime() / 1_000_000_000L;
    assertTrue(Math.abs(monotonic - here - 7200) < 300, monotonic + " and here " + here);
    String offsets = report.all("cat /proc/self/timens_offsets:").toString();
    assertTrue(offsets.replaceAll(" +", " ").contains("monotonic 7200 5"), offsets);
    assertTrue(offsets.replaceAll(" +", " ").contains("boottime 86400 0"), offsets);
  }

  @Says("config-linux/namespaces/path-absolute")
  void aRelativePathIsRefused(Subject runtime) {
    runtime.refuses(
        Config.plain().without("uts").add("linux.namespaces", "{type: uts, path: \"ns/uts\"}"));
  }

  @Says("config-linux/namespaces/path")
  void aPathIsJoined(Subject runtime) {
    Shell.Running holder =
        runtime.view().start("exec unshare -uinC --kill-child -pf sh -c 'echo ready; read line'");
    try {
      String pid =
          Shell.run(
                  "for i in $(seq 100); do p=$(cat /proc/$1/task/$1/children); [ \"$p\" ]"
                      + " && echo $p && exit; sleep 0.1; done; exit 1",
                  holder.pid())
              .ok()
              .out()
              .strip();
      for (String type : List.of("uts", "ipc", "network", "pid", "cgroup")) {
        String path = "/proc/" + pid + "/ns/" + name(type);
        Report report =
            runtime.inside(
                Config.plain()
                    .without(type)
                    .add("linux.namespaces", "{type: " + type + ", path: \"" + path + "\"}"),
                "namespaces");
        String expected = Shell.run("readlink \"$1\"", path).ok().out().strip();
        report.says("ns " + name(type) + " " + expected);
      }
    } finally {
      holder.end();
    }
  }

  @Says("config-linux/namespaces/path-type")
  void aPathToAnotherTypeIsRefused(Subject runtime) {
    runtime.refuses(
        Config.plain()
            .without("uts")
            .add("linux.namespaces", "{type: uts, path: \"/proc/self/ns/net\"}"));
    runtime.refuses(
        Config.plain()
            .without("uts")
            .add("linux.namespaces", "{type: uts, path: \"/etc/passwd\"}"));
  }

  @Says("config-linux/namespaces/inherited")
  void aTypeThatIsNotListedIsTheRuntimes(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain().without("network").without("ipc").without("uts"), "namespaces");
    for (String type : List.of("net", "ipc", "uts", "user", "cgroup", "time")) {
      report.says("ns " + type + " " + runtime.view().namespace(type));
    }
  }

  @Says("config-linux/namespaces/twice")
  void aTypeThatIsListedTwiceIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().add("linux.namespaces", "{type: uts}"));
  }

  /** A pair of interfaces; the name of one of them, which is on the host, with an address. */
  private static String pair(Subject runtime) {
    String name = "oci" + Long.toString(System.nanoTime() % 100_000_000L, 36);
    Shell.Result made =
        runtime
            .view()
            .sh(
                "ip link add $1 type veth peer name $1p && ip address add 192.0.2.77/24 dev $1",
                name);
    assumeTrue(made.code() == 0, "no pair of interfaces can be made here");
    return name;
  }

  private static void unpair(String name) {
    Shell.run("ip link del $1p 2>/dev/null; ip link del $1 2>/dev/null; true", name);
  }

  private static Config moving(String device, String entry) {
    return Config.plain().set("linux.netDevices", "{\"" + device + "\": " + entry + "}");
  }

  @Says({
    "config-linux/net-devices/available",
    "config-linux/net-devices/name",
    "config-linux/net-devices/possible",
    "config-linux/net-devices/addresses",
    "config-linux/net-devices/up"
  })
  void aNetworkDeviceIsMovedWithItsAddressesAndUp(Subject runtime) {
    String device = pair(runtime);
    try {
      for (String name : List.of(device, "inside0")) {
        String entry = name.equals(device) ? "{}" : "{name: " + name + "}";
        Report report =
            runtime.inside(
                moving(device, entry),
                "ls",
                "/sys/class/net",
                ",",
                "cat",
                "/sys/class/net/" + name + "/flags",
                ",",
                "cat",
                "/proc/net/fib_trie");
        report.says("ls /sys/class/net: " + name);
        int flags = Integer.decode(report.get("cat /sys/class/net/" + name + "/flags:").strip());
        assertEquals(1, flags & 1, "it is down");
        assertTrue(report.toString().contains("192.0.2.77"), "it has no address");
        unpair(device);
        device = pair(runtime);
      }
    } finally {
      unpair(device);
    }
  }

  @Says("config-linux/net-devices/taken")
  void aNameThatIsTakenIsRefused(Subject runtime) {
    String device = pair(runtime);
    try {
      runtime.refuses(moving(device, "{name: lo}"));
    } finally {
      unpair(device);
    }
  }

  @Says("config-linux/net-devices/template")
  void aTemplateIsMadeUnique(Subject runtime) {
    String device = pair(runtime);
    try {
      runtime
          .inside(moving(device, "{name: \"made%d\"}"), "ls", "/sys/class/net")
          .says("ls /sys/class/net: made0");
    } finally {
      unpair(device);
    }
  }

  @Says("config-linux/net-devices/not-moved-back")
  void aDeviceStaysUntilItsNamespaceEnds(Subject runtime) throws IOException {
    String device = pair(runtime);
    Shell.Running holder = runtime.view().start("exec unshare -n sh -c 'read line'");
    try {
      String ns = "/proc/" + holder.pid() + "/ns/net";
      Shell.run(
              "for i in $(seq 100); do [ \"$(readlink $1)\" != \"$(readlink /proc/self/ns/net)\" ]"
                  + " && exit; sleep 0.1; done; exit 1",
              ns)
          .ok();
      Config config =
          moving(device, "{}")
              .without("network")
              .add("linux.namespaces", "{type: network, path: \"" + ns + "\"}");
      runtime.inside(config, "ls", "/sys/class/net").says("ls /sys/class/net: " + device);
      String left = Shell.run("nsenter -t $1 -n cat /proc/net/dev", holder.pid()).ok().out();
      assertTrue(left.contains(device + ":"), left);
      assertFalse(Files.exists(Path.of("/sys/class/net", device)));
    } finally {
      unpair(device);
      holder.end();
    }
  }
}
