package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code --systemd-cgroup}, with a systemd that really runs. */
@Tag("vm")
final class SystemdCgroupTest {
  private static final Path TOP = Path.of("/sys/fs/cgroup");

  /** What differs from unit to unit, or is the order of a list. */
  private static final String OWN =
      "Timestamp|^(Id|Names|InvocationID|FragmentPath|DropInPaths|ControlGroup|ControlGroupId"
          + "|Description|CPUUsageNSec|MemoryCurrent|MemoryAvailable|NeedDaemonReload|TasksCurrent"
          + "|IO[A-Z][A-Za-z]*(Bytes|Operations)|StartupMemory[A-Za-z]*)=";

  /** What a limit is in {@code linux.resources}, each with a property of the unit. */
  private static final String LIMITS =
      "{\"memory\":{\"limit\":67108864,\"reservation\":33554432,\"swap\":67108864},"
          + "\"cpu\":{\"shares\":1024,\"quota\":25000,\"period\":50000,\"cpus\":\"0\"},"
          + "\"pids\":{\"limit\":20}}";

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets them before each test.
  private Ground ground;

  @SuppressWarnings("NullAway.Init")
  private Bundle bundle;

  @BeforeEach
  void open() {
    assumeTrue(Files.isDirectory(Path.of("/run/systemd/system")), "systemd is not process 1 here");
    ground = new Ground();
    bundle = ground.bundle("bundle").args("sleep", "1000");
  }

  @AfterEach
  void close() {
    ground.close();
  }

  private Bundle at(String cgroupsPath) {
    return bundle.linux("cgroupsPath", Bundle.quote(cgroupsPath));
  }

  private static void needLimits() throws Exception {
    String controllers = read("cgroup.controllers");
    assumeTrue(controllers.contains("memory"), "cgroup v2 has only these here: " + controllers);
  }

  private Shell.Result carafe(Object... words) {
    return ground.sh("exec carafe --systemd-cgroup \"$@\"", words);
  }

  /** Starts a container in the background, without our streams. */
  private void run(String id) {
    ground
        .sh(
            "exec carafe --systemd-cgroup --log \"$3\" run --detach --bundle \"$1\" \"$2\" </dev/null"
                + " >/dev/null 2>&1 || cat \"$3\" >&2",
            bundle.path(),
            id,
            ground.path().resolve("log"))
        .ok();
  }

  private static String show(String unit, String property) {
    return Shell.run("systemctl show --value -p \"$2\" \"$1\"", unit, property).ok().out().strip();
  }

  private static String read(String path) throws Exception {
    return Files.readString(TOP.resolve(path)).strip();
  }

  private static Set<String> properties(String unit) {
    return new TreeSet<>(
        Shell.run("systemctl show \"$1\" | grep -v -E \"$2\"", unit, OWN)
            .ok()
            .out()
            .lines()
            .toList());
  }

  @Test
  void theUnitHasTheSamePropertiesAsUnderRunc() throws Exception {
    needLimits();
    assumeTrue(Shell.run("command -v runc").code() == 0, "runc is not installed");
    Path runcRoot = ground.directory("runc-root");
    at("cmp-same.slice:pre:theirs").linux("resources", LIMITS);
    Shell.run(
            "exec runc --root \"$1\" --systemd-cgroup run -d --bundle \"$2\" theirs </dev/null"
                + " >/dev/null 2>&1",
            runcRoot,
            bundle.path())
        .ok();
    try {
      at("cmp-same.slice:pre:ours");
      run("ours");
      Set<String> theirs = properties("pre-theirs.scope");
      Set<String> ours = properties("pre-ours.scope");
      // Ours is forgotten also after it has failed, is told of a limit that leaves no swap, and of
      // devices that are not there yet. Shares are counted as by newer releases of runc.
      for (String each :
          List.of(
              "CollectMode=", "MemorySwapMax=", "DeviceAllow=/dev/char/10:200 ", "CPUWeight=")) {
        theirs.removeIf(line -> line.startsWith(each));
        ours.removeIf(line -> line.startsWith(each));
      }
      assertEquals(String.join("\n", theirs), String.join("\n", ours));
      carafe("delete", "--force", "ours").ok();
    } finally {
      Shell.run("runc --root \"$1\" delete --force theirs", runcRoot).ok();
      Shell.run("systemctl stop cmp-same.slice cmp.slice").ok();
    }
  }

