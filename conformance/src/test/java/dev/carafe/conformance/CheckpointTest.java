package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checkpoints and restores by a real CRIU. */
@Tag("vm")
final class CheckpointTest {
  private static final String SOCKET = "/tmp/counter.sock";

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets them before each test.
  private Ground ground;

  @SuppressWarnings("NullAway.Init")
  private Bundle bundle;

  @BeforeEach
  void open() {
    ground = new Ground();
    bundle = counting("bundle");
  }

  @AfterEach
  void close() {
    for (String id : ground.ids()) {
      ground.carafe("delete", "--force", id);
    }
    ground.close();
  }

  private Bundle counting(String name) {
    Bundle made = ground.bundle(name);
    Shell.run("cp \"$1\" \"$2\"", Ground.tool("counter"), made.in("bin/counter")).ok();
    return made.linux("maskedPaths", "[\"/proc/kcore\", \"/proc/driver\", \"/none\"]")
        .linux("readonlyPaths", "[\"/proc/sys\"]")
        .mount("/data", "bind", ground.directory("data").toString(), "bind", "ro")
        .args("/bin/counter", "serve", SOCKET);
  }

  private void detached(String command) {
    ground
        .sh(
            "carafe " + command + " </dev/null >\"$1\" 2>&1 || { cat \"$1\"; exit 1; }",
            ground.path().resolve("out"))
        .ok();
  }

  private String ask(String id) {
    return ground.carafe("exec", id, "/bin/counter", "ask", SOCKET).ok().out().strip();
  }

  private String status(String id) {
    return ground
        .sh("carafe state \"$1\" | sed -n 's/.*\"status\": \"\\(.*\\)\".*/\\1/p'", id)
        .ok()
        .out()
        .strip();
  }

  @Test
  void aCountersCheckpointGoesOnWithTheNextNumberInTwoRestoredContainers() throws Exception {
    Path hooks = ground.path().resolve("hooks");
    String hook = "[{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"echo %s >>" + hooks + "\"]}]";
    Bundle second = counting("second");
    second.top(
        "hooks",
        "{\"prestart\":"
            + hook.formatted("prestart")
            + ",\"createRuntime\":"
            + hook.formatted("createRuntime")
            + ",\"poststart\":"
            + hook.formatted("poststart")
            + ",\"poststop\":"
            + hook.formatted("poststop")
            + "}");
    second.linux("resources", "{\"pids\":{\"limit\":77}}");
    detached("run --detach --bundle " + bundle.path() + " first");
    assertEquals("1", ask("first"));
    assertEquals("2", ask("first"));
    Path images = ground.path().resolve("images");
    ground
        .carafe(
            "checkpoint", "--image-path", images, "--work-path", ground.path() + "/work", "first")
        .ok();
    assertTrue(Files.exists(ground.path().resolve("work/dump.log")));
    assertEquals(List.of(), ground.ids(), "it is ended, and its id is free");

    detached("restore --detach --bundle " + bundle.path() + " --image-path " + images + " first");
    Path pidFile = ground.path().resolve("pid");
    detached(
        "restore --detach --bundle "
            + second.path()
            + " --image-path "
            + images
            + " --pid-file "
            + pidFile
            + " second");
    assertEquals("3", ask("first"));
    assertEquals("3", ask("second"));
    assertEquals("4", ask("second"));

    assertEquals("running", status("second"));
    String pid = Files.readString(pidFile);
    String cgroup = Files.readString(Path.of("/proc/" + pid + "/cgroup")).strip();
    assertTrue(cgroup.endsWith("/second"), cgroup);
    assertEquals(
        "77",
        Files.readString(Path.of("/sys/fs/cgroup" + cgroup.substring(3), "pids.max")).strip());
    assertEquals("prestart\ncreateRuntime\npoststart\n", Files.readString(hooks));
    ground.carafe("kill", "second", "KILL").ok();
    ground.carafe("wait", "second").ok();
    ground.carafe("delete", "second").ok();
    assertEquals("prestart\ncreateRuntime\npoststart\npoststop\n", Files.readString(hooks));
    assertEquals("4", ask("first"), "the other one goes on");
  }

  @Test
  void aTerminalIsJoinedAgainAndTheExitCodeComesBack() throws Exception {
    bundle.process("terminal", "true");
    bundle.script("i=0; while :; do i=$((i+1)); echo n$i; sleep 1; done");
    Path images = ground.path().resolve("images");
    Path before = ground.path().resolve("before");
    Path after = ground.path().resolve("after");
    String inTerminal = "exec setsid script -qfc \"$1\" \"$2\" </dev/null >/dev/null 2>&1";
    Shell.Running run =
        ground.start(inTerminal, "carafe run --bundle " + bundle.path() + " shown", before);
    try {
      await(before, "n2");
      ground.carafe("checkpoint", "--image-path", images, "shown").ok();
    } finally {
      run.stop();
    }
    Path code = ground.path().resolve("code");
    Shell.Running restore =
        ground.start(
            inTerminal,
            "carafe restore --bundle "
                + bundle.path()
                + " --image-path "
                + images
                + " shown; echo $? >"
                + code,
            after);
    try {
      await(after, "n");
      assertFalse(Files.readString(after).matches("(?s).*n1\\R.*"), "it goes on");
      ground.carafe("kill", "shown", "KILL").ok();
      await(code, "137");
      assertEquals(List.of(), ground.ids());
    } finally {
      restore.stop();
    }
  }

  private static void await(Path file, String text) {
    Shell.run(
            "for i in $(seq 300); do grep -qs \"$2\" \"$1\" && exit; sleep 0.1; done;"
                + " cat \"$1\"; exit 1",
            file,
            text)
        .ok();
  }

  @Test
  void whatCannotBeDumpedGoesOnAndTheErrorNamesTheLineOfTheLog() {
    // A file lock, which CRIU takes only when it is told to.
    bundle.args("/bin/counter", "lock", "/tmp/lock");
    detached("run --detach --bundle " + bundle.path() + " locked");
    await(bundle.in("tmp/lock"), "locked");
    Path images = ground.path().resolve("images");
    Shell.Result refused = ground.carafe("checkpoint", "--image-path", images, "locked").refused();
    assertTrue(refused.err().contains("cannot checkpoint container"), refused.err());
    assertTrue(refused.err().matches("(?s).*/images/dump\\.log:[0-9]+: .*lock.*"), refused.err());
    assertEquals("running", status("locked"));

    ground
        .carafe("checkpoint", "--file-locks", "--leave-running", "--image-path", images, "locked")
        .ok();
    assertEquals("running", status("locked"));
    ground.carafe("checkpoint", "--pre-dump", "--image-path", images + "-pre", "locked").ok();
    assertFalse(Files.exists(Path.of(images + "-pre/pstree.img")), "memory only");
    assertEquals("running", status("locked"));
    assertEquals(List.of("locked"), ground.ids());
  }
}
