package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attacks that have worked on runtimes, and are not tried elsewhere: SECURITY.md has the whole
 * list. Each test looks at the host, not only at what the program says.
 */
final class KnownAttacksTest {
  private static final String ID = "attacked";

  private final Ground ground = new Ground();
  private final Bundle bundle = ground.bundle("bundle");

  @AfterEach
  void close() {
    ground.carafe("delete", "--force", ID).ok();
    ground.close();
  }

  private void up() {
    ground
        .sh(
            "carafe run -d -b \"$1\" \"$2\" </dev/null >\"$3/out\" 2>&1",
            bundle.path(),
            ID,
            ground.path())
        .ok();
  }

  /** Returns what the container has printed, once it has printed a text. */
  private String printed(String text) {
    return Shell.run(
            "for i in $(seq 200); do grep -q -- \"$2\" \"$1\" && exec cat \"$1\"; sleep 0.05;"
                + " done; cat \"$1\"; exit 1",
            ground.path().resolve("out"),
            text)
        .ok()
        .out();
  }

  /** The files of the program under test, with its libraries, cache and Java. */
  private static String sums() {
    return Shell.run(
            "sha256sum \"$1\"; d=$(dirname \"$(readlink -f \"$1\")\");"
                + " find -L \"$d\" -maxdepth 2 -type f ! -name '*.log' | sort | xargs sha256sum",
            Ground.program())
        .ok()
        .out();
  }

  private void placeLookout() throws IOException {
    Files.copy(Ground.tool("lookout"), bundle.in("bin/lookout"));
    bundle.args("/bin/lookout");
  }

  /** Has processes join until the look-out in the container has seen what joins on its way. */
  private List<String> whatJoiningShows() {
    up();
    String _ = printed("lookout ready");
    String seen = "";
    for (int i = 0; i < 60 && !seen.contains("carafe came"); i++) {
      ground.carafe("exec", ID, "/bin/true").ok();
      seen = Shell.run("cat \"$1\"", ground.path().resolve("out")).out();
    }
    assertTrue(seen.contains("carafe came"), "the agent was never seen: " + seen);
    return seen.lines().filter(line -> line.startsWith("carafe ")).toList();
  }

  /** CVE-2016-9962. */
  @Test
  void whatJoinsCannotBeLookedIntoNorTraced() throws IOException {
    placeLookout();
    // The container's root is the host's here, with the same number as the agent.
    assertEquals(List.of("carafe came "), whatJoiningShows().stream().distinct().toList());
  }

  /** CVE-2019-5736, by who may trace and open everything. */
  @Test
  void noFileOfTheRuntimeIsWithinReach() throws IOException {
    placeLookout();
    String caps =
        "[\"CAP_SYS_PTRACE\",\"CAP_SYS_ADMIN\",\"CAP_DAC_OVERRIDE\",\"CAP_DAC_READ_SEARCH\"]";
    bundle.process(
        "capabilities",
        "{\"bounding\":" + caps + ",\"effective\":" + caps + ",\"permitted\":" + caps + "}");
    String before = sums();
    for (String line : whatJoiningShows()) {
      assertFalse(line.contains(".jar"), line);
      assertFalse(line.contains(".aot"), line);
      assertFalse(line.contains("/jvm/"), line);
      assertFalse(line.contains("carafe.conf") || line.contains("libcarafe"), line);
      assertFalse(line.contains("exe-opened-for-writing"), line);
    }
    assertEquals(before, sums());
  }

  /** CVE-2022-29162 and CVE-2022-27650. */
  @Test
  void noCapabilityIsInheritableUnlessAsked() {
    bundle.script("grep ^Cap /proc/self/status; exec sleep 1000".replace("grep", "busybox grep"));
    up();
    String kill = "0000000000000020";
    String none = "0000000000000000";
    String sets =
        "CapInh:\t"
            + none
            + "\nCapPrm:\t"
            + kill
            + "\nCapEff:\t"
            + kill
            + "\nCapBnd:\t"
            + kill
            + "\nCapAmb:\t"
            + none
            + "\n";
    assertEquals(sets, printed("CapAmb"));
    assertEquals(
        sets, ground.carafe("exec", ID, "busybox", "grep", "^Cap", "/proc/self/status").ok().out());
  }

