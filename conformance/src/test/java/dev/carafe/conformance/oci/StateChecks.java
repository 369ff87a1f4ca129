package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** runtime.md: State. */
final class StateChecks {

  /** One container's life: its state at each step. */
  private record Life(Box box, JsonObject created, JsonObject running, JsonObject stopped) {}

  private static Life life(Subject runtime) {
    return runtime.once(
        "life",
        () -> {
          try (Box box =
              runtime.create(
                  Config.plain()
                      .set("annotations", "{\"com.example.key\": \"a value\", \"empty\": \"\"}")
                      .program("create", "/running", "yes", ",", "hold"))) {
            JsonObject created = box.state();
            box.start().ok();
            box.await("running", "yes");
            JsonObject running = box.state();
            JsonObject stopped = box.stop().state();
            return new Life(box, created, running, stopped);
          }
        });
  }

  private static List<JsonObject> steps(Subject runtime) {
    Life life = life(runtime);
    return List.of(life.created(), life.running(), life.stopped());
  }

  @Says("runtime/state/oci-version")
  void itNamesAVersionOfTheSpecification(Subject runtime) {
    for (JsonObject state : steps(runtime)) {
      String version = state.get("ociVersion").getAsString();
      assertTrue(version.matches("1\\.[0-9]+\\.[0-9]+(-.*)?"), version);
    }
  }

  @Says({"runtime/state/id", "runtime/query-state/returns"})
  void itNamesTheContainer(Subject runtime) {
    for (JsonObject state : steps(runtime)) {
      assertEquals(life(runtime).box().id(), state.get("id").getAsString());
    }
  }

  @Says("runtime/state/id-unique")
  void anIdThatIsTakenMakesNoSecondContainer(Subject runtime) {
    try (Box box = runtime.create(Config.plain().program("hold"))) {
      int pid = box.pid();
      assertTrue(box.create().code() != 0, "a second one was made");
      assertEquals(pid, box.pid());
      assertEquals("created", box.status());
    }
  }

  @Says({"runtime/state/status", "runtime/state/status-values", "runtime/state/status-more"})
  void theStatusIsCreatedThenRunningThenStopped(Subject runtime) {
    assertEquals(
        List.of("created", "running", "stopped"),
        steps(runtime).stream().map(state -> state.get("status").getAsString()).toList());
  }

  @Says("runtime/state/pid")
  void thePidIsTheProcessAsTheHostSeesIt(Subject runtime) {
    Config config = Config.plain().program("create", "/running", "yes", ",", "hold");
    try (Box box = runtime.create(config)) {
      int pid = box.pid();
      box.start().ok();
      box.await("running", "yes");
      assertEquals(pid, box.pid());
      String line = Box.read(Path.of("/proc/" + pid + "/cmdline"));
      assertTrue(line.startsWith("/bin/inspect\0create\0/running"), line);
    }
  }

  @Says("runtime/state/bundle")
  void theBundleIsAnAbsolutePath(Subject runtime) {
    for (JsonObject state : steps(runtime)) {
      assertEquals(
          life(runtime).box().bundle().toAbsolutePath().toString(),
          state.get("bundle").getAsString());
    }
  }

  @Says("runtime/state/annotations")
  void theAnnotationsAreThere(Subject runtime) {
    for (JsonObject state : steps(runtime)) {
      JsonObject annotations = state.getAsJsonObject("annotations");
      assertEquals("a value", annotations.get("com.example.key").getAsString());
      assertEquals("", annotations.get("empty").getAsString());
    }
  }

  @Says("runtime/state/annotations-none")
  void withoutAnnotationsThereAreNone(Subject runtime) {
    try (Box box = runtime.create(Config.plain())) {
      JsonObject state = box.state();
      assertTrue(!state.has("annotations") || state.getAsJsonObject("annotations").isEmpty());
    }
  }

  @Says("runtime/state/schema")
  void theJsonHasTheTypesOfTheSchema(Subject runtime) {
    for (JsonObject state : steps(runtime)) {
      for (String name : List.of("ociVersion", "id", "status", "bundle")) {
        assertTrue(state.getAsJsonPrimitive(name).isString(), name);
      }
      assertTrue(state.get("pid").getAsJsonPrimitive().isNumber());
      assertTrue(state.get("pid").getAsInt() >= 0);
      for (Map.Entry<String, JsonElement> each : state.getAsJsonObject("annotations").entrySet()) {
        assertTrue(each.getValue().getAsJsonPrimitive().isString(), each.getKey());
      }
    }
  }
}
