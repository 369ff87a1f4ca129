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
import org.junit.jupiter.params.provider.CsvSource;

/** What somebody who types {@code carafe do} or {@code carafe run} expects of any program. */
final class ForegroundTest {
  /**
   * Starts {@code $1} on a terminal; when its first line has come, types {@code $2} and prints what
   * comes then, and the exit code.
   */
  private static final String TYPE =
      """
      coproc script -qec "$1" /dev/null
      in=${COPROC[1]} out=${COPROC[0]} pid=$COPROC_PID
      read -r -u $out line
      printf "$2" >&$in
      cat <&$out
      wait $pid
      echo "code $?"
      """;

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before any test.
  private static Ground ground;

  @BeforeAll
  static void open() {
    ground = new Ground();
  }

  @AfterAll
  static void nothingIsLeft() {
    ground.close();
  }

  private static String type(String command, String keys) {
    return ground.sh(TYPE, command, keys).ok().out().replace("\r", "");
  }

  @Test
  void controlCEndsAProgramThatDoesNotKnowOfIt() {
    String out = type("carafe do -- sh -c 'echo ready; exec sleep 1000'", "\\003");
    assertTrue(out.endsWith("code 130\n"), out);
    out = type("carafe do -- sh -c 'echo ready; exec sleep 1000'", "\\034");
    assertTrue(out.endsWith("code 131\n"), out);
    assertEquals(List.of(), ground.ids());
  }

  @Test
  void controlCIsToldOnceToAProgramThatHandlesIt() throws Exception {
    Path script = ground.path().resolve("handles");
    Files.writeString(
        script,
        "trap 'echo got; n=x$n' INT; echo ready; while [ -z \"$n\" ]; do sleep 0.1; done;"
            + " sleep 0.5; echo $n; exit 9");
    String out = type("carafe do -- sh " + script, "\\003");
    assertTrue(out.contains("got\nx\ncode 9\n"), out);
  }

  @Test
  void aShellOnATerminalHasJobControlAndTheKeys() {
    String out = type("carafe do -- sh -c 'echo ready; exec bash --norc -i'", "tty; exit 5\\n");
    assertTrue(out.contains("/dev/pts/0\n"), out);
    assertFalse(out.contains("no job control"), out);
    assertTrue(out.endsWith("code 5\n"), out);
  }

  @ParameterizedTest
  @CsvSource({"HUP,129", "USR1,138", "TERM,143"})
  void aSignalEndsItsProgram(String signal, int code) {
    Shell.Result result =
        ground.sh(
            "coproc { exec carafe do -- sh -c 'echo ready; exec sleep 1000'; }; pid=$COPROC_PID;"
                + " read -r -u ${COPROC[0]} line && kill -$1 $pid; wait $pid",
            signal);
    assertEquals(code, result.code(), result.err());
    assertEquals(List.of(), ground.ids());
  }

  @ParameterizedTest
  @CsvSource({
    "run,createRuntime",
    "run,createContainer",
    "run,startContainer",
    "run,poststart",
    "run,createRuntime by a middle agent",
    "run,createContainer by a middle agent",
    "run,startContainer by a middle agent",
    "create,createRuntime",
    "create,createContainer by a middle agent",
    "run --detach,startContainer",
    "run --detach,poststart",
  })
  void aSignalEndsAHookThatHangsAndNothingIsLeft(String command, String what) {
    String hook = what.split(" ", 2)[0];
    String seconds = Long.toString(1_000_000 + System.nanoTime() % 1_000_000_000);
    Bundle bundle =
        ground
            .bundle((command + what).replace(" ", "-"))
            .top(
                "hooks",
                "{\""
                    + hook
                    + "\":[{\"path\":\"/bin/sleep\",\"args\":[\"sleep\",\""
                    + seconds
                    + "\"]}]}");
    if (what.contains("middle")) {
      bundle.linux(
          "namespaces",
          "[{\"type\":\"time\"},{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"uts\"}]");
    }
    Shell.Result result =
        ground.sh(
            """
            carafe $3 -b "$1" hanging </dev/null & front=$!
            for i in $(seq 200); do
              hung=$(pgrep -f "^sleep $2") && break
              sleep 0.1
            done
            kill -TERM $front
            wait $front; echo $?
            [ -n "$hung" ] || echo "it was not there"
            kill -0 $hung 2>/dev/null && echo "it lives"
            carafe list -q
            """,
            bundle.path(),
            seconds,
            command);
    assertEquals("1\n", result.out(), result.err());
    if (!hook.equals("startContainer")) {
      assertTrue(result.err().contains("EINTR"), result.err());
    }
  }

  @Test
  void nothingOfTheCallersCommandLineOrEnvironmentIsSeenInTheContainer() {
    String seen = "tr '\\0' '|' </proc/1/cmdline; cat /proc/1/environ";
    Shell.Result result =
        ground.sh("SECRET=hidden exec carafe --debug do -e A=B -- sh -c \"$1\"", seen);
    assertTrue(result.out().startsWith("carafe|"), result.out() + result.err());
    assertFalse(result.out().matches("(?s).*(hidden|debug|do|A=B).*"), result.out());
    Bundle bundle = ground.bundle("words").args("/bin/sleep", "1000");
    Shell.Result created =
        ground.sh(
            """
            SECRET=hidden carafe create -b "$1" words
            pid=$(carafe state words | sed -n 's/.*"pid": \\([0-9]*\\),/\\1/p')
            cat /proc/$pid/cmdline /proc/$pid/environ | tr '\\0' '|'
            carafe delete words
            """,
            bundle.path());
    assertTrue(created.ok().out().startsWith("carafe|"), created.out());
    assertFalse(created.out().matches("(?s).*(hidden|create|words).*"), created.out());
  }

