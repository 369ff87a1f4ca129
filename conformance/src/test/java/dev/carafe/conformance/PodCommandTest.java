package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pods from the command line, as containerd and CRI-O make them: by annotations. */
final class PodCommandTest {
  private final Ground ground = new Ground();

  @AfterEach
  void remove() {
    ground.close();
  }

  private Bundle bundle(String id, String annotations) {
    return ground.bundle(id).top("annotations", "{" + annotations + "}");
  }

  private static String containerd(String type, String sandbox) {
    return "\"io.kubernetes.cri.container-type\":\""
        + type
        + "\",\"io.kubernetes.cri.sandbox-id\":\""
        + sandbox
        + "\"";
  }

  private void run(String id, Bundle bundle) {
    ground
        .sh(
            "carafe create --bundle \"$2\" \"$1\" </dev/null >\"$2/out\" 2>&1 &&"
                + " carafe start \"$1\"",
            id,
            bundle.path())
        .ok();
  }

  private String status(String id) {
    String state = ground.carafe("state", id).ok().out();
    return state.replaceAll("(?s).*\"status\": \"([a-z]*)\".*", "$1");
  }

  private void awaitStopped(String id) throws InterruptedException {
    for (int i = 0; i < 200 && !status(id).equals("stopped"); i++) {
      Thread.sleep(50);
    }
    assertEquals("stopped", status(id));
  }

  @Test
  void aPodIsMadeJoinedAndEndsWithItsFirstContainer() {
    run("pod", bundle("pod", containerd("sandbox", "pod")).args("/bin/sleep", "1000"));
    run("one", bundle("one", containerd("container", "pod")).args("/bin/sleep", "1000"));
    assertEquals("running", status("one"));
    ground.carafe("delete", "--force", "pod").ok();
    assertEquals("stopped", status("one"));
    ground.carafe("delete", "one").ok();
  }

  @Test
  void whereThereIsNoSandboxTheErrorSaysWhich() {
    Bundle bundle = bundle("one", containerd("container", "pod"));
    Shell.Result result = ground.carafe("create", "--bundle", bundle.path(), "one").refused();
    assertTrue(
        result
            .err()
            .replace("\\", "")
            .contains("cannot create container \"one\": sandbox \"pod\" does not exist"),
        result.err());
    assertEquals(0, ground.ids().size());
  }

  @Test
  void aDescriptorGoesFromOneContainerToAnotherOverASocket() throws Exception {
    String hint = "\"dev.gvisor.spec.mount.meet.";
    run(
        "pod",
        bundle(
                "pod",
                containerd("sandbox", "pod")
                    + ","
                    + hint
                    + "type\":\"tmpfs\","
                    + hint
                    + "share\":\"pod\","
                    + hint
                    + "source\":\"/meet\"")
            .args("/bin/sleep", "1000"));
    run("taker", meeting("taker").args("/bin/passfd", "take", "/meet/socket"));
    Bundle giver = meeting("giver").args("/bin/passfd", "give", "/meet/socket", "/secret");
    Files.writeString(giver.in("secret"), "of the giver's own root\n");
    run("giver", giver);
    awaitStopped("giver");
    awaitStopped("taker");
    assertEquals("", said("giver"));
    assertEquals("of the giver's own root\n", said("taker"));
    ground.carafe("delete", "--force", "pod", "taker", "giver").ok();
    assertTrue(
        !Files.readString(Path.of("/proc/self/mountinfo")).contains(ground.root().toString()));
  }

  private Bundle meeting(String id) throws IOException {
    Bundle made = bundle(id, containerd("container", "pod"));
    Files.copy(Ground.tool("passfd"), made.in("bin/passfd"));
    return made.mount("/meet", "bind", "/meet", "rbind", "rw");
  }

  private String said(String id) throws IOException {
    return Files.readString(ground.path().resolve(id).resolve("out"));
  }
}
