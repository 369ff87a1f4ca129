package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code carafe events}, on cgroup v1 and v2, whichever the machine has. */
@Tag("also-vm")
final class EventsTest {
  private static final String ID = "events-" + ProcessHandle.current().pid();
  private static final String OTHER = ID + "-other";
  private static final Path TOP = Path.of("/sys/fs/cgroup");
  private static final int LIMIT = 32 << 20;

  /** Takes more memory than there may be, when the file go is there. */
  private static final String TAKE_ALL =
      "until [ -e /go ]; do sleep 0.1; done; exec dd if=/dev/zero of=/dev/null bs=100M count=1";

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before each test.
  private Ground ground;

  @BeforeEach
  void open() {
    ground = new Ground();
    assumeTrue(
        unified() || Files.exists(TOP.resolve("memory")), "the machine has no memory controller");
  }

  @AfterEach
  void close() {
    ground.carafe("delete", "--force", ID);
    ground.carafe("delete", "--force", OTHER);
    ground.close();
  }

  private static boolean unified() {
    return Files.exists(TOP.resolve("cgroup.controllers"));
  }

  private Bundle bundle(String id, int limit, String script) {
    return ground
        .bundle("bundle-" + id)
        .script(script)
        .linux("cgroupsPath", "\"/" + id + "\"")
        .linux(
            "resources",
            "{\"memory\":{\"limit\":"
                + limit
                + ",\"swap\":"
                + limit
                + "},\"pids\":{\"limit\":20}}");
  }

  private void up(Bundle bundle, String id) {
    String run = "exec carafe run --detach --bundle \"$1\" \"$2\" </dev/null >\"$3\" 2>&1";
    ground.sh(run, bundle.path(), id, ground.path().resolve("out")).ok();
  }

  /** Watches a container; what is printed is in a file, whose first line is there. */
  private Shell.Running watch(String id, String flags) throws Exception {
    Path out = file(id);
    Shell.Running watching =
        ground.start("exec carafe events " + flags + " \"$1\" >\"$2\" 2>&1", id, out);
    for (int i = 0; i < 600 && lines(id).isEmpty(); i++) {
      Thread.sleep(50);
    }
    assertFalse(lines(id).isEmpty(), "nothing was printed within 30 s");
    return watching;
  }

  private Path file(String id) {
    return ground.path().resolve("events-of-" + id);
  }

  private List<String> lines(String id) throws IOException {
    return Files.exists(file(id)) ? Files.readAllLines(file(id)) : List.of();
  }

  private JsonObject stats(String id) {
    String out = ground.carafe("events", "--stats", id).ok().out();
    assertEquals(1, out.lines().count(), out);
    JsonObject event = JsonParser.parseString(out).getAsJsonObject();
    assertEquals(List.of("type", "id", "data"), List.copyOf(event.keySet()));
    assertEquals("stats", event.get("type").getAsString());
    assertEquals(id, event.get("id").getAsString());
    return event.getAsJsonObject("data");
  }

  @Test
  void aContainerOf32MiBThatTakesMoreGivesAnOomEventAtOnceAndTheStreamEnds() throws Exception {
    Bundle bundle = bundle(ID, LIMIT, TAKE_ALL);
    up(bundle, ID);
    Shell.Running watching = watch(ID, "--interval 2s");
    Files.createFile(bundle.in("go"));
    watching.end().ok();
    List<String> lines = lines(ID);
    assertEquals("{\"type\":\"oom\",\"id\":\"" + ID + "\"}", lines.getLast(), lines.toString());
    assertTrue(lines.getFirst().startsWith("{\"type\":\"stats\",\"id\":\"" + ID + "\",\"data\":{"));
  }

