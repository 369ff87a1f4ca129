package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.carafe.conformance.Ground;
import dev.carafe.conformance.Shell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The hooks, in runtime.md's Lifecycle and in config.md. */
final class HookChecks {
  private static final List<String> KINDS =
      List.of(
          "prestart",
          "createRuntime",
          "createContainer",
          "startContainer",
          "poststart",
          "poststop");

  /**
   * A container with two hooks of each kind, from create to delete.
   *
   * @param box the container
   * @param log the directory where each hook has left what it saw
   * @param atCreate which hooks had run when create returned
   * @param atStart which when start returned
   * @param atDelete which when delete returned
   */
  private record Life(
      Box box, Path log, List<String> atCreate, List<String> atStart, List<String> atDelete) {

    Report of(String hook) {
      return Report.of(Box.read(log.resolve(hook)));
    }
  }

  private static String hook(String path, Path log, String name) {
    JsonObject hook = new JsonObject();
    hook.addProperty("path", path);
    hook.add(
        "args",
        Config.array(
            List.of(
                "called-" + name,
                "to",
                log + "/" + name,
                ",",
                "args",
                ",",
                "env",
                ",",
                "namespaces",
                ",",
                "machine",
                ",",
                "stat",
                "/",
                ",",
                "stdin",
                ",",
                "to",
                log + "/order",
                ",",
                "say",
                name)));
    hook.add("env", Config.array(List.of("NAME=" + name, "EMPTY=")));
    return hook.toString();
  }

  private static Life life(Subject runtime) {
    return runtime.once(
        "hooks",
        () -> {
          Path log = runtime.directory();
          Config config =
              Config.plain()
                  .text("hostname", "inside")
                  .set("annotations", "{\"com.example\": \"hook\"}")
                  .mount("/log", "bind", log.toString(), "bind")
                  .program("to", "/log/order", ",", "say", "program", ",", "hold");
          for (String kind : KINDS) {
            boolean inside = kind.equals("startContainer");
            String path = inside ? "/bin/inspect" : Ground.tool("inspect").toString();
            for (String number : List.of("1", "2")) {
              config.add(
                  "hooks." + kind, hook(path, inside ? Path.of("/log") : log, kind + number));
            }
          }
          try (Box box = runtime.create(config)) {
            List<String> atCreate = order(log);
            box.start().ok();
            List<String> atStart = order(log);
            box.stop().delete().ok();
            return new Life(box, log, atCreate, atStart, order(log));
          }
        });
  }

  /** Returns which hooks have run; the program, which nobody waits for, is left out. */
  private static List<String> order(Path log) {
    return Box.read(log.resolve("order")).lines().filter(l -> !l.equals("program")).toList();
  }

  private static void ran(Life life, String kind) {
    for (String number : List.of("1", "2")) {
      assertTrue(life.atDelete().contains(kind + number), life.atDelete().toString());
    }
  }

  @Says({
    "runtime/lifecycle/3-invoked",
    "config/hooks/prestart-path",
    "config/hooks/prestart-namespace"
  })
  void prestartHooksRunOutside(Subject runtime) {
    runsOutside(runtime, "prestart");
  }

  @Says({
    "runtime/lifecycle/4-invoked",
    "config/hooks/createRuntime-path",
    "config/hooks/createRuntime-namespace"
  })
  void createRuntimeHooksRunOutside(Subject runtime) {
    runsOutside(runtime, "createRuntime");
  }

  @Says({
    "runtime/lifecycle/9-invoked",
    "config/hooks/poststart-path",
    "config/hooks/poststart-namespace"
  })
  void poststartHooksRunOutside(Subject runtime) {
    runsOutside(runtime, "poststart");
  }

  @Says({
    "runtime/lifecycle/13-invoked",
    "config/hooks/poststop-path",
    "config/hooks/poststop-namespace"
  })
  void poststopHooksRunOutside(Subject runtime) {
    runsOutside(runtime, "poststop");
  }

  private static void runsOutside(Subject runtime, String kind) {
    Life life = life(runtime);
    ran(life, kind);
    for (String type : List.of("mnt", "net", "uts", "ipc", "pid")) {
      life.of(kind + "1").says("ns " + type + " " + runtime.view().namespace(type));
    }
  }

  @Says({
    "runtime/lifecycle/5-invoked",
    "config/hooks/createContainer-path",
    "config/hooks/createContainer-namespace"
  })
  void createContainerHooksAreFoundOutsideAndRunInside(Subject runtime) {
    runsInside(runtime, "createContainer");
  }

  @Says({
    "runtime/lifecycle/7-invoked",
    "config/hooks/startContainer-path",
    "config/hooks/startContainer-namespace"
  })
  void startContainerHooksAreFoundAndRunInside(Subject runtime) {
    runsInside(runtime, "startContainer");
    life(runtime).of("startContainer1").says("hostname inside");
  }