  @Test
  void aProgramWhoseReaderHasGoneEnds() {
    assertEquals(
        "y\n141\n", ground.sh("carafe do -- yes | head -n 1; echo ${PIPESTATUS[0]}").ok().out());
  }

  @Test
  void aProgramThatKillsItselfSaysSo() {
    assertEquals(143, ground.sh("exec carafe do -- sh -c 'kill $$; sleep 9'").code());
    assertEquals(137, ground.sh("exec carafe do -- sh -c 'kill -9 $$; sleep 9'").code());
  }

  @Test
  void orphansAreReapedAndNoneOutlivesTheProgram() {
    Shell.Result result =
        ground.sh(
            "exec carafe do -- sh -c '(sleep 0 &); (sleep 0 &); (sleep 1000 &); sleep 0.3;"
                + " grep -l \"^State:.Z\" /proc/[0-9]*/status; ls /proc/1/fd; echo end'");
    assertEquals("end\n", result.ok().out());
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "7", "125", "126", "127", "255"})
  void theExitCodeIsTheProgrammes(int code) {
    assertEquals(code, ground.sh("exec carafe do -- sh -c 'exit '$1", code).code());
  }

  @Test
  void tenMegabytesGoInAndOut() throws Exception {
    Bundle bundle = ground.bundle("piped").script("cat; exit 7");
    for (String command : List.of("do -- cat", "run -b " + bundle.path() + " piped")) {
      Shell.Result result =
          ground.sh(
              "head -c 10000000 /dev/urandom >\"$1/data\"; carafe $2 <\"$1/data\" | cmp - \"$1/data\" &&"
                  + " cat \"$1/data\" | carafe $2 | cmp - \"$1/data\"; echo ${PIPESTATUS[1]}",
              ground.path(),
              command);
      assertEquals(command.startsWith("do") ? "0\n" : "7\n", result.ok().out());
    }
  }

  @Test
  void manyAtOnceEachGetTheirOwnExitCodeAndOneOfAnIdWins() {
    Bundle bundle = ground.bundle("many").script("exit 4");
    Shell.Result result =
        ground.sh(
            "for i in 1 2 3 4 5 6 7 8; do (carafe do -- sh -c \"exit $i\"; echo do $i $?) & done; wait;"
                + " for i in 1 2 3 4 5 6 7 8; do (carafe run -b \"$1\" many$i; echo run 4 $((-4 + $? + 4)))"
                + " & done; wait",
            bundle.path());
    List<String> lines = result.ok().out().lines().sorted().toList();
    assertEquals(16, lines.size(), result.out() + result.err());
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      assertEquals(words[1], words[2], result.out() + result.err());
    }
    assertEquals(List.of(), ground.ids());
  }

  @Test
  void manyMountsNeedFewDescriptors() throws Exception {
    Bundle bundle =
        ground
            .bundle("mounts")
            .script("grep -c /many/ /proc/mounts".replace("grep", "busybox grep"));
    Path source = Files.writeString(ground.path().resolve("source"), "x");
    // All in one text: the bundle writes its file at each.
    StringBuilder mounts = new StringBuilder("[{\"destination\":\"/proc\",\"type\":\"proc\"}");
    for (int i = 0; i < 1000; i++) {
      mounts.append(",{\"destination\":\"/many/" + i + "\",");
      mounts.append(
          i % 2 == 0
              ? "\"type\":\"tmpfs\"}"
              : "\"type\":\"bind\",\"source\":\"" + source + "\",\"options\":[\"bind\",\"ro\"]}");
    }
    bundle.mounts(mounts + "]");
    assertEquals(
        "1000\n",
        ground.sh("ulimit -n 64; exec carafe run -b \"$1\" mounts", bundle.path()).ok().out());
  }

  @Test
  void aFullDiskIsNamedAndWhatIsThereCanBeDeleted() {
    Bundle bundle = ground.bundle("full").args("/bin/sleep", "1000");
    Path disk = ground.directory("disk");
    Shell.run("mount -t tmpfs -o size=64k full \"$1\"", disk).ok();
    try {
      String program = Ground.program() + " --root " + disk + "/root ";
      Shell.run(program + "create -b \"$1\" one >/dev/null 2>&1", bundle.path()).ok();
      Shell.run("dd if=/dev/zero of=\"$1/filler\" bs=1k 2>/dev/null", disk);
      Shell.Result refused = Shell.run(program + "create -b \"$1\" two", bundle.path()).refused();
      assertTrue(refused.err().contains("ENOSPC"), refused.err());
      assertEquals("one\n", Shell.run(program + "list -q").ok().out());
      Shell.run(program + "kill one KILL").ok();
      Shell.run(program + "delete --force one").ok();
      assertEquals("", Shell.run(program + "list -q").ok().out());
    } finally {
      Shell.run("umount \"$1\"", disk).ok();
    }
  }
}