  @Test
  void aContainerThatGoesOnAfterAProcessWasKilledIsWatchedOn() throws Exception {
    String script = "(" + TAKE_ALL + ") & wait; until [ -e /end ]; do sleep 0.1; done";
    Bundle bundle = bundle(ID, LIMIT, script);
    up(bundle, ID);
    Shell.Running watching = watch(ID, "--interval 300ms");
    Files.createFile(bundle.in("go"));
    String oom = "{\"type\":\"oom\",\"id\":\"" + ID + "\"}";
    for (int i = 0; i < 600 && !lines(ID).contains(oom); i++) {
      Thread.sleep(50);
    }
    int at = lines(ID).indexOf(oom);
    assertTrue(at > 0, lines(ID).toString());
    for (int i = 0; i < 600 && lines(ID).size() < at + 2; i++) {
      Thread.sleep(50);
    }
    Files.createFile(bundle.in("end"));
    watching.end().ok();
    List<String> lines = lines(ID);
    assertTrue(lines.getLast().startsWith("{\"type\":\"stats\""), lines.getLast());
    assertEquals(1, lines.stream().filter(oom::equals).count(), "one death, one event");
  }

  @Test
  void eventsPerContainerAreTheContainers() throws Exception {
    Bundle greedy = bundle(ID, LIMIT, TAKE_ALL);
    up(greedy, ID);
    up(bundle(OTHER, 2 * LIMIT, "sleep 1000"), OTHER);
    Shell.Running watching = watch(ID, "--interval 300ms");
    Shell.Running other = watch(OTHER, "--interval 300ms");
    Files.createFile(greedy.in("go"));
    watching.end().ok();
    int then = lines(OTHER).size();
    for (int i = 0; i < 600 && lines(OTHER).size() < then + 2; i++) {
      Thread.sleep(50);
    }
    ground.carafe("kill", OTHER, "KILL").ok();
    other.end().ok();
    for (String id : List.of(ID, OTHER)) {
      List<String> lines = lines(id);
      long limit = id.equals(ID) ? LIMIT : 2 * LIMIT;
      assertEquals(id.equals(ID), lines.toString().contains("\"oom\""), lines.toString());
      for (String line : lines) {
        JsonObject event = JsonParser.parseString(line).getAsJsonObject();
        assertEquals(id, event.get("id").getAsString());
        if (event.has("data")) {
          JsonObject memory = event.getAsJsonObject("data").getAsJsonObject("memory");
          assertEquals(limit, memory.getAsJsonObject("usage").get("limit").getAsLong(), line);
        }
      }
    }
  }

  @Test
  void aReaderThatGoesAwayEndsTheStream() {
    up(bundle(ID, LIMIT, "sleep 1000"), ID);
    Shell.Result result = ground.sh("carafe events --interval 50ms " + ID + " | head -n 2");
    assertEquals(2, result.ok().out().lines().count(), result.out());
  }

  @Test
  void whatIsUsedIsWhatTheCgroupCounts() throws Exception {
    up(bundle(ID, LIMIT, "sleep 1000 & sleep 1000 & wait"), ID);
    JsonObject data = stats(ID);
    assertEquals(3, data.getAsJsonObject("pids").get("current").getAsInt());
    assertEquals(20, data.getAsJsonObject("pids").get("limit").getAsInt());
    JsonObject memory = data.getAsJsonObject("memory");
    assertEquals(LIMIT, memory.getAsJsonObject("usage").get("limit").getAsLong());
    long used = memory.getAsJsonObject("usage").get("usage").getAsLong();
    String file = unified() ? "memory.current" : "memory/" + ID + "/memory.usage_in_bytes";
    Path path = unified() ? TOP.resolve(ID).resolve(file) : TOP.resolve(file);
    long counted = Long.parseLong(Files.readString(path).strip());
    assertTrue(Math.abs(used - counted) < 1 << 20, used + " is not near " + counted);
    assertTrue(data.getAsJsonObject("cpu").getAsJsonObject("usage").get("total").getAsLong() > 0);
  }

