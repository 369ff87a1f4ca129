package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.ContainerNotFoundException;
import dev.carafe.DeleteMode;
import dev.carafe.runtime.state.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each operation of a pod whose sandbox has a process is killed with SIGKILL at each of its steps.
 * After each, the pod goes on if it is there, with the right OOM score after the next start or
 * delete, and {@code delete --force} removes everything.
 */
@Tag("long")
final class KilledPodTest {
  private Ground ground;
  private Containers containers;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    containers = KilledPodOperation.containers(ground, Steps.NONE);
  }

  @AfterEach
  void end() throws Exception {
    delete("pod");
    delete("one");
    delete("two");
    // Those that others have ended were this JVM's children.
    Children.reap(Integer.MAX_VALUE);
    ground.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"make", "join", "start", "leave", "end"})
  void leavesNothingThatForceDoesNotRemove(String operation) throws Exception {
    new KilledSteps(ground, KilledPodOperation.class)
        .killAtEach(
            operation,
            where -> prepare(operation),
            where -> {},
            where -> cleanUp(operation, where));
  }

  private void prepare(String operation) throws Exception {
    if (operation.equals("make")) {
      KilledSteps.forgetRoot(ground);
      return;
    }
    containers.create(KilledPodOperation.pod(ground)).start();
    if (!operation.equals("join")) {
      var one = containers.create(KilledPodOperation.member(ground, "one", 200));
      if (!operation.equals("start")) {
        one.start();
      }
    }
  }

  private void cleanUp(String operation, String where) throws Exception {
    assertEquals(List.of(), containers.list().problems(), where);
    if (!operation.equals("make") && !operation.equals("end")) {
      containers.create(KilledPodOperation.member(ground, "two", 400)).start();
      delete("one");
      assertEquals(400, score(), where);
    }
    delete("pod");
    delete("one");
    delete("two");
    // An agent whose maker was killed ends by itself, but only when it has noticed.
    for (int i = 0; i < 1000 && !processes().isEmpty(); i++) {
      Thread.sleep(10);
    }
    assertEquals(List.of(), processes(), where);
    assertEquals(List.of(), ground.remains(), where);
  }

  private void delete(String id) {
    try {
      containers.delete(Ground.id(id), DeleteMode.FORCE);
    } catch (ContainerNotFoundException e) {
      // As may be.
    }
  }

  private int score() throws IOException {
    List<String> sandbox = new ArrayList<>(processes());
    sandbox.removeIf(each -> !each.contains(ground.root.toString()));
    assertEquals(1, sandbox.size(), sandbox.toString());
    String pid = sandbox.get(0).substring(0, sandbox.get(0).indexOf(' '));
    return Integer.parseInt(Files.readString(Path.of("/proc", pid, "oom_score_adj")).strip());
  }

  /** Returns what runs in a directory of this ground's. */
  private List<String> processes() {
    List<String> found = new ArrayList<>();
    String[] names = Path.of("/proc").toFile().list();
    for (String name : names == null ? new String[0] : names) {
      if (Character.isDigit(name.charAt(0))) {
        try {
          String cwd = Files.readSymbolicLink(Path.of("/proc", name, "cwd")).toString();
          if (cwd.startsWith(ground.path + "/")) {
            found.add(name + " " + cwd);
          }
        } catch (IOException e) {
          // It has ended.
        }
      }
    }
    return found;
  }
}
