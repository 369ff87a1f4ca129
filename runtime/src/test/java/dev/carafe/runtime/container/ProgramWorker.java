package dev.carafe.runtime.container;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Works by calling the program, one command after the other. */
final class ProgramWorker extends RefereeWorker {
  private static final long PATIENCE_SECONDS = 60;

  /** What the program says when a container is not in the status for a command. */
  private static final Pattern STATUS =
      Pattern.compile(
          "container not running|that is not stopped|cannot start an? "
              + "|cannot (start|signal) container .*: it is being ");

  private final Ground ground;
  private final Path program;
  private final Path output;

  ProgramWorker(Ground ground, Path program, int number) {
    super(ground, "program-" + number, number);
    this.ground = ground;
    this.program = program;
    this.output = ground.path.resolve("output-" + number);
  }

  @Override
  String perform(String operation, String id) {
    try {
      return switch (operation) {
        case "create" ->
            outcome(run("create", "--bundle", ground.bundle(id).toString(), id), "done");
        case "kill" ->
            outcome(run("kill", id, List.of("KILL", "TERM", "0").get(random(3))), "done");
        // Whether there was a container is not told.
        case "force" -> outcome(run("delete", "--force", id), "maybe");
        case "load" -> outcome(run("state", id), "done");
        case "list" -> {
          int code = run("list");
          yield said().contains("level=") ? "broken " + said() : outcome(code, "done");
        }
        default -> outcome(run(operation, id), "done");
      };
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "broken interrupted";
    }
  }

  /** Returns its exit code. */
  private int run(String... words) throws IOException, InterruptedException {
    List<String> line =
        new ArrayList<>(List.of(program.toString(), "--root", ground.root.toString()));
    line.addAll(List.of(words));
    Process process =
        new ProcessBuilder(line)
            .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(output.toFile())
            .redirectErrorStream(true)
            .start();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      return Integer.MAX_VALUE;
    }
    return process.exitValue();
  }

  private String said() throws IOException {
    return Files.readString(output).strip();
  }

  private String outcome(int code, String good) throws IOException {
    if (code == 0) {
      return good;
    }
    String said = said();
    if (code != 1) {
      return "broken code " + code + ": " + said;
    }
    if (said.contains("container does not exist")) {
      return "missing";
    }
    if (said.contains("container with given ID already exists")) {
      return "exists";
    }
    return STATUS.matcher(said).find() ? "status" : "failed " + said;
  }
}
