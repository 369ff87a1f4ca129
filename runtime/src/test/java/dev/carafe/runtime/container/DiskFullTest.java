package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.Container;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerState;
import dev.carafe.DeleteMode;
import dev.carafe.ExitStatus;
import dev.carafe.KernelCallException;
import dev.carafe.KillScope;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.runtime.state.Steps;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The state root is a small tmpfs, which becomes full, of blocks or of inodes, at each step of an
 * operation in turn. The error says so, the old state is intact, and kill and delete work.
 */
final class DiskFullTest {
  private Ground ground;
  private final List<Path> filler = new ArrayList<>();

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    Files.createDirectory(ground.root);
    run("mount", "-t", "tmpfs", "-o", "size=128k,nr_inodes=64,mode=700", "tmpfs");
  }

  @AfterEach
  void end() throws Exception {
    empty();
    try {
      ground.containers().delete(Ground.id("a"), DeleteMode.FORCE);
    } catch (ContainerNotFoundException e) {
      // As it should be.
    }
    run("umount");
    ground.close();
  }

  private void run(String... command) throws Exception {
    List<String> all = new ArrayList<>(List.of(command));
    all.add(ground.root.toString());
    Process process = new ProcessBuilder(all).inheritIO().start();
    assertTrue(process.waitFor(20, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), all.toString());
  }

  private void fill(String what) {
    for (int i = 0; i < 1000; i++) {
      Path file = ground.root.resolve("filler" + filler.size());
      try (OutputStream out = Files.newOutputStream(file)) {
        filler.add(file);
        while (what.equals("blocks")) {
          out.write(new byte[512]);
        }
      } catch (IOException e) {
        assertTrue(String.valueOf(e.getMessage()).contains("No space left"), e.toString());
        return;
      }
    }
    throw new AssertionError("the disk does not fill");
  }

  private void empty() throws IOException {
    for (Path each : filler) {
      boolean ignored = Files.deleteIfExists(each);
    }
    filler.clear();
  }

  /** Containers whose disk becomes full at the n-th step; counts the steps. */
  private Containers filling(String what, int at, AtomicInteger count) {
    Steps steps =
        step -> {
          if (count.incrementAndGet() == at) {
            fill(what);
          }
        };
    return ground.stepping(steps);
  }

  private static void isClear(KernelCallException e, String start) {
    assertEquals("ENOSPC", e.errnoName());
    assertTrue(e.getMessage().startsWith(start), e.getMessage());
    assertTrue(e.getMessage().contains("ENOSPC (No space left on device)"), e.getMessage());
    // The start socket is bound by a path through /proc, which would say nothing.
    assertTrue(e.getMessage().matches(".*(/|start\\.sock).*"), "names a file: " + e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"blocks", "inodes"})
  void createFailsCleanly(String what) throws Exception {
    Containers containers = ground.containers();
    int failed = 0;
    boolean reached = true;
    for (int at = 1; reached; at++) {
      AtomicInteger count = new AtomicInteger();
      Containers filling = filling(what, at, count);
      try {
        Container made = filling.create(ground.request("a"));
        assertEquals(Status.CREATED, made.status());
        made.delete(DeleteMode.STOPPED);
      } catch (KernelCallException e) {
        failed++;
        isClear(e, "cannot create container \"a\": ");
        assertEquals(0, e.getSuppressed().length);
      }
      reached = count.get() >= at;
      assertEquals(List.of(), containers.list().problems());
      assertEquals(List.of(), containers.list().containers(), "at step " + at);
      empty();
      assertEquals(List.of(), ground.live("a"));
      assertEquals(List.of(), ground.remains());
    }
    assertTrue(failed >= 2, failed + " failures");
  }

  @ParameterizedTest
  @ValueSource(strings = {"blocks", "inodes"})
  void startFailsCleanlyAndCanBeDoneAgain(String what) throws Exception {
    Containers containers = ground.containers();
    int failed = 0;
    boolean reached = true;
    for (int at = 1; reached; at++) {
      Container c = containers.create(ground.request("a"));
      ContainerState was = c.state();
      AtomicInteger count = new AtomicInteger();
      Containers filling = filling(what, at, count);
      try {
        filling.load(c.id()).start();
      } catch (KernelCallException e) {
        failed++;
        isClear(e, "cannot start container \"a\": ");
        assertEquals(was, c.state(), "the old state is intact");
        empty();
        c.start();
      }
      reached = count.get() >= at;
      assertEquals(Status.RUNNING, c.status());
      c.delete(DeleteMode.FORCE);
      empty();
      assertEquals(List.of(), ground.remains());
    }
    assertTrue(failed >= 1, failed + " failures");
  }

  @ParameterizedTest
  @ValueSource(strings = {"blocks", "inodes"})
  void killWaitAndDeleteNeedNoSpace(String what) throws Exception {
    Containers containers = ground.containers();
    Container c = containers.create(ground.request("a"));
    fill(what);
    assertThrows(KernelCallException.class, c::start);
    assertThrows(KernelCallException.class, () -> containers.create(ground.request("b")));
    c.kill(Signal.of(0));
    c.kill(Signal.TERM);
    assertEquals(new ExitStatus.Exited(128 + 15), c.waitFor());
    c.kill(Signal.KILL, KillScope.ALL);
    c.delete(DeleteMode.STOPPED);
    assertThrows(ContainerNotFoundException.class, c::status);
    empty();
    assertEquals(List.of(), ground.remains());

    Container running = containers.create(ground.request("a"));
    running.start();
    fill(what);
    running.delete(DeleteMode.FORCE);
    empty();
    assertEquals(List.of(), ground.live("a"));
    assertEquals(List.of(), ground.remains());
  }
}
