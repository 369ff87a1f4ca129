package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command works for a caller who has little. */
final class OddCallersTest {
  /**
   * Calls every command; {@code $1} is the program, {@code $2} a bundle whose program sleeps,
   * {@code $3} one whose program ends with code 7, {@code $4} an empty directory.
   */
  private static final String EVERY_COMMAND =
      """
      set -eu
      "$1" --version >/dev/null
      "$1" help >/dev/null
      "$1" features >/dev/null
      "$1" spec -b "$4" && rm "$4/config.json"
      "$1" create -b "$2" odd
      "$1" state odd >/dev/null
      "$1" list >/dev/null
      "$1" start odd
      "$1" kill odd KILL
      "$1" delete --force odd
      "$1" run -d -b "$2" odd
      "$1" delete --force odd
      code=0; "$1" run -b "$3" odd || code=$?
      test $code = 7
      "$1" do --cwd / -- true
      """;

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before any test.
  private static Ground ground;

  @SuppressWarnings("NullAway.Init")
  private static Bundle sleeping;

  @SuppressWarnings("NullAway.Init")
  private static Bundle ending;

  @BeforeAll
  static void makeBundles() throws IOException {
    ground = new Ground();
    sleeping = ground.bundle("sleeping").args("/bin/sleep", "1000");
    ending = ground.bundle("ending").script("exit 7");
    Files.writeString(script(), EVERY_COMMAND);
    assertTrue(Files.isDirectory(ground.directory("empty")));
  }

  @AfterAll
  static void remove() {
    ground.close();
  }

  private static Path script() {
    return ground.path().resolve("every-command");
  }

  /** Runs every command; in the caller's script, {@code "$@"} does that. */
  private static Shell.Result everyCommand(String caller) {
    return Shell.run(
        caller,
        "/bin/sh",
        script(),
        ground.wrapper().resolve("carafe"),
        sleeping.path(),
        ending.path(),
        ground.path().resolve("empty"));
  }

  private static void isQuiet(Shell.Result result) {
    result.ok();
    assertEquals("", result.err());
    assertEquals("", result.out());
  }

  @Test
  void whoHasEverything() {
    isQuiet(everyCommand("\"$@\""));
  }

  @Test
  void whoseWorkingDirectoryWasDeleted() {
    Shell.Result result =
        everyCommand(
            "mkdir /tmp/carafe-gone && cd /tmp/carafe-gone && rmdir /tmp/carafe-gone; \"$@\"");
    assertEquals(0, result.code(), result.err());
    assertFalse(result.err().contains("carafe"), result.err());
  }

  @Test
  void whoHasNoEnvironment() {
    isQuiet(everyCommand("exec env -i \"$@\""));
    isQuiet(everyCommand("unset HOME LANG TMPDIR; LC_ALL=C exec \"$@\""));
    isQuiet(everyCommand("HOME=/nonexistent LANG=xx_YY.what TMPDIR=/nonexistent exec \"$@\""));
    isQuiet(
        everyCommand(
            "JAVA_TOOL_OPTIONS=-Xcheck:jni JDK_JAVA_OPTIONS=x _JAVA_OPTIONS=-Xmx1 exec \"$@\""));
  }

  @Test
  void whoseTemporaryDirectoriesAreNotExecutable() {
    Path directory = Path.of("target/elsewhere").toAbsolutePath();
    Shell.run("rm -rf \"$1\" && mkdir -p \"$1/empty\"", directory).ok();
    isQuiet(
        Shell.run(
            // The checkout itself may lie below one of them; it stays where it is. What is mounted
            // and then covered is still listed by the kernel.
            "exec unshare -m sh -c 'keep=$1; shift; exec 9<\"$keep\";"
                + " mount -t tmpfs x /tmp && mkdir /tmp/covered"
                + " && mount --bind /usr /tmp/covered || exit 3;"
                + " for d in /tmp /var/tmp /dev/shm /run; do"
                + " mount -t tmpfs -o noexec x $d || exit 3; done;"
                + " mkdir -p \"$keep\" && mount -c --bind /proc/self/fd/9 \"$keep\" || exit 3;"
                + " exec 9<&-; exec \"$@\"' sh \"$@\"",
            Path.of("..").toAbsolutePath().normalize(),
            "/bin/sh",
            "-c",
            EVERY_COMMAND,
            "sh",
            Ground.program(),
            new Bundle(directory.resolve("sleeping")).args("/bin/sleep", "1000").path(),
            new Bundle(directory.resolve("ending")).script("exit 7").path(),
            directory.resolve("empty")));
    Shell.run("rm -rf \"$1\"", directory).ok();
  }

