package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.Container;
import dev.carafe.ContainerRequest;
import dev.carafe.DeleteMode;
import dev.carafe.InvalidInputException;
import dev.carafe.KillScope;
import dev.carafe.Signal;
import dev.carafe.StreamMode;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.spec.Capabilities;
import dev.carafe.spec.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose process ids {@code kill --pid} and {@code --pgid} mean. */
final class KillScopeTest {
  /** In a pid namespace within, number 5 sleeps; in the container's own, number 5 has ended. */
  private static final String NESTED =
      "busybox unshare -p -f busybox sh -c"
          + " 'busybox true; busybox true; busybox true; busybox sleep 1000; busybox true'";

  private static final Signal KILL = Signal.of("KILL");

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets them before each test.
  private Ground ground;

  @SuppressWarnings("NullAway.Init")
  private Containers containers;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    ground.addBusybox();
    containers = ground.onLinux(StateStore.at(ground.root.toString()));
  }

  @AfterEach
  void end() throws Exception {
    if (!containers.list().containers().isEmpty()) {
      containers.delete(Ground.id("a"), DeleteMode.FORCE);
    }
    ground.close();
  }

  private Container run(String script) {
    ContainerRequest request = ground.linuxRequest("a");
    List<String> admin = List.of("CAP_SYS_ADMIN");
    Spec spec = request.spec().orElseThrow();
    Spec changed =
        spec.toBuilder()
            .process(
                spec.process().orElseThrow().toBuilder()
                    .args(List.of("/bin/busybox", "sh", "-c", script))
                    .env(List.of("PATH=/bin"))
                    .capabilities(new Capabilities(admin, admin, List.of(), admin, List.of()))
                    .build())
            .build();
    Container container =
        containers.create(
            ContainerRequest.builder(Ground.id("a"), ground.bundle)
                .spec(changed)
                .streams(StreamMode.NONE)
                .build());
    container.start();
    return container;
  }

  /** Waits for a process with these ids from the container's pid namespace inwards. */
  private static int await(Container container, String ids) throws Exception {
    for (int i = 0; i < 1000; i++) {
      for (int pid : container.processes()) {
        String line = nsPid(pid);
        if (line.endsWith("\t" + ids) && command(pid).contains("sleep")) {
          return pid;
        }
      }
      Thread.sleep(10);
    }
    throw new AssertionError("no process " + ids);
  }

  private static String nsPid(int pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("NSpid:")) {
          return line;
        }
      }
      return "";
    } catch (IOException e) {
      return ""; // It has ended.
    }
  }

  private static String command(int pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
    } catch (IOException e) {
      return ""; // It has ended.
    }
  }

  @Test
  void aProcessOfAPidNamespaceWithinIsNotHitByItsNumberThere() throws Exception {
    Container container = run("exec " + NESTED);
    // The numbers of the container: 1 is unshare, 2 the shell, 3 to 5 have ended, 6 sleeps.
    int nested = await(container, "6\t5");
    for (KillScope scope : List.of(new KillScope.One(5), new KillScope.Group(5))) {
      CarafeException e = assertThrows(CarafeException.class, () -> container.kill(KILL, scope));
      assertTrue(e.getMessage().endsWith("no such process in it"), e.getMessage());
    }
    assertThrows(InvalidInputException.class, () -> container.processId(5));
    assertTrue(container.processes().contains(nested));
    assertEquals(nested, container.processId(6));
  }

  @Test
  void aProcessIsHitByItsNumberInTheContainer() throws Exception {
    Container container = run("busybox sleep 1000 & busybox sleep 1001; exec busybox sleep 1002");
    int first = await(container, "2");
    int second = await(container, "3");
    container.kill(KILL, new KillScope.One(2));
    for (int i = 0; i < 1000 && !command(first).isEmpty(); i++) {
      Thread.sleep(10);
    }
    assertEquals("", command(first));
    assertFalse(command(second).isEmpty());
  }

  @Test
  void whatIsNoProcessIdIsRefused() {
    for (int wrong : new int[] {0, -1, Integer.MIN_VALUE}) {
      assertThrows(InvalidInputException.class, () -> new KillScope.One(wrong));
      assertThrows(InvalidInputException.class, () -> new KillScope.Group(wrong));
    }
  }
}
