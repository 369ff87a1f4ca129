package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a container when CRIU is missing, too old, fails, or is not what it seems. */
final class FakeCriuTest {
  private static final String VERSION =
      "\\x08\\x0a\\x10\\x01\\x52\\x06\\x08\\x03\\x10\\x11\\x20\\x01";
  private static final String ID = "fake-criu-" + ProcessHandle.current().pid();

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets them before each test.
  private Ground ground;

  @SuppressWarnings("NullAway.Init")
  private Bundle bundle;

  @SuppressWarnings("NullAway.Init")
  private Path images;

  @BeforeEach
  void open() {
    assumeTrue(Shell.run("test $(id -u) = 0").code() == 0, "needs root");
    ground = new Ground();
    bundle = ground.bundle("bundle").args("sleep", "1000");
    images = ground.path().resolve("images");
  }

  @AfterEach
  void close() {
    if (ground != null) {
      ground.carafe("delete", "--force", ID);
      ground.close();
    }
  }

  /**
   * Makes a program that takes a request, a message at its socket {@code $socket}, and has its type
   * as {@code $type} in two hexadecimal digits. By itself it only tells its version.
   */
  private void criu(String script) throws IOException {
    Path program = ground.directory("fake").resolve("criu");
    Files.writeString(
        program,
        """
        #!/bin/bash
        socket=$2
        request() { dd bs=65536 count=1 <&$socket 2>/dev/null; }
        answer() { env printf "$@" >&$socket; } # in one message, also with a newline in it
        request >"${0%/*}/request.$$"
        type=$(od -An -tx1 -j1 -N1 "${0%/*}/request.$$" | tr -d ' ')
        mv "${0%/*}/request.$$" "${0%/*}/request"
        """
            + script
            + "\n[ $type = 0a ] && answer '"
            + VERSION
            + "'\nexit 0\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String request() throws IOException {
    return Files.readString(ground.path().resolve("fake/request"), StandardCharsets.ISO_8859_1);
  }

  private void run() {
    ground
        .sh(
            "exec carafe run --detach --bundle \"$1\" \"$2\" </dev/null >/dev/null 2>&1",
            bundle.path(),
            ID)
        .ok();
  }

  private Shell.Result carafe(Object... words) {
    return ground.sh(
        "PATH=\"" + ground.path().resolve("fake") + ":$PATH\"; exec carafe \"$@\"", words);
  }

  private Shell.Result checkpoint(String... flags) {
    return ground.sh(
        "PATH=\""
            + ground.path().resolve("fake")
            + ":$PATH\"; exec carafe checkpoint --image-path \"$1\" "
            + String.join(" ", flags)
            + " \"$2\"",
        images,
        ID);
  }

  private void assertRuns() {
    assertTrue(
        ground.carafe("state", ID).ok().out().contains("\"status\": \"running\""), "it goes on");
  }

  @Test
  void withoutCriuTheErrorSaysSo() {
    run();
    Shell.Result refused =
        ground
            .sh(
                "w=$(dirname \"$(command -v carafe)\"); PATH=\"$w:"
                    + ground.directory("empty")
                    + "\"; exec carafe checkpoint --image-path \"$1\" \"$2\"",
                images,
                ID)
            .refused();
    assertTrue(refused.err().contains("there is no criu in $PATH"), refused.err());
    assertTrue(refused.err().contains("install CRIU"), refused.err());
    assertRuns();
  }

  @Test
  void aCriuThatIsTooOldIsNamedWithItsVersion() throws IOException {
    criu("[ $type = 0a ] && answer '\\x08\\x0a\\x10\\x01\\x52\\x04\\x08\\x03\\x10\\x0c' && exit");
    run();
    Shell.Result refused = checkpoint().refused();
    assertTrue(
        refused.err().contains("criu is version 3.12.0, and 3.15.0 or later is needed"),
        refused.err());
    assertRuns();
  }

  @Test
  void aCriuThatDoesNotKnowTheRequestMayBeTooOld() throws IOException {
    criu("answer '\\x08\\x00\\x10\\x00'; exit");
    run();
    Shell.Result refused = checkpoint().refused();
    assertTrue(refused.err().contains("criu failed: version; it may be too old"), refused.err());
    assertRuns();
  }

  @Test
  void aDumpThatFailsLeavesTheContainerRunningAndNamesTheLineOfTheLog() throws IOException {
    criu(
        "[ $type = 01 ] && { printf 'fine\\nError (criu/util.c:1): exited, status=1\\n"
            + "(00.1) Error (criu/x.c:7): Broken \\033[31m here\\n' >/proc/self/fd/102/dump.log;"
            + " answer '\\x08\\x01\\x10\\x00\\x38\\x10\\x4a\\x03why'; exit; }");
    run();
    Shell.Result refused = checkpoint().refused();
    assertTrue(
        refused
            .err()
            .contains("cannot checkpoint container \\\"" + ID + "\\\": criu failed: dump, EBUSY"),
        refused.err());
    assertTrue(
        refused
            .err()
            .contains(
                ", why; " + images + "/dump.log:3: (00.1) Error (criu/x.c:7): Broken ?[31m here"),
        refused.err());
    assertRuns();
    assertEquals(List.of(ID), ground.ids());
  }

  @Test
  void criuGetsWhatIsOutsideOfTheContainerByName() throws IOException {
    Path data = ground.directory("data");
    Files.writeString(bundle.in("etc/secret"), "secret");
    bundle.linux("maskedPaths", "[\"/etc/secret\", \"/proc/driver\", \"/none\"]");
    bundle.mount("/link/data", "bind", data.toString(), "bind");
    bundle.link("link", "tmp");
    bundle.top("annotations", "{\"org.criu.config\":\"/etc/criu/mine.conf\"}");
    run();
    criu("[ $type = 01 ] && answer '\\x08\\x01\\x10\\x00' && exit");
    Shell.Result ignored =
        checkpoint("--tcp-established", "--shell-job", "--empty-ns network").refused();
    String asked = request();
    assertTrue(asked.contains("mnt[/tmp/data]:/link/data"), asked);
    assertTrue(asked.contains("mnt[/etc/secret]:/dev/null"), asked);
    assertFalse(asked.contains("mnt[/proc/driver]"), "a directory is masked by an empty one");
    assertTrue(asked.contains("/etc/criu/mine.conf"), asked);
    assertTrue(asked.contains("dump.log"), asked);
    // /dev/null is the host's: its place is told by the number of its mount and of itself.
    String streams = Files.readString(images.resolve("descriptors.json"));
    assertTrue(streams.matches("\\[(\"file\\[[0-9a-f]+:[0-9a-f]+]\",?){3}]\\s*"), streams);
    assertTrue(asked.contains(streams.substring(2, streams.indexOf(']') + 1)), asked);
  }

  @Test
  void whileOneCheckpointIsAtWorkAnotherWaitsAndAPauseIsRefused() throws IOException {
    run();
    String second = ID + "-2";
    Path log = ground.path().resolve("fake/log");
    criu(
        "[ $type = 01 ] && { echo begin >>\"${0%/*}/log\"; sleep 2; echo end >>\"${0%/*}/log\";"
            + " answer '\\x08\\x01\\x10\\x00'; exit; }");
    Bundle other = ground.bundle("other").args("sleep", "1000");
    ground
        .sh(
            "exec carafe run --detach --bundle \"$1\" \"$2\" </dev/null >/dev/null 2>&1",
            other.path(),
            second)
        .ok();
    try {
      Shell.Result paused =
          ground
              .sh(
                  "PATH=\"$1/fake:$PATH\"; carafe checkpoint --leave-running --image-path \"$1/one\" \"$2\" & a=$!;"
                      + " carafe checkpoint --leave-running --image-path \"$1/two\" \"$3\" & b=$!;"
                      + " until [ -e \"$1/fake/log\" ]; do sleep 0.1; done;"
                      + " carafe pause \"$2\"; code=$?; wait $a $b; exit $code",
                  ground.path(),
                  ID,
                  second)
              .refused();
      assertTrue(
          paused
              .err()
              .contains("cannot pause container \\\"" + ID + "\\\": it is being checkpointed"),
          paused.err());
      assertEquals(List.of("begin", "end", "begin", "end"), Files.readAllLines(log));
      assertRuns();
    } finally {
      ground.carafe("delete", "--force", second);
    }
  }

  @Test
  void aVolumeThatAPodSharesIsRefusedByName() throws IOException {
    criu("[ $type = 01 ] && answer '\\x08\\x01\\x10\\x00' && exit");
    String hint = "\"dev.gvisor.spec.mount.cache.";
    bundle.top(
        "annotations",
        "{"
            + hint
            + "source\":\"/cache\","
            + hint
            + "type\":\"tmpfs\","
            + hint
            + "share\":\"pod\","
            + hint
            + "options\":\"rw\"}");
    bundle.mount("/tmp/cache", "tmpfs", "/cache");
    run();
    Shell.Result refused = checkpoint().refused();
    assertTrue(refused.err().contains("its mount on /tmp/cache is of a volume"), refused.err());
    assertRuns();
  }

  @Test
  void lazyPagesAndPreDumpsAreRefusedByNameWhereTheyCannotBeHad() throws IOException {
    criu("[ $type = 09 ] && answer '\\x08\\x09\\x10\\x01\\x42\\x04\\x08\\x00\\x10\\x00' && exit");
    run();
    Shell.Result lazy = checkpoint("--lazy-pages").refused();
    assertTrue(lazy.err().contains("which --lazy-pages needs"), lazy.err());
    Shell.Result pre = checkpoint("--pre-dump").refused();
    assertTrue(pre.err().contains("which --pre-dump needs"), pre.err());
    assertRuns();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exit 7", // no answer
        "kill -9 $$",
        "answer 'What?'",
        "answer '\\x08\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff'",
        "answer '\\x08\\x01\\x10\\x01\\x2a\\xff\\xff\\xff\\xff\\x07'", // longer than it is
        "answer '\\x08\\x02\\x10\\x01'", // of another request
        "answer '\\x00\\x00\\x00\\x00'",
        "head -c 100000 /dev/zero | tr '\\0' x | dd bs=100000 iflag=fullblock >&$socket",
        "answer '\\x08\\x06\\x10\\x01\\x2a\\x00'; request >/dev/null; exit 1"
      })
  void aGarbledAnswerEndsTheCommandAndNotTheContainer(String answer) throws IOException {
    criu("[ $type = 01 ] && { " + answer + "; exit; }");
    run();
    Shell.Result refused = checkpoint().refused();
    assertTrue(refused.err().matches("(?s).*(answer|dump).*"), refused.err());
    assertFalse(refused.err().contains("version"), refused.err());
    assertRuns();
  }