  @ParameterizedTest
  @ValueSource(strings = {"<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-", "</dev/null >/dev/null"})
  void whoHasClosedStandardStreams(String closed) {
    assertEquals(0, everyCommand("exec \"$@\" " + closed).code(), closed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1", "2"})
  void aContainerOfWhoHasClosedAStreamGetsNoStrangeFileThere(String fd) throws IOException {
    Bundle probing = ground.bundle("closed-" + fd);
    Files.createDirectories(probing.in("out"));
    probing.mount("/out", "bind", ground.directory("out").toString(), "bind", "rw");
    probing.script(
        "exec 7>&- 8>&- 9>&-; readlink /proc/self/fd/" + fd + " >/out/seen; echo $? >>/out/seen");
    String redirection = fd.equals("0") ? "<&-" : fd + ">&-";
    ground.sh("exec carafe run -b \"$1\" odd " + redirection, probing.path()).ok();
    String seen = Files.readString(ground.path().resolve("out/seen"));
    assertTrue(seen.equals("1\n") || seen.equals("/dev/null\n0\n") || fd.equals("1"), seen);
    assertFalse(seen.contains("socket") || seen.contains("memfd") || seen.contains("state"), seen);
  }

  @Test
  void whoMayOpenFewFiles() {
    isQuiet(everyCommand("ulimit -Sn 32; exec \"$@\""));
  }

  @Test
  void whoHasLittleStackAndMayMakeNoCores() {
    isQuiet(everyCommand("ulimit -Ss 256; ulimit -c 0; exec \"$@\""));
  }

  @Test
  void whoIgnoresAndBlocksSignals() {
    isQuiet(everyCommand("trap '' INT TERM HUP PIPE CHLD USR1 USR2 ALRM; exec \"$@\""));
    isQuiet(
        Shell.run(
            "exec \"$@\"",
            Ground.tool("caller"),
            "block",
            "1",
            "2",
            "10",
            "13",
            "14",
            "15",
            "17",
            "34",
            "--",
            "/bin/sh",
            script(),
            ground.wrapper().resolve("carafe"),
            sleeping.path(),
            ending.path(),
            ground.path().resolve("empty")));
  }

  @Test
  void whoseUmaskIsTightOrOpen() {
    isQuiet(everyCommand("umask 0777; exec \"$@\""));
    isQuiet(everyCommand("umask 0; exec \"$@\""));
    String modes =
        Shell.run(
                "umask 0; \"$1\" create -b \"$2\" odd && find \"$3\" -perm /022 ! -type s ! -type l;"
                    + " \"$1\" delete odd",
                ground.wrapper().resolve("carafe"),
                sleeping.path(),
                ground.root())
            .ok()
            .out();
    assertEquals("", modes);
  }

  /** What is checked below the cgroup that the tests themselves are in, and removed again. */
  @Test
  void whoHas64MebibytesAnd24Processes() {
    Shell.Result result =
        Shell.run(
            """
            mine() { sed -n "s/^[0-9]*:$1:\\(.*\\)/\\1/p" /proc/self/cgroup; }
            m=/sys/fs/cgroup/memory$(mine memory)/carafe-small-$$
            p=/sys/fs/cgroup/pids$(mine pids)/carafe-small-$$
            [ -d "${m%/*}" ] && [ -d "${p%/*}" ] || { echo "no cgroup v1 with memory and pids"; exit 77; }
            mkdir "$m" "$p" || exit 78
            clean() {
              i=0
              while [ -d "$m" -o -d "$p" ] && [ $i -lt 100 ]; do
                for d in "$m" "$p"; do find "$d" -depth -type d -exec rmdir {} + 2>/dev/null; done
                i=$((i+1)); [ ! -d "$m" -a ! -d "$p" ] || sleep 0.1
              done
            }
            trap clean EXIT
            echo 67108864 >"$m/memory.limit_in_bytes" && echo 24 >"$p/pids.max" || exit 79
            (echo $BASHPID >"$m/cgroup.procs" && echo $BASHPID >"$p/cgroup.procs" || exit 80; exec "$@")
            code=$?
            echo "failures $(cat "$m/memory.failcnt") oom $(grep -c '^oom_kill [1-9]' "$m/memory.oom_control")" \
              "pids $(cat "$p/pids.events")" >&2
            exit $code
            """,
            "/bin/sh",
            script(),
            ground.wrapper().resolve("carafe"),
            sleeping.path(),
            ending.path(),
            ground.path().resolve("empty"));
    if (result.code() == 77) {
      org.junit.jupiter.api.Assumptions.abort(result.out());
    }
    result.ok();
    assertTrue(result.err().contains(" oom 0 pids max 0"), result.err());
  }
}
