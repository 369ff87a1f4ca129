package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.linux.Local;
import dev.carafe.runtime.hook.HookException;
import dev.carafe.runtime.hook.HookRunner;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.Hooks;
import dev.carafe.spec.OciState;
import dev.carafe.spec.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Hooks: where, when, with what, and what their failure does (config.md, POSIX-platform Hooks). */
final class HooksTest {
  private final TestBundle bundle = TestBundle.create();
  private final Path log = bundle.path().resolve("log");

  @AfterEach
  void remove() {
    bundle.close();
  }

  private static Hook sh(String script) {
    return new Hook("/bin/sh", List.of("sh", "-c", script), List.of(), OptionalInt.empty());
  }

  private static Hooks only(HookKind kind, Hook... hooks) {
    List<Hook> list = List.of(hooks);
    return new Hooks(
        kind == HookKind.PRESTART ? list : List.of(),
        kind == HookKind.CREATE_RUNTIME ? list : List.of(),
        kind == HookKind.CREATE_CONTAINER ? list : List.of(),
        kind == HookKind.START_CONTAINER ? list : List.of(),
        kind == HookKind.POSTSTART ? list : List.of(),
        kind == HookKind.POSTSTOP ? list : List.of());
  }

  private void hooks(HookKind kind, Hook... hooks) {
    bundle.edit(s -> s.hooks(only(kind, hooks)));
  }

  private String log() throws IOException {
    return Files.readString(log);
  }

