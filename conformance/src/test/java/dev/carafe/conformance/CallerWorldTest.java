package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the caller of the command line had is what the container's program gets. */
final class CallerWorldTest {
  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before any test.
  private static Ground ground;

  @SuppressWarnings("NullAway.Init")
  private static Bundle bundle;

  @BeforeAll
  static void makeBundle() {
    ground = new Ground();
    bundle = ground.bundle("bundle").args("/bin/probe");
  }

  @AfterAll
  static void remove() {
    ground.close();
  }

  /** Returns the program on the ground's root. */
  private static Path program() {
    return ground.wrapper().resolve("carafe");
  }

  private static Path caller() {
    return Ground.tool("caller");
  }

  /** Runs the probe by {@code carafe run}, with something before it. */
  private static List<String> run(String before) {
    return lines(
        ground
            .sh(before + " \"$3\" run -b \"$1\" world", bundle.path(), caller(), program())
            .ok()
            .out());
  }

  /** Runs the probe by {@code carafe create} and {@code start}, with something before the first. */
  private static List<String> create(String before, String flags) {
    String script =
        "("
            + before
            + " \"$3\" create "
            + flags
            + " -b \"$1\" world >\"$4\" 2>&1) && carafe start world"
            + " && while [ \"$(carafe state world | grep -c stopped)\" = 0 ]; do sleep 0.05; done;"
            + " carafe delete --force world; cat \"$4\"";
    return lines(
        ground
            .sh(script, bundle.path(), caller(), program(), ground.path().resolve("out"))
            .ok()
            .out());
  }

  private static List<String> lines(String text) {
    return text.lines().toList();
  }

  private static List<String> with(List<String> lines, String start) {
    return lines.stream().filter(l -> l.startsWith(start)).toList();
  }

  @Test
  void softAndHardLimits() {
    String limits =
        "ulimit -Sn 123; ulimit -Hn 4567; ulimit -Sc 1024; ulimit -Hc 2048; ulimit -Ss 4096;"
            + " ulimit -Sl 33; ulimit -Sv 9000000; ulimit -Su 5000; ulimit -Sf 100000; ulimit -St 77;"
            + " exec";
    for (List<String> lines : List.of(run(limits), create(limits, ""))) {
      assertTrue(lines.contains("limit 7 123 4567"), lines.toString());
      assertTrue(lines.contains("limit 4 1048576 2097152"), lines.toString());
      assertTrue(with(lines, "limit 3 4194304 ").size() == 1, lines.toString());
      assertTrue(with(lines, "limit 8 33792 ").size() == 1, lines.toString());
      assertTrue(with(lines, "limit 9 9216000000 ").size() == 1, lines.toString());
      assertTrue(with(lines, "limit 6 5000 ").size() == 1, lines.toString());
      assertTrue(with(lines, "limit 0 77 ").size() == 1, lines.toString());
      assertTrue(with(lines, "limit 1 102400000 ").size() == 1, lines.toString());
    }
  }

  @Test
  void untouchedLimitsAreTheCallersToo() {
    List<String> ours = lines(Shell.run("exec \"$1\"", Ground.tool("probe")).ok().out());
    assertEquals(with(ours, "limit"), with(run("exec"), "limit"));
  }

  @Test
  void blockedSignals() {
    assertEquals(
        List.of("blocked 10", "blocked 12", "blocked 15", "blocked 17", "blocked 40"),
        with(run("exec \"$2\" block 10 12 15 17 40 --"), "blocked"));
  }

  @Test
  void dispositions() {
    String ignoring = "trap '' INT QUIT USR1 PIPE HUP; exec";
    for (List<String> lines : List.of(run(ignoring), create(ignoring, ""))) {
      assertEquals(
          List.of("ignored 1", "ignored 2", "ignored 3", "ignored 10", "ignored 13"),
          with(lines, "ignored"));
      assertEquals(List.of(), with(lines, "blocked"));
    }
    assertEquals(List.of(), with(run("exec"), "ignored"));
  }

  @Test
  void affinityAndPriority() {
    for (String cpu : new String[] {"0", "1"}) {
      if (Runtime.getRuntime().availableProcessors() > Integer.parseInt(cpu)) {
        assertEquals(List.of("cpus " + cpu), with(run("exec taskset -c " + cpu), "cpus"));
      }
    }
    assertEquals(List.of("nice 7"), with(run("exec nice -n 7"), "nice"));
  }