  /** CVE-2019-16884 and CVE-2025-52881: labels and sysctls are written through /proc. */
  @ParameterizedTest
  @ValueSource(strings = {"/proc", "/proc/self/attr", "/proc/sys/kernel", "/proc/sys/net"})
  void aFakeProcIsRefused(String place) {
    Path fake = ground.directory("fake");
    Shell.run("mkdir -p \"$1/self/attr\" && touch \"$1/self/attr/exec\"", fake).ok();
    bundle.mount(place, "bind", fake.toString(), "bind").script("true");
    ground.carafe("run", "-b", bundle.path(), ID).refused();
    bundle.mount(place, "tmpfs", "tmpfs");
    ground.carafe("run", "-b", bundle.path(), ID).refused();
    assertEquals("", Shell.run("cat \"$1/self/attr/exec\"", fake).ok().out());
  }

  /** CVE-2022-0811. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"kernel.shm_rmid_forced\":\"1+kernel.core_pattern=|/bin/x\"",
        "\"kernel.shm_rmid_forced\":\"1\\nkernel.core_pattern=|/bin/x\"",
        "\"kernel.core_pattern\":\"|/bin/x\"",
        "\"net/../kernel/core_pattern\":\"|/bin/x\"",
        "\"net.ipv4.ip_forward=1\\nkernel.core_pattern\":\"|/bin/x\"",
        "\"fs.mqueue./../../kernel/core_pattern\":\"|/bin/x\"",
      })
  void aSysctlCarriesNoOther(String sysctl) {
    String before = Shell.run("cat /proc/sys/kernel/core_pattern").ok().out();
    bundle.linux("sysctl", "{" + sysctl + "}").script("true");
    ground.carafe("run", "-b", bundle.path(), ID).refused();
    assertEquals(before, Shell.run("cat /proc/sys/kernel/core_pattern").ok().out());
  }

  private void sharePids() {
    bundle
        .linux("namespaces", "[{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"network\"}]")
        .script("sleep 98761 & echo up; exec sleep 98762");
    up();
    String _ = printed("up");
  }

  private String sleepers() {
    // What has ended and was not reaped has no command line any more.
    return Shell.run(
            "for d in /proc/[0-9]*; do c=$(tr '\\0' ' ' <$d/cmdline 2>/dev/null);"
                + " case $c in 'sleep 9876'*) echo \"$c\";; esac; done | sort")
        .ok()
        .out();
  }

  private void awaitStatus(String status) {
    ground
        .sh(
            "for i in $(seq 100); do carafe state \"$1\" | grep -q \"$2\" && exit 0; sleep 0.1;"
                + " done; exit 1",
            ID,
            status)
        .ok();
  }

  @Test
  void whatOutlivesTheFirstProcessInASharedPidNamespaceIsDeletedWithTheContainer() {
    sharePids();
    assertEquals("sleep 98761 \nsleep 98762 \n", sleepers());
    ground.carafe("kill", ID, "TERM").ok();
    awaitStatus("stopped");
    assertEquals("sleep 98761 \n", sleepers());
    ground.carafe("delete", ID).ok();
    assertEquals("", sleepers());
  }

  @Test
  void killEndsAllOfAContainerInASharedPidNamespace() {
    sharePids();
    ground.carafe("kill", ID, "KILL").ok();
    awaitStatus("stopped");
    assertEquals("", sleepers());
  }

  @Test
  void killEndsWhatOutlivesTheFirstProcessInASharedPidNamespace() {
    sharePids();
    ground.carafe("kill", ID, "TERM").ok();
    awaitStatus("stopped");
    ground.carafe("kill", ID, "KILL").ok();
    assertEquals("", sleepers());
    assertEquals(1, ground.carafe("kill", ID, "KILL").code());
  }

  /** A frozen process takes no signal on version 1. */
  @Test
  void aPausedContainerIsDeletedByForceAndLeavesNoFrozenCgroup() {
    bundle.script("echo up; exec sleep 98761");
    up();
    String _ = printed("up");
    ground.carafe("pause", ID).ok();
    ground.carafe("delete", "--force", ID).ok();
    assertEquals("", sleepers());
    assertEquals(
        "", Shell.run("find /sys/fs/cgroup -type d -name \"$1\" 2>/dev/null; :", ID).out());
    up();
    String _ = printed("up");
    assertEquals("sleep 98761 \n", sleepers());
  }
}
