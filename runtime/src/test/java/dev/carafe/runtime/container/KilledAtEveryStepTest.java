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

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
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
    new KilledSteps(ground, KilledOperation.class)
        .killAtEach(
            operation,
            where -> prepare(operation),
            where -> check(operation, where),
            where -> cleanUp(operation, where));
  }

  private void prepare(String operation) throws Exception {
    if (operation.equals("create")) {
      KilledSteps.forgetRoot(ground);
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