  @Test
  void whatIsNotRunningCannotBeCheckpointed() throws IOException {
    criu("");
    ground.sh("exec carafe create --bundle \"$1\" \"$2\" >/dev/null 2>&1", bundle.path(), ID).ok();
    Shell.Result refused = checkpoint().refused();
    // The words are runc's.
    assertTrue(
        refused.err().contains("Container cannot be checkpointed in created state"), refused.err());
  }

  @Test
  void wrongFlagsAreRefused() throws IOException {
    criu("");
    run();
    assertTrue(
        checkpoint("--manage-cgroups-mode hard")
            .refused()
            .err()
            .contains("invalid manage-cgroups-mode value"));
    assertTrue(
        checkpoint("--empty-ns pid")
            .refused()
            .err()
            .contains("namespace \\\"pid\\\" is not supported"));
    assertTrue(checkpoint("--page-server nonsense").refused().err().contains("ADDRESS:PORT"));
    assertTrue(checkpoint("--parent-path /tmp").refused().err().contains("--parent-path"));
    assertTrue(checkpoint("--parent-path none").refused().err().contains("--parent-path"));
    assertTrue(
        checkpoint("--lazy-pages --status-fd 42").refused().err().contains("it is not open"));
    assertRuns();
  }

  // ---- restore

  private void images(String streams) throws IOException {
    Files.createDirectories(images);
    Files.writeString(images.resolve("descriptors.json"), streams);
  }