  private static void runsInside(Subject runtime, String kind) {
    Life life = life(runtime);
    ran(life, kind);
    Report peer = life.of("createRuntime1");
    Report hook = life.of(kind + "1");
    for (String type : List.of("mnt", "net", "uts", "ipc", "pid")) {
      assertFalse(hook.has("ns " + type + " " + runtime.view().namespace(type)), type);
      hook.says("ns " + type + " " + peer.get("peer ns/" + type));
    }
  }

  @Says({"config/hooks/order", "config/hooks/prestart-first", "config/hooks/createContainer-after"})
  void theyRunInTheOrderOfTheListAndOfTheirKinds(Subject runtime) {
    List<String> expected =
        KINDS.stream().flatMap(kind -> List.of(kind + "1", kind + "2").stream()).toList();
    assertEquals(expected, life(runtime).atDelete());
  }

  @Says("config/hooks/state")
  void eachGetsTheState(Subject runtime) {
    Life life = life(runtime);
    for (String kind : KINDS) {
      JsonObject state = Config.parse(life.of(kind + "2").get("stdin")).getAsJsonObject();
      assertEquals(life.box().id(), state.get("id").getAsString());
      assertEquals(life.box().bundle().toString(), state.get("bundle").getAsString());
      assertEquals("hook", state.getAsJsonObject("annotations").get("com.example").getAsString());
      assertTrue(state.get("ociVersion").getAsString().startsWith("1."));
      String status =
          switch (kind) {
            case "poststart" -> "running";
            case "poststop" -> "stopped";
            case "startContainer" -> "created";
            default -> "creating";
          };
      assertEquals(status, state.get("status").getAsString(), kind);
    }
  }

  @Says({"runtime/state/pid-hooks", "runtime/state/pid-inside"})
  void eachGetsThePidAsItSeesIt(Subject runtime) {
    Life life = life(runtime);
    // The container's mount namespace tells that it is the right process.
    String mounts = life.of("createContainer1").get("ns mnt");
    for (String kind : List.of("prestart", "createRuntime", "poststart")) {
      life.of(kind + "1").says("peer ns/mnt " + mounts);
    }
    for (String kind : List.of("createContainer", "startContainer")) {
      JsonObject state = Config.parse(life.of(kind + "1").get("stdin")).getAsJsonObject();
      assertEquals(1, state.get("pid").getAsInt(), kind);
    }
  }

  @Says("config/hooks/args")
  void argsAreTheArgumentsFromTheFirstOn(Subject runtime) {
    for (String kind : KINDS) {
      life(runtime).of(kind + "1").says("arg 0 called-" + kind + "1").says("arg 1 to");
    }
  }

  @Says("config/hooks/env")
  void envIsTheEnvironment(Subject runtime) {
    for (String kind : KINDS) {
      Report report = life(runtime).of(kind + "1");
      report.says("env NAME=" + kind + "1").says("env EMPTY=");
      assertTrue(report.find("env PATH").isEmpty());
      assertTrue(report.all("env").size() == 2, report.all("env").toString());
    }
  }

  @Says({
    "config/hooks/prestart-when",
    "config/hooks/createRuntime-when",
    "config/hooks/createContainer-when"
  })
  void createRunsThemInItsEnvironmentBeforeTheRootIsChanged(Subject runtime) {
    Life life = life(runtime);
    for (String kind : List.of("prestart", "createRuntime", "createContainer")) {
      assertTrue(life.atCreate().contains(kind + "2"), life.atCreate().toString());
    }
    for (String kind : List.of("prestart", "createRuntime")) {
      Report report = life.of(kind + "1");
      for (String type : List.of("mnt", "net", "uts", "ipc", "pid")) {
        String peer = report.get("peer ns/" + type);
        assertFalse(peer.equals(runtime.view().namespace(type)), kind + " " + peer);
      }
      // The first process still has the root of the host.
      String[] root = report.get("peer root").split(" ", -1);
      assertTrue(report.get("stat /").contains(" on " + root[0] + " inode " + root[1] + " "), kind);
    }
    // One that is found outside and runs inside can only have been run before the change.
    assertFalse(life.of("createContainer1").get("stat /").isEmpty());
  }

  @Says("config/hooks/startContainer-when")
  void startRunsThemBeforeTheProgram(Subject runtime) {
    Life life = life(runtime);
    assertFalse(life.atCreate().contains("startContainer1"), life.atCreate().toString());
    List<String> order = Box.read(life.log().resolve("order")).lines().toList();
    assertTrue(order.contains("startContainer2"), order.toString());
    assertTrue(order.indexOf("startContainer2") < order.indexOf("program"), order.toString());
  }

  @Says("config/hooks/poststart-when")
  void startReturnsWhenTheyHaveSeenTheProgram(Subject runtime) {
    Life life = life(runtime);
    assertFalse(life.atCreate().contains("poststart1"), life.atCreate().toString());
    assertTrue(life.atStart().contains("poststart2"), life.atStart().toString());
    assertTrue(life.of("poststart1").get("peer exe").endsWith("/bin/inspect"));
    assertTrue(life.of("poststart1").get("peer cmdline").startsWith("/bin/inspect to"));
  }