  @Test
  void argumentsThatAreNotUtf8() {
    assertEquals(
        "ÿ\u0000þ\u0080é",
        ground
            .sh("exec carafe do -- printf \"$(printf '\\377')\\\\0\\\\376$(printf '\\200\\351')\"")
            .ok()
            .out());
    assertEquals(
        "\u00ff",
        ground.sh("carafe do -e \"X=$(printf '\\377')\" -- sh -c 'printf %s \"$X\"'").ok().out());
    assertEquals(
        "\u00fe",
        ground.sh("X=$(printf '\\376') carafe do -- sh -c 'printf %s \"$X\"'").ok().out());
  }

  @Test
  void aDirectoryWhoseNameIsNotUtf8() {
    ground
        .sh(
            "d=\"$2/$(printf 'b\\377 x')\"; cp -a \"$1\" \"$d\" && cd \"$d\" && carafe run world"
                + " && carafe run -b \"$d\" world && carafe create world"
                + " && carafe state world | grep -a bundle && carafe list && carafe start world"
                + " && carafe delete --force world",
            bundle.path(),
            ground.path())
        .ok();
  }

  @Test
  void emptyOddAndLongArguments() {
    Shell.Result result =
        ground.sh(
            "exec carafe do -- \"$1\" '' ' ' '--help' '-' '$HOME' '\n' \"$(head -c 130000 /dev/zero |"
                + " tr '\\0' x)\"",
            Ground.tool("probe"));
    List<String> lines = lines(result.ok().out());
    assertTrue(lines.contains("arg 1 "), result.out());
    assertTrue(lines.contains("arg 2 20"));
    assertTrue(lines.contains("arg 3 2d2d68656c70"));
    assertTrue(lines.contains("arg 6 0a"));
    assertTrue(lines.contains("arg 7 " + "78".repeat(130000)));
  }

  @Test
  void aLargeEnvironment() {
    Shell.Result result =
        ground.sh(
            "x=$(head -c 120000 /dev/zero | tr '\\0' y); i=0; while [ $i -lt 8 ];"
                + " do export BIG$i=$x; i=$((i+1)); done; exec carafe do -- \"$1\"",
            Ground.tool("probe"));
    assertEquals(8, with(lines(result.ok().out()), "env 120005 BIG").size());
  }

  @Test
  void noDescriptorsButTheStandardOnes() {
    String opened = "exec 3</dev/null 5>/dev/null 9</ 77</etc/passwd 200<>/dev/zero; exec";
    for (List<String> lines : List.of(run("exec"), run(opened), create(opened, ""))) {
      List<String> fds = with(lines, "fd ");
      assertEquals(3, fds.size(), fds.toString());
    }
  }

  @Test
  void preservedDescriptorsAndNoOthers() {
    String opened = "exec 3</etc/hostname 4</dev/null 5</dev/zero 6</ 9</dev/full; exec";
    List<String> lines = create(opened, "--preserve-fds 2");
    List<String> fds = with(lines, "fd ");
    assertEquals(5, fds.size(), fds.toString());
    assertTrue(fds.get(3).startsWith("fd 3 100000 "), fds.toString());
    assertTrue(fds.get(4).startsWith("fd 4 20000 "), fds.toString());
  }

  @Test
  void preservedDescriptorsThatAreNotOpenAreRefused() {
    Shell.Result result =
        ground.sh("carafe run --preserve-fds 2 -b \"$1\" world 3</dev/null", bundle.path());
    if (result.code() != 0) {
      result.refused();
    } else {
      assertEquals(4, with(lines(result.out()), "fd ").size(), result.out());
    }
  }

