package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs an operation in a JVM of its own: whole, and then killed at each of its steps in turn. */
final class KilledSteps {
  private final Ground ground;
  private final Class<?> program;
  private final Path output;

  /** Part of a test; {@code where} says what came before. */
  interface Part {
    void run(String where) throws Exception;
  }

  KilledSteps(Ground ground, Class<?> program) {
    this.ground = ground;
    this.program = program;
    this.output = ground.path.resolve("output");
  }

  /** Kills it at each step, with something before, a look after that, and an end after each run. */
  void killAtEach(String operation, Part prepare, Part check, Part cleanUp) throws Exception {
    prepare.run(operation);
    assertEquals(0, run(operation, 0), Files.readString(output));
    int steps = Integer.parseInt(Files.readString(output).strip());
    assertTrue(steps > 10, "only " + steps + " steps");
    cleanUp.run("all of " + operation);
    for (int i = 1; i <= steps; i++) {
      prepare.run(operation);
      int code = run(operation, i);
      String where = operation + " killed at step " + i + ": " + Files.readString(output).strip();
      assertEquals(137, code, where);
      check.run(where);
      cleanUp.run(where);
    }
    System.out.println(operation + ": killed at each of " + steps + " steps");
  }

  private int run(String operation, int step) throws Exception {
    boolean ignored = Files.deleteIfExists(output);
    Process process =
        Jvm.start(
            List.of(), output, program, ground.path.toString(), operation, Integer.toString(step));
    return Jvm.await(process, output);
  }

  /** Has the next create make all that the very first one of a root makes. */
  static void forgetRoot(Ground ground) throws Exception {
    for (String each : List.of("aside", "containers", "")) {
      boolean ignored = Files.deleteIfExists(ground.root.resolve(each));
    }
  }
}
