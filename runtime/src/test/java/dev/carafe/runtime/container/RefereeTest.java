package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.ContainerNotFoundException;
import dev.carafe.DeleteMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many processes, half of them JVMs with four threads, the other half a new process for each
 * operation, work on one root, and a {@link Referee} watches. Sabotaged stores show that it sees.
 */
final class RefereeTest {
  private static final int JVMS = 8;
  private static final int SINGLE = 8;
  private static final int THREADS = 4;
  private static final int FIRST_SINGLE = 1000;

  private Ground ground;
  private Path output;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    ground.addBusybox();
    output = ground.path.resolve("output");
  }

  @AfterEach
  void end() throws Exception {
    ground.close();
  }

  @Test
  void seesNoFaultInTenSeconds() throws Exception {
    fair(10, false);
  }

  @Test
  void seesNoFaultInTenSecondsOnLinux() throws Exception {
    fair(10, true);
  }

  @Test
  @Tag("long")
  void seesNoFaultInAMinute() throws Exception {
    fair(60, false);
  }

  @Test
  @Tag("long")
  void seesNoFaultInAMinuteOnLinux() throws Exception {
    fair(60, true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"without looking again", "writing in place", "cleaning up the winner"})
  void seesASabotage(String store) throws Exception {
    Referee referee = new Referee(ground, false);
    // Until it is seen; a good store is not in a minute.
    List<String> seen = play(referee, store, 20, false, true);
    assertFalse(seen.isEmpty(), store);
    System.out.println("the referee saw " + store + ": " + seen.get(0));
  }

  private void fair(int seconds, boolean onLinux) throws Exception {
    Referee referee = new Referee(ground, onLinux);
    List<String> seen = play(referee, "good", seconds, onLinux, false);
    System.out.println("the referee saw " + referee.summary());
    assertEquals(List.of(), seen, Files.readString(output));
    Containers containers = RefereeWorker.containers(ground, "good", onLinux);
    for (int i = 0; i < RefereeWorker.IDS; i++) {
      try {
        containers.delete(Ground.id("c" + i), DeleteMode.FORCE);
      } catch (ContainerNotFoundException e) {
        // As may be.
      }
      assertEquals(List.of(), ground.inCgroups("c" + i));
    }
    assertEquals(List.of(), ground.remains());
    String mounts = Files.readString(Path.of("/proc/self/mountinfo"));
    assertFalse(mounts.contains(ground.path.toString()), mounts);
  }

  private List<String> play(
      Referee referee, String store, int seconds, boolean onLinux, boolean untilSeen)
      throws Exception {
    Path ignored = Files.createFile(output);
    Path stop = ground.path.resolve("stop");
    List<Process> jvms = new ArrayList<>();
    for (int i = 0; i < JVMS; i++) {
      jvms.add(jvm(store, onLinux, THREADS, i));
    }
    List<Optional<Process>> single = new ArrayList<>();
    for (int i = 0; i < SINGLE; i++) {
      single.add(Optional.empty());
    }
    List<String> seen = List.of();
    int next = FIRST_SINGLE;
    awaitLogs();
    long begin = System.nanoTime();
    // On a busy machine it lasts until the second half of the processes have had their turn too.
    while ((System.nanoTime() - begin < seconds * 1_000_000_000L
            || next < FIRST_SINGLE + 3 * SINGLE)
        && (!untilSeen || seen.isEmpty())) {
      for (int i = 0; i < SINGLE; i++) {
        if (single.get(i).isEmpty() || !single.get(i).get().isAlive()) {
          var old = single.set(i, Optional.of(jvm(store, onLinux, 0, next++)));
          assertEquals(0, old.isEmpty() ? 0 : old.get().exitValue());
        }
      }
      for (int i = 0; i < 10; i++) {
        referee.look();
      }
      seen = untilSeen ? referee.judge() : seen;
    }
    Files.createFile(stop);
    for (Optional<Process> each : single) {
      jvms.add(each.orElseThrow());
    }
    for (Process each : jvms) {
      assertEquals(0, Jvm.await(each, output), Files.readString(output));
    }
    return referee.judge();
  }

  /** Waits until the JVMs are at work, which takes a while when the machine is busy. */
  private void awaitLogs() throws Exception {
    for (int i = 0; i < JVMS; i++) {
      for (int j = 0; j < THREADS; j++) {
        Path log = ground.path.resolve("log-" + i + "-" + j);
        for (int k = 0; k < 6000 && !Files.exists(log); k++) {
          Thread.sleep(10);
        }
        assertTrue(Files.exists(log), Files.readString(output));
      }
    }
  }

  private Process jvm(String store, boolean onLinux, int threads, int seed) throws Exception {
    return Jvm.start(
        List.of(),
        output,
        RefereeWorker.class,
        ground.path.toString(),
        store,
        Boolean.toString(onLinux),
        Integer.toString(threads),
        Integer.toString(seed));
  }
}
