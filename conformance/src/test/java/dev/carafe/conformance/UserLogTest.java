package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code --user-log}: what the user of a container is told, who does not see the log. */
final class UserLogTest {
  private static final String ID = "user-log-" + ProcessHandle.current().pid();

  private final Ground ground = new Ground();
  private final Bundle bundle = ground.bundle("bundle");
  private final Path log = ground.path().resolve("user.log");

  @AfterEach
  void close() {
    ground.carafe("delete", "--force", ID);
    ground.close();
  }

  private Shell.Result made(String command, String flags) {
    String words = "carafe " + command + " --user-log \"$3\" " + flags;
    return ground.sh(
        words + " --bundle \"$1\" \"$2\" </dev/null >\"$4\" 2>&1",
        bundle.path(),
        ID,
        log,
        ground.path().resolve("out"));
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(log);
  }

  @Test
  void aProgramThatIsNotThereIsToldToTheUser() throws IOException {
    bundle.args("/bin/nonsense");
    for (String command : List.of("create", "run")) {
      assertEquals(1, made(command, "").code());
    }
    assertEquals(2, lines().size(), "each is added: " + lines());
    for (String line : lines()) {
      assertTrue(line.matches("2[0-9]{3}-[-0-9:.TZ]+ error: .*/bin/nonsense.*"), line);
    }
  }

  @Test
  void aStartThatFailsIsToldToTheUserOfTheContainerThatWasCreated() throws IOException {
    bundle.args("/bin/true");
    bundle.top("hooks", "{\"poststart\":[{\"path\":\"/bin/false\"}]}");
    made("create", "").ok();
    assertEquals(List.of(), lines());
    assertEquals(1, ground.carafe("start", ID).code());
    assertEquals(1, lines().size());
    assertTrue(lines().getFirst().contains(" error: cannot start container \"" + ID + "\""));
    assertTrue(lines().getFirst().contains("poststart hook /bin/false"), lines().toString());
  }

  @Test
  void whatDidNotFailButShouldBeKnownIsToldToo() throws IOException {
    // The launch goes on without a capability that nobody knows.
    bundle.process("capabilities", "{\"bounding\":[\"CAP_NONSENSE\"]}");
    made("run", "").ok();
    assertEquals(1, lines().size(), lines().toString());
    assertTrue(lines().getFirst().contains(" warning: "), lines().toString());
    assertTrue(lines().getFirst().contains("CAP_NONSENSE"), lines().toString());
  }

  @Test
  void aRelativePathIsTheCallersAndTheModeLetsTheGroupRead() {
    bundle.args("/bin/true");
    String run = "umask 002; cd \"$1\" && carafe run --user-log rel.log -b bundle \"$2\"";
    ground.sh(run, ground.path(), ID).ok();
    assertEquals("664\n", Shell.run("stat -c %a \"$1\"/rel.log", ground.path()).ok().out());
  }

  @Test
  void onlyARegularFileIsWrittenAndNoLinkIsFollowed() throws IOException {
    bundle.args("/bin/true");
    Path target = Files.writeString(ground.path().resolve("target"), "");
    for (String make : List.of("mkfifo \"$1\"", "ln -s \"$2\" \"$1\"", "ln -s /none \"$1\"")) {
      Shell.run(make, log, target).ok();
      Shell.Result result =
          ground.sh("timeout 20 carafe run --user-log \"$1\" -b \"$2\" " + ID, log, bundle.path());
      assertTrue(result.refused().err().contains("is no regular file"), result.err());
      Files.delete(log);
    }
    assertEquals("", Files.readString(target));
  }

  @Test
  void aLinkThatIsPutThereLaterIsAWarning() throws IOException {
    bundle.args("/bin/true");
    bundle.top("hooks", "{\"poststart\":[{\"path\":\"/bin/false\"}]}");
    made("create", "").ok();
    Path target = Files.writeString(ground.path().resolve("target"), "");
    Files.delete(log);
    Files.createSymbolicLink(log, target);
    Shell.Result result = ground.carafe("start", ID);
    assertEquals(1, result.code());
    assertTrue(result.err().contains("the user log is not written: "), result.err());
    assertEquals("", Files.readString(target));
  }

  @Test
  void aLogThatCannotBeWrittenFailsTheCreationAndLeavesNothing() {
    bundle.args("/bin/true");
    Shell.Result result =
        ground.carafe("run", "--user-log", "/no/such/place", "--bundle", bundle.path(), ID);
    assertTrue(result.refused().err().contains("open /no/such/place: ENOENT"), result.err());
    assertEquals(List.of(), ground.ids());
    assertFalse(Files.exists(Path.of("/sys/fs/cgroup/pids").resolve(ID)));
  }
}
