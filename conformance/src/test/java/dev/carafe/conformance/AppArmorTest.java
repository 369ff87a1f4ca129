package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** AppArmor profiles, with a kernel that enforces them. */
@Tag("vm")
final class AppArmorTest {
  private static final String ID = "confined";

  /** Two profiles, of which each forbids another file and nothing else. */
  private static final String PROFILES =
      """
      profile carafe-test-one flags=(attach_disconnected) {
        file, capability, network, signal, ptrace, unix, mount, umount, pivot_root,
        deny /tmp/one w,
      }
      profile carafe-test-two flags=(attach_disconnected) {
        file, capability, network, signal, ptrace, unix, mount, umount, pivot_root,
        deny /tmp/two w,
      }
      """;

  private static final String LOOK =
      "cat /proc/self/attr/current; for f in one two; do echo x >/tmp/$f && echo wrote $f; done; :";

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets them before each test.
  private Ground ground;

  @SuppressWarnings("NullAway.Init")
  private Bundle bundle;

  @BeforeEach
  void open() {
    ground = new Ground();
    assumeTrue(
        Files.exists(Path.of("/sys/kernel/security/apparmor/profiles")),
        "this kernel has no AppArmor");
    bundle = ground.bundle("bundle");
  }

  @AfterEach
  void close() {
    ground.carafe("delete", "--force", ID);
    ground.close();
  }

  private void runDetached() {
    bundle.args("sleep", "1000");
    ground
        .sh(
            "exec carafe run --detach --bundle \"$1\" \"$2\" </dev/null >\"$3\" 2>&1",
            bundle.path(),
            ID,
            ground.path().resolve("out"))
        .ok();
  }

  private Shell.Result exec(String... flags) {
    return ground.sh(
        "exec carafe exec " + String.join(" ", flags) + " \"$1\" sh -c \"$2\"", ID, LOOK);
  }

  private static void assertConfined(Shell.Result result, String by, String wrote, String not) {
    assertEquals(by + " (enforce)\nwrote " + wrote + "\n", result.ok().out(), result.err());
    assertTrue(result.err().contains("/tmp/" + not + ": Permission denied"), result.err());
  }

  @Test
  void theProfileIsInForceInTheContainerAndInWhatIsExecutedInIt() throws Exception {
    Path profiles = ground.path().resolve("profiles");
    Files.writeString(profiles, PROFILES);
    Shell.run("exec apparmor_parser --skip-cache --add \"$1\"", profiles).ok();
    try {
      bundle.process("apparmorProfile", "\"carafe-test-one\"").script(LOOK);
      Shell.Result run = ground.carafe("run", "--bundle", bundle.path(), ID);
      assertConfined(run, "carafe-test-one", "two", "one");
      runDetached();
      assertConfined(exec(), "carafe-test-one", "two", "one");
      assertConfined(exec("--apparmor", "carafe-test-two"), "carafe-test-two", "one", "two");
      ground.carafe("delete", "--force", ID).ok();
    } finally {
      Shell.run("exec apparmor_parser --remove \"$1\"", profiles).ok();
    }
  }

  @Test
  void aProfileThatIsNotLoadedIsRefusedByName() {
    String refusal = "unable to apply apparmor profile carafe-test-missing";
    bundle.process("apparmorProfile", "\"carafe-test-missing\"");
    Shell.Result create = ground.carafe("create", "--bundle", bundle.path(), ID).refused();
    assertTrue(create.err().contains(refusal), create.err());
    assertEquals(List.of(), ground.ids());
    bundle.process("apparmorProfile", "\"\"");
    runDetached();
    Shell.Result exec = exec("--apparmor", "carafe-test-missing");
    assertTrue(exec.err().contains(refusal), exec.err());
    assertEquals("", exec.out());
    assertEquals(255, exec.code());
  }
}