  /** What it restores is a process of its own, which is in the cgroup as the real one is. */
  private static String restoring(String then) {
    return "[ $type = 02 ] && { sleep 1000 </dev/null >/dev/null 2>&1 & pid=$!;"
        + " low=$(printf '\\\\x%02x\\\\x%02x\\\\x%02x' $((pid & 127 | 128))"
        + " $((pid >> 7 & 127 | 128)) $((pid >> 14)));"
        + " answer '\\x08\\x06\\x10\\x01\\x2a\\x16\\x0a\\x10setup-namespaces\\x10'\"$low\";"
        + " request >\"${0%/*}/taken\"; "
        + then
        + "; exit; }";
  }

  @Test
  void whatIsRestoredIsAContainerAsAnyOther() throws IOException {
    Path hooks = ground.path().resolve("hooks");
    String hook = "[{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"echo %s >>" + hooks + "\"]}]";
    bundle.top(
        "hooks",
        "{\"createRuntime\":"
            + hook.formatted("createRuntime")
            + ",\"poststart\":"
            + hook.formatted("poststart")
            + ",\"poststop\":"
            + hook.formatted("poststop")
            + "}");
    images("[\"/dev/null\",\"pipe:[17]\",\"file[1f:2a]\"]");
    criu(restoring("answer '\\x08\\x02\\x10\\x01\\x22\\x04\\x08'\"$low\""));
    Path pid = ground.path().resolve("pid");
    carafe(
            "restore",
            "--detach",
            "--bundle",
            bundle.path(),
            "--image-path",
            images,
            "--pid-file",
            pid,
            ID)
        .ok();
    assertRuns();
    String first = Files.readString(pid).strip();
    assertTrue(ground.carafe("state", ID).ok().out().contains("\"pid\": " + first));
    assertTrue(
        Files.readString(Path.of("/proc", first, "cgroup")).contains("/" + ID), "its cgroup");
    String asked = request();
    assertTrue(asked.contains("pipe:[17]") && asked.contains("file[1f:2a]"), asked);
    assertTrue(asked.contains("mnt[/dev/null]:/dev/null"), asked);
    assertTrue(asked.contains(bundle.path() + "/rootfs"), asked);
    assertEquals("createRuntime\npoststart\n", Files.readString(hooks));
    ground.carafe("kill", ID, "KILL").ok();
    ground.sh("while carafe state \"$1\" | grep -q running; do sleep 0.1; done", ID).ok();
    ground.carafe("delete", ID).ok();
    assertEquals("createRuntime\npoststart\npoststop\n", Files.readString(hooks));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "answer '\\x08\\x02\\x10\\x00\\x38\\x05'", // it failed
        "answer '\\x08\\x02\\x10\\x01\\x22\\x05\\x08\\xff\\xff\\xff\\x07'", // no such process
        "answer '\\x08\\x02\\x10\\x01'", // no process at all
        "kill -9 $$"
      })
  void aRestoreThatFailsLeavesNothing(String end) throws IOException {
    images("[]");
    criu(restoring(end));
    Shell.Result refused =
        carafe("restore", "--bundle", bundle.path(), "--image-path", images, ID).refused();
    assertTrue(refused.err().contains("cannot restore container"), refused.err());
    assertEquals(List.of(), ground.ids());
  }

  /** As the real one may: what it has begun is not its child, and nobody has been told of it. */
  private static final String UNTOLD =
      "[ $type = 02 ] && { sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >\"${0%/*}/left\"; ";

  /** Whether that lives; it may stay unreaped, when nobody reaps orphans here. */
  private boolean hasLeft() {
    return Shell.run(
                "read -r pid <\"$1\" && grep '^State:' /proc/$pid/status | grep -v Z",
                ground.path().resolve("fake/left"))
            .code()
        == 0;
  }

  @Test
  void whatCriuHasMadeBeforeItDiedUntoldIsEnded() throws IOException {
    images("[]");
    criu(UNTOLD + "kill -9 $$; }");
    Shell.Result refused =
        carafe("restore", "--bundle", bundle.path(), "--image-path", images, ID).refused();
    assertTrue(Files.exists(ground.path().resolve("fake/left")), refused.err());
    assertFalse(refused.err().contains("cgroup"), refused.err());
    assertFalse(hasLeft(), "a process is left");
    assertEquals(List.of(), ground.ids());
  }

  @Test
  void whatAKilledRestoreHasLeftEndsWithItsDeletion() throws IOException {
    images("[]");
    criu(UNTOLD + "sleep 1000; }");
    ground
        .sh(
            "PATH=\"$4/fake:$PATH\"; carafe restore --bundle \"$1\" --image-path \"$2\" \"$3\""
                + " </dev/null >\"$4/out\" 2>&1 & until [ -s \"$4/fake/left\" ]; do sleep 0.1; done;"
                + " kill -9 $! $(pgrep -P $!); wait $!; test $? = 137",
            bundle.path(),
            images,
            ID,
            ground.path())
        .ok();
    ground.carafe("delete", "--force", ID).ok();
    assertFalse(hasLeft(), "a process is left");
    assertEquals(List.of(), ground.ids());
  }

  @Test
  void aPoststartHookSeesARunningContainer() throws IOException {
    Path seen = ground.path().resolve("seen");
    bundle.top(
        "hooks",
        "{\"poststart\":[{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\""
            + ground.wrapper().resolve("carafe")
            + " state "
            + ID
            + " >"
            + seen
            + "\"]}]}");
    images("[]");
    criu(restoring("answer '\\x08\\x02\\x10\\x01\\x22\\x04\\x08'\"$low\""));
    carafe("restore", "--detach", "--bundle", bundle.path(), "--image-path", images, ID).ok();
    String state = Files.readString(seen);
    assertTrue(state.contains("\"status\": \"running\""), state);
    assertRuns();
  }

  @Test
  void aHookThatFailsTellsCriuToGiveUp() throws IOException {
    images("[]");
    bundle.top("hooks", "{\"prestart\":[{\"path\":\"/bin/false\"}]}");
    criu(restoring("answer '\\x08\\x02\\x10\\x00'"));
    Shell.Result refused =
        carafe("restore", "--bundle", bundle.path(), "--image-path", images, ID).refused();
    assertTrue(refused.err().contains("prestart hook #0"), refused.err());
    assertEquals(
        "\b\006\030\000",
        Files.readString(ground.path().resolve("fake/taken"), StandardCharsets.ISO_8859_1));
    assertEquals(List.of(), ground.ids());
  }

  @Test
  void aDirectoryWithoutImagesIsNoCheckpoint() throws IOException {
    criu("");
    Shell.Result missing =
        carafe("restore", "--bundle", bundle.path(), "--image-path", images, ID).refused();
    assertTrue(missing.err().contains(images + ": ENOENT"), missing.err());
    Files.createDirectories(images);
    Shell.Result empty =
        carafe("restore", "--bundle", bundle.path(), "--image-path", images, ID).refused();
    assertTrue(empty.err().contains("no checkpoint in " + images), empty.err());
    assertEquals(List.of(), ground.ids());
  }
}