  @Test
  void limitsAreInTheUnitAndInTheFiles() throws Exception {
    needLimits();
    at("lim.slice:pre:limits").linux("resources", LIMITS);
    run("limits");
    String unit = "pre-limits.scope";
    assertEquals("lim.slice", show(unit, "Slice"));
    assertEquals("67108864", show(unit, "MemoryMax"));
    assertEquals("33554432", show(unit, "MemoryLow"));
    assertEquals("0", show(unit, "MemorySwapMax"));
    assertEquals("500ms", show(unit, "CPUQuotaPerSecUSec"));
    assertEquals("50ms", show(unit, "CPUQuotaPeriodUSec"));
    assertEquals("100", show(unit, "CPUWeight"));
    assertEquals("0", show(unit, "AllowedCPUs"));
    assertEquals("20", show(unit, "TasksMax"));
    assertEquals("yes", show(unit, "Delegate"));
    String at = "lim.slice/pre-limits.scope/";
    assertEquals("67108864", read(at + "memory.max"));
    assertEquals("25000 50000", read(at + "cpu.max"));
    assertEquals("0", read(at + "cpuset.cpus"));
    assertEquals("20", read(at + "pids.max"));
    Shell.run("systemctl daemon-reload").ok();
    assertEquals("25000 50000", read(at + "cpu.max"));
    assertEquals("67108864", read(at + "memory.max"));
    ground.carafe("update", "--pids-limit", "30", "limits").ok();
    assertEquals("30", show(unit, "TasksMax"));
    assertEquals("30", read(at + "pids.max"));
    assertEquals("67108864", show(unit, "MemoryMax"));
    carafe("delete", "--force", "limits").ok();
    assertFalse(Files.exists(TOP.resolve(at)));
    assertEquals("not-found", show(unit, "LoadState"));
    Shell.run("systemctl stop lim.slice").ok();
  }

  @Test
  void itIsPausedKilledAndDeletedByOtherProcesses() throws Exception {
    at("system.slice:pre:paused");
    run("paused");
    carafe("pause", "paused").ok();
    assertEquals("1", read("system.slice/pre-paused.scope/cgroup.freeze"));
    // Without the flag: what is stored says that systemd made it.
    ground.carafe("delete", "--force", "paused").ok();
    assertEquals("not-found", show("pre-paused.scope", "LoadState"));
    run("paused");
    carafe("kill", "paused", "KILL").ok();
    ground
        .sh(
            "for i in $(seq 100); do carafe state paused | grep -q stopped && exit 0; sleep 0.1; done; exit 1")
        .ok();
    carafe("delete", "paused").ok();
    assertEquals("not-found", show("pre-paused.scope", "LoadState"));
  }

  @Test
  void withoutAPathItIsAScopeOfTheSystemSlice() {
    bundle
        .args("/bin/cat", "/proc/self/cgroup")
        .top("hostname", "\"\"")
        .linux("namespaces", "[{\"type\":\"mount\"},{\"type\":\"pid\"}]");
    Shell.Result result = carafe("run", "--bundle", bundle.path(), "plain").ok();
    assertTrue(result.out().contains("0::/system.slice/carafe-plain.scope\n"), result.out());
    assertEquals("not-found", show("carafe-plain.scope", "LoadState"));
  }

  @Test
  void aUnitInUseIsRefusedAndNotTouchedAndOneThatFailedIsReplaced() {
    String unit = "pre-stale.scope";
    Shell.Running used =
        Shell.start("exec systemd-run --quiet --scope --unit=\"$1\" sleep 1000", unit);
    try {
      Shell.run(
              "for i in $(seq 300); do systemctl -q is-active \"$1\" && exit 0; sleep 0.1; done; exit 1",
              unit)
          .ok();
      at("system.slice:pre:stale");
      Shell.Result refused = carafe("create", "--bundle", bundle.path(), "stale");
      assertEquals(1, refused.code());
      assertTrue(refused.err().contains("systemd has a unit " + unit + " already"), refused.err());
      assertEquals("active", show(unit, "ActiveState"));
      assertEquals("", String.join(" ", ground.ids()));
    } finally {
      // The process ends by itself; the scope goes with it.
      Shell.run("kill \"$1\"", used.pid()).ok();
    }
    assertEquals(143, used.end().code());
    run("stale");
    carafe("delete", "--force", "stale").ok();
  }

