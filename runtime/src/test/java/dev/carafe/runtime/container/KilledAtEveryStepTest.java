package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.Container;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.DeleteMode;
import dev.carafe.Listing;
import dev.carafe.Status;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Signal;
import dev.carafe.spec.Hooks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each operation is killed with SIGKILL at each of its steps in turn, in a process of its own.
 * After each, the state is whole, {@code list} works, {@code delete --force} removes everything,
 * and the same id can be made again.
 */
final class KilledAtEveryStepTest {
  private Ground ground;
  private Path output;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    output = ground.path.resolve("output");
  }

  @AfterEach
  void end() throws Exception {
    try {
      ground.containers().delete(Ground.id("a"), DeleteMode.FORCE);
    } catch (ContainerNotFoundException e) {
      // As it should be.
    }
    // Those that others have ended were this JVM's children.
    Children.reap(Integer.MAX_VALUE);
    ground.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"create", "start", "delete", "force"})
  void leavesNothingThatForceDoesNotRemove(String operation) throws Exception {
    prepare(operation);
    int ended = run(operation, 0);
    assertEquals(0, ended, Files.readString(output));
    int steps = Integer.parseInt(Files.readString(output).strip());
    assertTrue(steps > 10, "only " + steps + " steps");
    cleanUp(operation, "all " + operation);
    for (int i = 1; i <= steps; i++) {
      prepare(operation);
      int code = run(operation, i);
      String where = operation + " killed at step " + i + ": " + Files.readString(output).strip();
      assertEquals(137, code, where);
      check(operation, where);
      cleanUp(operation, where);
    }
    System.out.println(operation + ": killed at each of " + steps + " steps");
  }

  private int run(String operation, int step) throws Exception {
    boolean ignored = Files.deleteIfExists(output);
    Process process =
        Jvm.start(
            List.of(),
            output,
            KilledOperation.class,
            ground.path.toString(),
            operation,
            Integer.toString(step));
    return Jvm.await(process, output);
  }

  private void prepare(String operation) throws Exception {
    if (operation.equals("create")) {
      // With all that the very first create of a root makes.
      for (String each : List.of("aside", "containers", "")) {
        boolean ignored = Files.deleteIfExists(ground.root.resolve(each));
      }
      return;
    }
    Hooks hooks =
        new Hooks(
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(Ground.hook("/poststart")),
            List.of(Ground.hook("/poststop")));
    Container c =
        ground
            .containers()
            .create(
                ground
                    .builder("a", "/bin/sleep", "1000")
                    .spec(Ground.spec(hooks, "/bin/sleep", "1000"))
                    .build());
    if (operation.equals("force")) {
      c.start();
    }
  }

  private void check(String operation, String where) {
    Listing listing = ground.containers().list();
    assertEquals(List.of(), listing.problems(), where);
    if (listing.containers().isEmpty()) {
      assertTrue(!operation.equals("start"), where);
      return;
    }
    Set<Status> possible =
        switch (operation) {
          case "create" -> Set.of(Status.STOPPED, Status.CREATED);
          case "start" -> Set.of(Status.CREATED, Status.RUNNING);
          case "delete" -> Set.of(Status.CREATED, Status.STOPPED);
          default -> Set.of(Status.RUNNING, Status.STOPPED);
        };
    Status status = listing.containers().get(0).status();
    assertTrue(possible.contains(status), where + ": " + status);
  }

  private void cleanUp(String operation, String where) throws Exception {
    Containers containers = ground.containers();
    try {
      containers.delete(Ground.id("a"), DeleteMode.FORCE);
    } catch (ContainerNotFoundException e) {
      assertTrue(!operation.equals("start"), where);
    }
    awaitNoProcess(where);
    assertEquals(List.of(), ground.remains(), where);
    Container again = containers.create(ground.request("a"));
    assertEquals(Status.CREATED, again.status(), where);
    again.start();
    assertEquals(1, ground.live("a").size(), where);
    again.delete(DeleteMode.FORCE);
    assertEquals(List.of(), ground.remains(), where);
  }

  /** An agent whose maker was killed ends by itself, but only when it has noticed. */
  private void awaitNoProcess(String where) throws Exception {
    for (int i = 0; i < 1000 && !ground.live("a").isEmpty(); i++) {
      Thread.sleep(10);
    }
    for (int pid : ground.live("a")) {
      try (PidFd process = PidFd.open(pid).orElseThrow()) {
        boolean ignored = process.signal(Signal.SIGKILL);
      }
    }
    assertEquals(List.of(), ground.live("a"), where);
  }
}
