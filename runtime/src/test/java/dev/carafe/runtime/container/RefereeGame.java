package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.ContainerNotFoundException;
import dev.carafe.DeleteMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Many processes work on one root at random, and a {@link Referee} watches: eight JVMs with four
 * threads each, and beside them, where there is a program, always eight calls of it.
 */
public final class RefereeGame implements AutoCloseable {
  private static final int JVMS = 8;
  private static final int THREADS = 4;
  private static final int CALLERS = 8;

  /** On a busy machine it lasts until every caller has had so many turns. */
  private static final int TURNS = 3;

  private final Ground ground = new Ground();
  private final Path output = ground.path.resolve("output");
  private final String store;
  private final Optional<Path> program;
  private final Referee referee;

  private RefereeGame(String store, Optional<Path> program) throws IOException {
    this.store = store;
    this.program = program;
    this.referee = new Referee(ground, program.isPresent());
    Path ignored = Files.createFile(output);
  }

  /** One on the test platform, with a store that {@link ApiWorker} knows by that name. */
  static RefereeGame withStore(String name) throws IOException {
    return new RefereeGame(name, Optional.empty());
  }

  /** One with real containers, half of whose players call the program. */
  public static RefereeGame withProgram(Path program) throws IOException {
    RefereeGame game = new RefereeGame("good", Optional.of(program));
    game.ground.addBusybox();
    return game;
  }

  static Path stop(Ground ground) {
    return ground.path.resolve("stop");
  }

  /** Plays; fails if the referee sees a fault, or if something is left behind. */
  public void fair(int seconds) throws Exception {
    List<String> seen = play(seconds, false);
    System.out.println("the referee saw " + referee.summary());
    assertEquals(List.of(), seen, Files.readString(output));
    Containers containers = ApiWorker.containers(ground, store, program.isPresent());
    for (int i = 0; i < RefereeWorker.IDS; i++) {
      try {
        containers.delete(Ground.id("c" + i), DeleteMode.FORCE);
      } catch (ContainerNotFoundException e) {
        // As may be.
      }
      assertEquals(List.of(), ground.inCgroups("c" + i));
    }
    assertEquals(List.of(), ground.remains());
    assertEquals(List.of(), ground.processes());
    String mounts = Files.readString(Path.of("/proc/self/mountinfo"));
    assertTrue(!mounts.contains(ground.path.toString()), mounts);
  }

  /** Plays, not longer than until the referee sees a fault; returns what it saw. */
  List<String> untilSeen(int seconds) throws Exception {
    return play(seconds, true);
  }

  private List<String> play(int seconds, boolean untilSeen) throws Exception {
    List<Process> jvms = new ArrayList<>();
    for (int i = 0; i < JVMS; i++) {
      jvms.add(jvm(i));
    }
    List<Thread> callers = new ArrayList<>();
    if (program.isPresent()) {
      for (int i = 0; i < CALLERS; i++) {
        callers.add(caller(new ProgramWorker(ground, program.get(), i)));
      }
    }
    awaitLogs();
    List<String> seen = List.of();
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (System.nanoTime() < end && (!untilSeen || seen.isEmpty())) {
      for (int i = 0; i < 10; i++) {
        referee.look();
      }
      seen = untilSeen ? referee.judge() : seen;
    }
    Path ignored = Files.createFile(stop(ground));
    for (Thread each : callers) {
      each.join();
    }
    for (Process each : jvms) {
      assertEquals(0, Jvm.await(each, output), Files.readString(output));
    }
    return referee.judge();
  }

  private Thread caller(ProgramWorker worker) {
    return Thread.ofPlatform()
        .start(() -> {
          for (int i = 0; i < TURNS || !Files.exists(stop(ground)); i++) {
            worker.once();
          }
        });
  }

  /** Waits until the JVMs are at work, which takes a while when the machine is busy. */
  private void awaitLogs() throws Exception {
    for (int i = 0; i < JVMS; i++) {
      for (int j = 0; j < THREADS; j++) {
        Path log = RefereeWorker.log(ground, i + "-" + j);
        for (int k = 0; k < 6000 && !Files.exists(log); k++) {
          Thread.sleep(10);
        }
        assertTrue(Files.exists(log), Files.readString(output));
      }
    }
  }

  private Process jvm(int number) throws IOException {
    return Jvm.start(
        List.of(),
        output,
        ApiWorker.class,
        ground.path.toString(),
        store,
        Boolean.toString(program.isPresent()),
        Integer.toString(THREADS),
        Integer.toString(number));
  }

  /** Removes all, whatever has happened. */
  @Override
  public void close() throws IOException {
    ground.close();
  }
}
