package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Carafe and runc, side by side: what clients of runc see must be what they know. */
final class LikeRuncTest {
  /** Where the configuration names no cgroup, it is called after the id: so that must be unique. */
  private static final String ID = "like-runc-" + ProcessHandle.current().pid();

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before each test.
  private Ground ground;

  @BeforeEach
  void open() {
    ground = new Ground();
    assumeTrue(Shell.run("command -v runc").code() == 0, "runc is not installed");
  }

  @AfterEach
  void close() {
    Shell.run(
        "for id in $(runc --root \"$1\" list -q); do runc --root \"$1\" delete --force \"$id\"; done",
        runcRoot());
    ground.close();
  }

  private Path runcRoot() {
    return ground.path().resolve("runc-root");
  }

  private Shell.Result runc(Object... words) {
    List<Object> all = new ArrayList<>(List.of(runcRoot()));
    all.addAll(List.of(words));
    return Shell.run("root=$1; shift; exec runc --root \"$root\" \"$@\"", all.toArray());
  }

  private Shell.Result carafe(Object... words) {
    return ground.carafe(words);
  }

  /** Has a runtime write the configuration, and fills in a script as the program. */
  private Path bundleBy(String runtime, String script) throws IOException {
    Bundle made = ground.bundle("by-" + runtime);
    Path config = made.path().resolve("config.json");
    Files.delete(config);
    if (runtime.equals("runc")) {
      runc("spec", "--bundle", made.path()).ok();
    } else {
      carafe("spec", "--bundle", made.path()).ok();
    }
    String text =
        Files.readString(config)
            .replace("\"terminal\": true", "\"terminal\": false")
            .replace("\"sh\"", "\"/bin/sh\", \"-c\", " + Bundle.quote(script))
            .replaceAll("\"hostname\": \"[a-z]*\"", "\"hostname\": \"box\"");
    Files.writeString(config, text);
    return made.path();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo hello; echo oops >&2",
        "exit 7",
        "sh -c 'kill -9 $$'; exit $?",
        "cat; id; hostname; pwd; env; umask",
        "grep -E 'Cap|NoNewPrivs|Seccomp:|Groups' /proc/self/status",
        "ls -l /dev | sed 's/ [A-Z][a-z][a-z] .* / /'; ls -l /proc/self/fd | wc -l",
        "sed 's/^[^ ]* //; s/subvol=[^ ]*//' /proc/mounts | grep -v '^/sys/fs/cgroup' | cut -d' ' -f1",
        "ulimit -n; ulimit -Hn; touch /x; echo $?; cat /proc/sys/kernel/hostname",
        "for f in /proc/keys /proc/timer_list /proc/kcore; do cat $f; done; echo 1 >/proc/sys/kernel/x",
        "ls /sys/class/net; cat /proc/1/comm; set -- /proc/[0-9]*; echo $#",
      })
  void aBundleOfEitherGivesTheSameUnderBoth(String script) throws IOException {
    for (String by : List.of("carafe", "runc")) {
      Path bundle = bundleBy(by, script);
      Shell.Result ours =
          ground.sh("printf 'from outside\\n' | carafe run --bundle \"$1\" \"$2\"", bundle, ID);
      Shell.Result theirs =
          Shell.run(
              "printf 'from outside\\n' | runc --root \"$2\" run --bundle \"$1\" \"$3\"",
              bundle,
              runcRoot(),
              ID);
      assertEquals(theirs.out(), ours.out(), by);
      assertEquals(theirs.err(), ours.err(), by);
      assertEquals(theirs.code(), ours.code(), by);
    }
  }

  @Test
  void oneThatIsKilledGives128AndTheSignal() throws IOException {
    Path bundle = bundleBy("carafe", "while true; do sleep 1; done");
    Shell.Running ours = ground.start("exec carafe run --bundle \"$1\" \"$2\"", bundle, ID);
    awaitRunning();
    carafe("kill", ID, "KILL").ok();
    assertEquals(137, ours.end().code());
  }

  private void awaitRunning() {
    ground
        .sh(
            "for i in $(seq 300); do carafe state $1 2>/dev/null | grep -q '\"running\"' && exit 0;"
                + " sleep 0.1; done; exit 1",
            ID)
        .ok();
  }

  @Test
  void theStateIsTheSameAtEachStep() throws IOException {
    Path bundle = bundleBy("runc", "sleep 1000");
    Path pids = ground.directory("pids");
    create(bundle, pids);
    alike("state", ID);
    alike("list");
    alike("list", "-q");
    alike("list", "--format", "json");
    assertEquals(
        Files.readString(pids.resolve("ours")),
        field(carafe("state", ID).out(), "pid"),
        "the pid file and the state");
    alike("start", ID);
    alike("state", ID);
    alike("start", ID);
    alike("delete", ID);
    alike("create", "--bundle", bundle, ID);
    alike("kill", ID, "0");
    alike("kill", ID, "NOSUCH");
    alike("kill", ID, "SIGKILL");
    String stopped =
        "for i in $(seq 100); do \"$@\" state "
            + ID
            + " | grep -q stopped && exit 0; sleep 0.1; done; exit 1";
    ground.sh(stopped, "carafe").ok();
    Shell.run(stopped, "runc", "--root", runcRoot()).ok();
    alike("state", ID);
    alike("list");
    alike("kill", ID, "KILL");
    alike("kill", "--all", ID, "KILL");
    alike("start", ID);
    alike("delete", ID);
    alike("delete", ID);
    alike("delete", "--force", ID);
    alike("state", ID);
  }

  /** The container would keep our pipes open. */
  private void create(Path bundle, Path pids) {
    String script = "create --bundle \"$1\" --pid-file \"$2\" \"$3\" </dev/null >/dev/null 2>&1";
    ground.sh("carafe " + script, bundle, pids.resolve("ours"), ID).ok();
    Shell.run("runc --root \"$4\" " + script, bundle, pids.resolve("theirs"), ID, runcRoot()).ok();
  }

  @Test
  void theSameCommandLinesAreRefusedInTheSameWay() throws IOException {
    Path bundle = bundleBy("runc", "true");
    Path none = ground.directory("none");
    alike("list", "--format", "yaml");
    alike("list", "surplus");
    alike("list", "--nonsense");
    alike("--nonsense", "list");
    alike("--log-format", "xml", "list");
    alike("state");
    alike("state", ID, "two");
    alike("start", "nobody");
    alike("kill");
    alike("kill", "nobody", "KILL");
    alike("delete", "nobody");
    assertEquals(runc("delete").code(), carafe("delete").code());
    alike("create");
    alike("create", "--bundle");
    alike("create", "--preserve-fds=x", ID);
    alike("create", "--bundle", none, ID);
    alike("run", "--bundle", none, ID);
    alike("create", "--bundle", bundle, "a/b");
    alike("create", "--bundle", bundle, "a b");
    alike("kill", "--all=maybe", ID);
    alike("spec", "--nonsense");
    assertEquals(
        runc("spec", "--bundle", bundle).code(), carafe("spec", "--bundle", bundle).code());
    assertEquals(runc("nonsense").code(), carafe("nonsense").code());
  }

  @Test
  void aConsoleSocketWithoutADetachedTerminalIsRefused() throws IOException {
    Path bundle = bundleBy("runc", "sleep 1000");
    Path socket = ground.path().resolve("no-socket");
    alike("create", "--console-socket", socket, "--bundle", bundle, ID);
    alike("run", "--console-socket", socket, "--bundle", bundle, ID);
    alike("run", "--detach", "--console-socket", socket, "--bundle", bundle, ID);
    create(bundle, ground.directory("pids"));
    alike("start", ID);
    alike("exec", "--console-socket", socket, ID, "true");
    alike("exec", "--detach", "--console-socket", socket, ID, "true");
    alike("exec", "--tty", "--console-socket", socket, ID, "true");
    Path config = bundle.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"terminal\": false", "\"terminal\": true"));
    alike("run", "--console-socket", socket, "--bundle", bundle, ID + "-2");
    runc("delete", "--force", ID).ok();
    carafe("delete", "--force", ID).ok();
  }

  @Test
  void aProgramThatCannotBeStartedIsToldInTheSameWords() throws IOException {
    Path bundle = bundleBy("runc", "true");
    Path config = bundle.resolve("config.json");
    String text = Files.readString(config);
    Shell.run("echo x >\"$1/rootfs/bin/plain\"", bundle).ok();
    for (String program : List.of("nowhere", "/bin/nowhere", "/bin", "/bin/plain", "plain")) {
      Files.writeString(
          config, text.replace("\"/bin/sh\", \"-c\", \"true\"", Bundle.quote(program)));
      Shell.Result theirs = runc("run", "--bundle", bundle, ID);
      Shell.Result ours = carafe("run", "--bundle", bundle, ID);
      assertEquals(theirs.code(), ours.code(), program);
      // Ours may say more, but these are what clients look for.
      for (String words : List.of("executable file not found in $PATH", "permission denied")) {
        assertEquals(theirs.err().contains(words), ours.err().contains(words), ours.err());
      }
    }
  }

  @Test
  void theLogIsWhereClientsLookForIt() throws IOException {
    for (String format : List.of("json", "text")) {
      Path theirs = ground.path().resolve("runc." + format);
      Path ours = ground.path().resolve("carafe." + format);
      Shell.Result runc = runc("--log", theirs, "--log-format", format, "state", "nobody");
      Shell.Result carafe = carafe("--log", ours, "--log-format", format, "state", "nobody");
      assertEquals(runc.code(), carafe.code());
      assertEquals(runc.err(), carafe.err());
      assertEquals(timeless(Files.readString(theirs)), timeless(Files.readString(ours)));
    }
    assertEquals(1, carafe("--log", "/no/where", "state", "nobody").code());
  }

  @Test
  void theVersionHasTheLinesThatDockerReads() {
    String ours = carafe("--version").ok().out();
    assertTrue(ours.matches("carafe version [0-9.]+\ncommit: \\S+\nspec: 1\\.3\\.0\n(?s).*"), ours);
    assertEquals(ours, carafe("-v").ok().out());
  }

  @Test
  void everyPartOfTheFeaturesIsThere() {
    List<String> ours = names(carafe("features").ok().out());
    for (String name : names(runc("features").ok().out())) {
      // What is not built in has no lists.
      boolean filter = List.of("actions", "operators", "archs", "annotations").contains(name);
      assertTrue(ours.contains(name) || filter || name.contains("."), name + " is missing");
    }
  }

  /** Runs a command line under both. Paths of containers' roots and times may differ, no more. */
  private void alike(Object... words) {
    Shell.Result theirs = runc(words);
    Shell.Result ours = carafe(words);
    String line = List.of(words).toString();
    assertEquals(theirs.code(), ours.code(), line + theirs.err() + ours.err());
    assertEquals(neutral(theirs.err()), neutral(ours.err()), line);
    if (theirs.out().startsWith("Incorrect Usage")) {
      assertTrue(ours.out().startsWith("Incorrect Usage"), line);
    } else {
      assertEquals(neutral(theirs.out()), neutral(ours.out()), line);
    }
  }

  private static String timeless(String text) {
    return text.replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+(Z|[+-][0-9:]+)", "TIME");
  }

  private static String neutral(String text) {
    return timeless(text)
        .replaceAll("\"pid\": ?[1-9][0-9]*", "PID")
        .replaceAll("(?m)^(" + ID + " +)[1-9][0-9]* ", "$1PID ")
        .replaceAll(" {2,}", "  ")
        .replaceAll("runc (create|run) failed: ", "")
        .replace("runc: ", "carafe: ")
        .replace(" if runc will ", " if carafe will ")
        // runc's `state` leaves the owner out, its `list` does not.
        .replaceAll("\"owner\": \"[a-z]*\"", "OWNER");
  }

  private static String field(String json, String name) {
    for (String line : json.split("\n", -1)) {
      if (line.strip().startsWith("\"" + name + "\": ")) {
        return line.strip().replaceAll("^[^:]*: |,$", "");
      }
    }
    throw new AssertionError(name + " is missing in " + json);
  }

  private static List<String> names(String json) {
    List<String> names = new ArrayList<>();
    for (String line : json.split("\n", -1)) {
      String stripped = line.strip();
      if (stripped.matches("\"[^\"]*\": .*")) {
        names.add(stripped.substring(1, stripped.indexOf('"', 1)));
      }
    }
    return names;
  }
}