  /** While it is created: what the held process has open and can reach. */
  @Test
  void aCreatedContainerHasNothingOpenButTheStandardStreamsAndItsStartSocket() {
    Shell.Result result =
        ground.sh(
            "exec 3</etc/hostname 4</dev/null 9</ 77</etc/passwd;"
                + " carafe create --preserve-fds 1 --pid-file \"$2\" -b \"$1\" world </dev/null"
                + " >/dev/null 2>&1 3<&3 9<&9 || exit 9; p=$(cat \"$2\");"
                + " for f in /proc/$p/fd/*; do echo \"fd ${f##*/} $(readlink $f)\"; done;"
                + " echo \"cwd $(readlink /proc/$p/cwd)\"; echo \"exe $(readlink /proc/$p/exe)\";"
                + " echo \"root $(readlink /proc/$p/root)\";"
                + " awk '{ print \"map \" $6 }' /proc/$p/maps | sort -u;"
                + " ls /proc/$p/task | wc -l; sed 's/^/mount /' /proc/$p/mountinfo;"
                + " carafe delete world",
            bundle.path(),
            ground.path().resolve("pid"));
    List<String> lines = lines(result.ok().out());
    List<String> fds = with(lines, "fd ");
    assertEquals(
        List.of("fd 0 /dev/null", "fd 1 /dev/null", "fd 2 /dev/null", "fd 3 /etc/hostname"),
        fds.subList(0, 4));
    assertEquals(5, fds.size(), fds.toString());
    assertTrue(fds.get(4).contains(" socket:["), fds.toString());
    assertEquals(List.of("cwd /"), with(lines, "cwd"));
    assertEquals(List.of("exe /memfd:carafe (deleted)"), with(lines, "exe"));
    for (String map : with(lines, "map ")) {
      assertTrue(
          map.equals("map ") || map.startsWith("map [") || map.startsWith("map /memfd:carafe"),
          map);
    }
    for (String mount : with(lines, "mount ")) {
      assertFalse(mount.contains(".old") || mount.contains("/run/carafe"), mount);
    }
  }

  @Test
  void noDescriptorOfAJvmReachesAHook() {
    bundle.top(
        "hooks",
        "{\"createRuntime\":[{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"ls -l /proc/self/fd"
            + " >"
            + ground.path()
            + "/hook\"]}]}");
    try {
      run("exec 9</etc/passwd; exec");
      String seen = Shell.run("cat \"$1\"", ground.path().resolve("hook")).ok().out();
      assertFalse(seen.contains(".jar") || seen.contains("modules"), seen);
      assertFalse(seen.contains(" 9 ->"), seen);
    } finally {
      bundle.top("hooks", "{}");
    }
  }

  /** conmon's way. */
  @ParameterizedTest
  @ValueSource(strings = {"exit 0", "exit 7", "kill -9 $$", "kill -TERM $$; sleep 9", "exit 255"})
  void aSubreaperThatRunsCreateGetsTheFirstProcessAsItsChildAndItsExitStatus(String script) {
    Bundle ending =
        ground.bundle("reaped-" + Integer.toHexString(script.hashCode())).script(script);
    Path pidFile = ground.path().resolve("reaper.pid");
    // Without a pid namespace, so that a signal from itself reaches the first process.
    ending.linux("namespaces", "[{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"network\"}]");
    Shell.Result result =
        ground.sh(
            "c=\"$(command -v carafe)\"; \"$1\" reaper \"$2\" \"$c\" create --pid-file \"$2\""
                + " -b \"$3\" world -- \"$c\" start world; carafe delete world",
            caller(),
            pidFile,
            ending.path());
    String end =
        script.startsWith("exit")
            ? "exited " + script.substring(5)
            : script.startsWith("kill -9") ? "signalled 9" : "signalled 15";
    assertEquals(
        List.of("create 0", "child yes", "start 0", end, "others none"), lines(result.ok().out()));
  }

  @Test
  void theStreamsAreTheCallersVeryFiles() throws Exception {
    Path file = ground.path().resolve("stream");
    Files.writeString(file, "12345");
    Bundle reading =
        ground.bundle("reading").script("head -c 2; echo more >&2; stat -L -c %i /dev/stdin");
    Shell.Result result =
        ground.sh(
            "exec 4<\"$2\"; carafe run -b \"$1\" world <&4 2>>\"$2\"; cat <&4; stat -c %i \"$2\"",
            reading.path(), file);
    List<String> lines = lines(result.ok().out());
    assertTrue(result.out().startsWith("12"), result.out());
    assertTrue(result.out().contains("345more\n"), result.out());
    assertEquals(lines.getFirst().substring(2), lines.getLast());
  }
}