  @Test
  void theyRunInTheirOrderAndNamespaces() throws IOException {
    String where = "; readlink /proc/self/ns/mnt /proc/self/ns/net; } >>" + log;
    bundle.edit(s ->
        s.hooks(
            new Hooks(
                List.of(sh("{ echo prestart 0" + where), sh("{ echo prestart 1" + where)),
                List.of(sh("{ echo createRuntime" + where)),
                List.of(sh("{ echo createContainer" + where)),
                List.of(sh("readlink /proc/self/ns/mnt; readlink /proc/self/ns/net")),
                List.of(),
                List.of())));
    bundle.sh("echo program");
    String mount = Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString();
    String net = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      String pid = Integer.toString(launch.process().pid());
      String ownMount = Files.readSymbolicLink(Path.of("/proc", pid, "ns/mnt")).toString();
      String ownNet = Files.readSymbolicLink(Path.of("/proc", pid, "ns/net")).toString();
      String host = "\n" + mount + "\n" + net + "\n";
      String inside = "\n" + ownMount + "\n" + ownNet + "\n";
      assertEquals(
          "prestart 0"
              + host
              + "prestart 1"
              + host
              + "createRuntime"
              + host
              + "createContainer"
              + inside,
          log());
      launch.start();
      // It runs in the container and writes to the container's own streams.
      assertEquals(ownMount + "\n" + ownNet + "\nprogram\n", launch.end().out());
    }
  }

  @Test
  void runtimeHooksFindTheMountsMadeAndTheRootNotYetChanged() throws IOException {
    String script =
        "pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/'); grep -c ' "
            + bundle.path()
            + "/rootfs/proc proc ' /proc/$pid/mounts >>"
            + log;
    for (HookKind kind : List.of(HookKind.PRESTART, HookKind.CREATE_RUNTIME)) {
      hooks(kind, sh(script));
      bundle.sh("exit 0");
      try (TestLaunch launch = new TestLaunch(bundle)) {
        launch.create();
      }
    }
    assertEquals("1\n1\n", log());
  }

  @Test
  void theyReadTheContainersState() throws IOException {
    bundle.edit(s -> s.annotations(Map.of("key", "value")));
    bundle.edit(s ->
        s.hooks(
            new Hooks(
                List.of(),
                List.of(sh("cat >>" + log)),
                List.of(sh("echo >>" + log + "; cat >>" + log)),
                List.of(sh("cat")),
                List.of(),
                List.of())));
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      String rest = ",\"bundle\":\"" + bundle.path() + "\",\"annotations\":{\"key\":\"value\"}}";
      String[] lines = log().split("\n", -1);
      String head = "{\"ociVersion\":\"1.3.0\",\"id\":\"test\",\"status\":";
      assertEquals(head + "\"creating\",\"pid\":" + launch.process().pid() + rest, lines[0]);
      assertEquals(head + "\"creating\",\"pid\":1" + rest, lines[1]);
      launch.start();
      assertEquals(head + "\"created\",\"pid\":1" + rest, launch.end().out());
    }
  }

  @Test
  void aCreateContainerHookSeesTheContainersMountsBeforeTheRootChanges() throws IOException {
    hooks(
        HookKind.CREATE_CONTAINER,
        sh(
            "grep -c ' "
                + bundle.rootfs()
                + "/proc ' /proc/self/mountinfo >"
                + log
                + "; pwd >>"
                + log));
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      assertEquals("1\n" + bundle.path() + "\n", log());
    }
  }

  @Test
  void theirArgumentsAndEnvironmentAreTheirOwn() throws IOException {
    hooks(
        HookKind.CREATE_RUNTIME,
        new Hook(
            "/bin/sh",
            List.of("argv0", "-c", "echo $0 $1 $A $HOME >" + log, "zero", "one"),
            List.of("A=b"),
            OptionalInt.empty()));
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      assertEquals("zero one b\n", log());
    }
  }

  private void createFails(HookKind kind, String words) {
    try (TestLaunch launch = new TestLaunch(bundle)) {
      HookException e = assertThrows(HookException.class, launch::create);
      assertTrue(
          TestLaunch.message(e).startsWith("error running " + kind.word() + " hook #"),
          e.getMessage());
      assertTrue(TestLaunch.message(e).contains(words), e.getMessage());
      assertFalse(Launcher.listens(launch.directory()));
      for (var known : launch.known) {
        assertFalse(known.isAlive());
      }
    }
  }

  @Test
  void oneThatFailsFailsTheCreateWithItsOutputAndStopsTheOthers() throws IOException {
    for (HookKind kind :
        List.of(HookKind.PRESTART, HookKind.CREATE_RUNTIME, HookKind.CREATE_CONTAINER)) {
      Files.deleteIfExists(log);
      hooks(kind, sh("true"), sh("echo out; echo err >&2; exit 3"), sh("touch " + log));
      createFails(kind, "exited with code 3, output: out\nerr");
      assertFalse(Files.exists(log));
    }
  }

  @Test
  void oneThatCannotBeExecutedFailsTheCreate() {
    for (HookKind kind : List.of(HookKind.PRESTART, HookKind.CREATE_CONTAINER)) {
      hooks(kind, new Hook("/no/such", List.of(), List.of(), OptionalInt.empty()));
      createFails(kind, "ENOENT");
    }
  }

  @Test
  void oneThatRunsTooLongIsKilled() {
    for (HookKind kind : List.of(HookKind.PRESTART, HookKind.CREATE_CONTAINER)) {
      hooks(kind, new Hook("/bin/sleep", List.of("sleep", "60"), List.of(), OptionalInt.of(1)));
      createFails(kind, "it ran past its time-out of 1 s");
    }
  }

  @Test
  void aStartContainerHookThatFailsFailsTheStart() {
    hooks(HookKind.START_CONTAINER, sh("exit 4"));
    try (TestLaunch launch = new TestLaunch(bundle.sh("echo never"))) {
      launch.create();
      CarafeException e = assertThrows(CarafeException.class, launch::start);
      assertTrue(
          TestLaunch.message(e)
              .startsWith("error running startContainer hook #0 (/bin/sh): exited with code 4"),
          e.getMessage());
      assertEquals("", launch.end().out());
    }
  }

  @Test
  void aStartContainerHookHasNoMoreRightsThanTheProgram() {
    hooks(HookKind.START_CONTAINER, sh("grep -E 'Cap|NoNew|Uid|Groups|Umask' /proc/self/status"));
    bundle.sh("grep -E 'Cap|NoNew|Uid|Groups|Umask' /proc/self/status");
    String both = TestLaunch.run(bundle).out();
    String half = both.substring(both.length() / 2);
    assertEquals(half + half, both);
    bundle.process(p -> p.user(User.of(1000, 1000)));
    both = TestLaunch.run(bundle).out();
    half = both.substring(both.length() / 2);
    assertEquals(half + half, both);
  }

  @Test
  void theOthersRunForTheContainerLayerInTheCallersWorld() throws IOException {
    OciState state =
        new OciState(
            "1.3.0",
            "id",
            "stopped",
            OptionalInt.empty(),
            "/bundle",
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    try (Caller caller = new JvmCaller()) {
      HookRunner runner = new HookRunner(caller.hookAgent(), Local.get());
      runner.run(HookKind.POSTSTOP, List.of(sh("cat >" + log)), state, List.of("PATH=/bin"), "/");
      assertEquals(
          "{\"ociVersion\":\"1.3.0\",\"id\":\"id\",\"status\":\"stopped\",\"bundle\":\"/bundle\"}",
          log());
      HookException e =
          assertThrows(
              HookException.class,
              () ->
                  runner.run(
                      HookKind.POSTSTART,
                      List.of(sh("kill -9 $$")),
                      state,
                      List.of("PATH=/bin"),
                      "/"));
      assertTrue(
          TestLaunch.message(e).contains("error running poststart hook #0 (/bin/sh): "),
          e.getMessage());
      // The agent is as it was after a failure.
      runner.run(HookKind.POSTSTOP, List.of(sh("pwd")), state, List.of("PATH=/bin"), "/");
    }
  }
}