  @Test
  void annotationsAreProperties() {
    at("system.slice:pre:noted")
        .top(
            "annotations",
            "{\"org.systemd.property.TimeoutStopSec\":\"uint64 7\","
                + "\"org.systemd.property.Documentation\":\"['https://example.org/']\"}");
    run("noted");
    assertEquals("7s", show("pre-noted.scope", "TimeoutStopUSec"));
    assertEquals("https://example.org/", show("pre-noted.scope", "Documentation"));
    carafe("delete", "--force", "noted").ok();
    for (String wrong : new String[] {"Foo\":\"[", "NoSuchProperty\":\"1", "x/y\":\"1"}) {
      bundle.top("annotations", "{\"org.systemd.property." + wrong + "\"}");
      Shell.Result refused = carafe("create", "--bundle", bundle.path(), "noted");
      assertEquals(1, refused.code());
      assertEquals("", String.join(" ", ground.ids()));
    }
    assertEquals("not-found", show("pre-noted.scope", "LoadState"));
  }

  @Test
  void aUnitOfThatNameInAnotherSliceIsLeftAlone() {
    at("carafeone.slice:same:name");
    run("first");
    at("carafetwo.slice:same:name");
    Shell.Result second = carafe("create", "--bundle", bundle.path(), "second").refused();
    assertTrue(
        second
            .err()
            .contains("a unit same-name.scope already, in /carafeone.slice/same-name.scope"),
        second.err());
    assertEquals("active", show("same-name.scope", "ActiveState"));
    carafe("delete", "--force", "first").ok();
  }

  @Test
  void aUnitThatIsSomebodyElsesByNowOutlivesTheContainer() {
    at("system.slice:pre:lost");
    run("lost");
    ground.carafe("kill", "lost", "KILL").ok();
    String unit = "pre-lost.scope";
    Shell.run(
            "for i in $(seq 300); do systemctl -q is-active \"$1\" || exit 0; sleep 0.1; done; exit 1",
            unit)
        .ok();
    Shell.Running theirs =
        Shell.start(
            "exec systemd-run --quiet --scope --slice=carafeother.slice --unit=\"$1\" sleep 1000",
            unit);
    try {
      Shell.run(
              "for i in $(seq 300); do systemctl -q is-active \"$1\" && exit 0; sleep 0.1; done; exit 1",
              unit)
          .ok();
      ground.carafe("delete", "lost").ok();
      assertEquals("active", show(unit, "ActiveState"));
    } finally {
      Shell.run("kill \"$1\"", theirs.pid()).ok();
    }
    assertEquals(143, theirs.end().code());
    Shell.run("systemctl stop carafeother.slice").ok();
  }

  @Test
  void inAPidNamespaceWhereSystemdIsNotItIsRefused() {
    at("system.slice:pre:nested");
    Shell.Result refused =
        ground.sh(
            "exec unshare --pid --fork --mount-proc carafe --systemd-cgroup run --bundle \"$1\" nested",
            bundle.path());
    assertEquals(1, refused.code(), refused.err());
    assertTrue(refused.err().contains("another pid namespace"), refused.err());
    assertEquals("", String.join(" ", ground.ids()));
    assertEquals("not-found", show("pre-nested.scope", "LoadState"));
  }

  @Test
  void aPathThatSystemdDoesNotHaveIsRefused() {
    for (String path : new String[] {"/a/b", "a:b", "a-.slice:b:c", "a/b.slice:c:d", "x:b:c"}) {
      Shell.Result refused = carafe("create", "--bundle", at(path).path(), "wrong").refused();
      assertTrue(refused.err().contains("linux.cgroupsPath"), refused.err());
    }
  }