  @Says("config/hooks/poststop-when")
  void deleteReturnsWhenTheyHaveRun(Subject runtime) {
    Life life = life(runtime);
    assertFalse(life.atStart().contains("poststop1"), life.atStart().toString());
    assertTrue(life.atDelete().contains("poststop2"), life.atDelete().toString());
  }

  private static Config failing(String kind, Path log) {
    String path = kind.equals("startContainer") ? "/bin/inspect" : Ground.tool("inspect") + "";
    return Config.plain()
        .mount("/log", "bind", log.toString(), "bind")
        .add(
            "hooks." + kind,
            "{path: \""
                + path
                + "\", args: [inspect, to, \"/dev/null\","
                + " \",\", stdin, \",\", exit, \"7\"]}")
        .add(
            "hooks.poststop",
            "{path: \""
                + Ground.tool("inspect")
                + "\", args: [inspect, to, \""
                + log
                + "/after\", \",\", stdin, \",\", to, \""
                + log
                + "/order\", \",\", say, poststop]}")
        .program("to", "/log/order", ",", "say", "program", ",", "hold");
  }

  private static void createFails(Subject runtime, String kind) {
    Path log = runtime.directory();
    try (Box box = runtime.bundle(failing(kind, log))) {
      Shell.Result result = box.create();
      assertTrue(result.code() != 0, "create did not fail");
      gone(runtime, box);
      assertEquals("", Box.read(log.resolve("order")).replace("poststop\n", ""));
    }
  }

  private static void gone(Subject runtime, Box box) {
    assertTrue(runtime.call("state", box.id()).code() != 0, "the container is there");
    assertEquals("", runtime.view().sh("find /sys/fs/cgroup -name \"$1\"", box.id()).out());
  }

  @Says("runtime/lifecycle/3-fails")
  void aPrestartHookThatFailsEndsTheContainer(Subject runtime) {
    createFails(runtime, "prestart");
  }

  @Says("runtime/lifecycle/4-fails")
  void aCreateRuntimeHookThatFailsEndsTheContainer(Subject runtime) {
    createFails(runtime, "createRuntime");
  }

  @Says("runtime/lifecycle/5-fails")
  void aCreateContainerHookThatFailsEndsTheContainer(Subject runtime) {
    createFails(runtime, "createContainer");
  }

  @Says("runtime/lifecycle/7-fails")
  void aStartContainerHookThatFailsEndsTheContainer(Subject runtime) {
    Path log = runtime.directory();
    try (Box box = runtime.create(failing("startContainer", log))) {
      assertTrue(box.start().code() != 0, "start did not fail");
      gone(runtime, box);
      assertEquals("", Box.read(log.resolve("order")).replace("poststop\n", ""));
    }
  }

  @Says("runtime/lifecycle/9-fails")
  void aPoststartHookThatFailsEndsTheContainer(Subject runtime) {
    Path log = runtime.directory();
    try (Box box = runtime.create(failing("poststart", log))) {
      assertTrue(box.start().code() != 0, "start did not fail");
      gone(runtime, box);
    }
  }

  @Says("runtime/lifecycle/13-fails")
  void afterAPoststopHookThatFailsTheOthersRunAndDeleteGoesOn(Subject runtime) {
    Path log = runtime.directory();
    try (Box box = runtime.create(failing("poststop", log).program("exit", "0"))) {
      box.finish();
      box.delete().ok();
      gone(runtime, box);
      assertEquals("poststop\n", Box.read(log.resolve("order")));
    }
  }

  @Says("config/hooks/path-absolute")
  void aPathThatIsNotAbsoluteIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().add("hooks.createRuntime", "{path: \"true\"}"));
  }

  @Says("config/hooks/timeout")
  void aHookThatTakesTooLongIsGivenUp(Subject runtime) {
    Path done = runtime.directory().resolve("done");
    String tool = Ground.tool("inspect").toString();
    Config config =
        Config.plain()
            .add(
                "hooks.createRuntime",
                "{path: \""
                    + tool
                    + "\", timeout: 1, args: [inspect, sleep, \"6\", \",\", create,"
                    + " \""
                    + done
                    + "\", yes]}");
    try (Box box = runtime.bundle(config)) {
      assertTrue(box.create().code() != 0, "create did not fail");
      assertFalse(Files.exists(done), "the hook came to its end");
      gone(runtime, box);
    }
  }

  @Says("config/hooks/timeout-positive")
  void aTimeoutBelowZeroIsRefused(Subject runtime) {
    runtime.refuses(
        Config.plain()
            .add("hooks.createRuntime", "{path: \"" + Ground.tool("inspect") + "\", timeout: -1}"));
  }
}