  @Test
  void theFieldsAreThoseOfRuncForAContainerOfTheSameKind() throws Exception {
    assumeTrue(Shell.run("command -v runc").code() == 0, "runc is not installed");
    // Long enough at work that no counter is 0, where a field is left out.
    String script = "i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done; exec sleep 1000";
    up(bundle(ID, LIMIT, script), ID);
    Bundle theirs = bundle(OTHER, LIMIT, script);
    Path root = ground.path().resolve("runc-root");
    String run = "runc --root \"$1\" run -d -b \"$2\" \"$3\" </dev/null >/dev/null 2>&1";
    Shell.run(run, root, theirs.path(), OTHER).ok();
    try {
      Thread.sleep(2000); // Both at rest.
      String printed =
          Shell.run("runc --root \"$1\" events --stats \"$2\"", root, OTHER).ok().out();
      JsonObject wanted = JsonParser.parseString(printed).getAsJsonObject();
      Set<String> fields = fields(stats(ID));
      Set<String> runcs = fields(wanted.getAsJsonObject("data"));
      // What runc has since 1.2, where this one is older.
      if (runcs.stream().noneMatch(each -> each.contains("psi"))) {
        fields.removeIf(each -> each.contains("psi"));
      }
      for (String each : List.of("memory.usage.max", "memory.swap.max")) {
        if (unified() && !(fields.contains(each) && runcs.contains(each))) {
          fields.remove(each);
          runcs.remove(each);
        }
      }
      assertEquals(runcs, fields);
    } finally {
      Shell.run("runc --root \"$1\" delete --force \"$2\"", root, OTHER);
    }
  }

  /** Returns the paths of all fields, but those that have values only by chance. */
  private static Set<String> fields(JsonObject object) {
    Set<String> all = new TreeSet<>();
    collect("", object, all);
    all.removeIf(each -> each.equals("memory.cache") || each.startsWith("blkio.io"));
    all.removeIf(each -> each.startsWith("cpu.throttling."));
    return all;
  }

  private static void collect(String path, JsonObject object, Set<String> to) {
    for (Map.Entry<String, JsonElement> each : object.entrySet()) {
      String name = path + each.getKey();
      to.add(name);
      if (each.getValue().isJsonObject()) {
        collect(name + ".", each.getValue().getAsJsonObject(), to);
      }
    }
  }

  @Test
  void pressureIsToldWhereTheKernelMeasuresIt() throws Exception {
    Bundle bundle = bundle(ID, LIMIT, "while :; do :; done & while :; do :; done & wait");
    bundle.linux("resources", "{\"cpu\":{\"quota\":20000,\"period\":100000}}");
    up(bundle, ID);
    Path file = TOP.resolve(ID).resolve("cpu.pressure");
    boolean measured = false;
    if (unified() && Files.exists(file)) {
      measured = Shell.run("cat \"$1\"", file).code() == 0;
    }
    if (!measured) {
      assertFalse(stats(ID).toString().contains("psi"), "nothing is invented");
      assumeTrue(false, "no pressure of cgroups is measured here");
    }
    Thread.sleep(1000); // Time in which they wait for their quota.
    JsonObject data = stats(ID);
    for (String each : List.of("cpu", "memory", "blkio")) {
      JsonObject some = data.getAsJsonObject(each).getAsJsonObject("psi").getAsJsonObject("some");
      assertEquals(List.of("avg10", "avg60", "avg300", "total"), List.copyOf(some.keySet()));
    }
    JsonObject cpu = data.getAsJsonObject("cpu");
    long total = cpu.getAsJsonObject("psi").getAsJsonObject("some").get("total").getAsLong();
    assertTrue(total > 0, cpu.toString());
    assertTrue(cpu.getAsJsonObject("throttling").get("throttledPeriods").getAsLong() > 0);
  }

  @Test
  void theWordsAreThoseOfRunc() {
    List<String> wrong = new ArrayList<>();
    wrong.add(ground.carafe("events", ID).refused().err());
    up(bundle(ID, LIMIT, "exit 0"), ID);
    ground.carafe("wait", ID).ok();
    wrong.add(ground.carafe("events", ID).refused().err());
    wrong.add(ground.carafe("events", "--stats", ID).refused().err());
    wrong.add(ground.carafe("events", "--interval", "0s", ID).refused().err());
    assertTrue(wrong.get(0).contains("container does not exist"), wrong.get(0));
    String stopped = "container with id " + ID + " is not running";
    assertTrue(wrong.get(1).contains(stopped), wrong.get(1));
    assertTrue(wrong.get(2).contains(stopped), wrong.get(2));
    assertTrue(wrong.get(3).contains("duration interval must be greater than 0"), wrong.get(3));
  }
}
