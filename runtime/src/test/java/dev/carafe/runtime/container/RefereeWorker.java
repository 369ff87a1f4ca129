package dev.carafe.runtime.container;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/**
 * Works on the containers of a root at random, and logs what it did and what came of it, one line
 * each: begin, end, operation, id, outcome. The {@link Referee} says what outcomes there are.
 */
abstract class RefereeWorker {
  static final int IDS = 8;

  private final Path log;
  private final Random random;

  RefereeWorker(Ground ground, String name, long seed) {
    this.log = log(ground, name);
    this.random = new Random(seed);
  }

  static Path log(Ground ground, String name) {
    return ground.path.resolve("log-" + name);
  }

  /** Does an operation once; returns what came of it, in one line. */
  abstract String perform(String operation, String id);

  /** Returns a number below another one. */
  final int random(int bound) {
    return random.nextInt(bound);
  }

  /** Does any operation, on any id. */
  final void once() {
    String id = "c" + random(IDS);
    String operation = operation();
    long begin = System.nanoTime();
    String outcome = perform(operation, id).replace('\n', ' ');
    write(begin + " " + System.nanoTime() + " " + operation + " " + id + " " + outcome + "\n");
  }

  private String operation() {
    int dice = random(100);
    if (dice < 22) {
      return "create";
    }
    if (dice < 52) {
      return "start";
    }
    if (dice < 64) {
      return "kill";
    }
    if (dice < 78) {
      return "delete";
    }
    return dice < 85 ? "force" : dice < 95 ? "load" : "list";
  }

  private void write(String line) {
    try {
      Path ignored =
          Files.write(
              log,
              line.getBytes(StandardCharsets.UTF_8),
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