  /**
   * As a user who has logged in does it: from a scope of his own systemd, since only within what is
   * delegated to him he may move processes (cgroups(7)).
   */
  @Test
  void aUserExecsPausesAndLimitsInACgroupOfHisOwnSystemd() {
    assumeTrue(Files.isDirectory(Path.of("/run/user/1000/systemd")), "user 1000 has no systemd");
    Path home = ground.directory("home");
    Bundle his = new Bundle(home.resolve("bundle"));
    his.args("/bin/sleep", "1000").top("hostname", "\"\"");
    his.linux(
        "namespaces",
        "[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"user\"},{\"type\":\"cgroup\"}]");
    his.linux("uidMappings", "[{\"containerID\":0,\"hostID\":1000,\"size\":1}]");
    his.linux("gidMappings", "[{\"containerID\":0,\"hostID\":1000,\"size\":1}]");
    his.linux("resources", "{\"memory\":{\"limit\":67108864}}");
    his.mounts("[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}]");
    String script =
        "set -e; c() { \"$carafe\" --root \"$home/state\" --systemd-cgroup \"$@\"; };"
            + " c run -d -b \"$home/bundle\" his </dev/null >/dev/null 2>\"$home/err\""
            + "   || { cat \"$home/err\" >&2; exit 1; };"
            + " at=/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service;"
            + " at=$at/user.slice/carafe-his.scope; cat $at/memory.max;"
            + " c exec his sh -c 'echo inside; sed s/^0::// /proc/self/cgroup';"
            + " c pause his; cat $at/cgroup.freeze; c resume his; cat $at/cgroup.freeze;"
            + " c update --pids-limit 30 his; cat $at/pids.max;"
            + " c delete --force his; [ ! -e $at ] && echo gone";
    Shell.Result result =
        Shell.run(
            "chown -R 1000:1000 \"$1\"; cd \"$1\"; exec setpriv --reuid 1000 --regid 1000"
                + " --init-groups env XDG_RUNTIME_DIR=/run/user/1000 home=\"$1\" carafe=\"$2\""
                + " systemd-run --user --scope --quiet bash -c \"$3\"",
            home,
            Ground.program(),
            script);
    // His systemd would keep the slice.
    Shell.run(
            "exec setpriv --reuid 1000 --regid 1000 --init-groups env XDG_RUNTIME_DIR=/run/user/1000"
                + " systemctl --user stop user.slice")
        .ok();
    assertEquals("67108864\ninside\n/\n1\n0\n30\ngone\n", result.ok().out(), result.err());
  }

  @Test
  void aUserHasItMadeByHisOwnSystemd() {
    assumeTrue(Files.isDirectory(Path.of("/run/user/1000/systemd")), "user 1000 has no systemd");
    Path home = ground.directory("home");
    String rootless =
        "chown -R 1000:1000 \"$1\"; cd \"$1\"; exec setpriv --reuid 1000 --regid 1000 --init-groups"
            + " env XDG_RUNTIME_DIR=/run/user/1000 \"$2\" --root \"$1/state\" --systemd-cgroup";
    Bundle his = new Bundle(home.resolve("bundle"));
    his.args("/bin/cat", "/proc/self/cgroup").top("hostname", "\"\"");
    his.linux("namespaces", "[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"user\"}]");
    his.linux("uidMappings", "[{\"containerID\":0,\"hostID\":1000,\"size\":1}]");
    his.linux("gidMappings", "[{\"containerID\":0,\"hostID\":1000,\"size\":1}]");
    his.linux("resources", "{\"pids\":{\"limit\":20},\"memory\":{\"limit\":67108864}}");
    his.mounts("[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}]");
    Shell.Result result =
        Shell.run(rootless + " run --bundle \"$1/bundle\" mine", home, Ground.program()).ok();
    assertTrue(
        result
            .out()
            .contains(
                "/user.slice/user-1000.slice/user@1000.service/user.slice/carafe-mine.scope\n"),
        result.out());
    // His systemd would keep the slice.
    Shell.run(
            "exec setpriv --reuid 1000 --regid 1000 --init-groups env XDG_RUNTIME_DIR=/run/user/1000"
                + " systemctl --user stop user.slice")
        .ok();
    assertFalse(
        Files.exists(
            TOP.resolve(
                "user.slice/user-1000.slice/user@1000.service/user.slice/carafe-mine.scope")));
  }
}
