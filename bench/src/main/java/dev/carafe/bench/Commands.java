package dev.carafe.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs whole commands: timed in turn by the native timer, or once to prepare. */
final class Commands {
  private final String timer;

  Commands(String timer) {
    this.timer = timer;
  }

  /**
   * Times each command once after the other, {@code runs} times over. {@code %%} in an argument
   * becomes a number that no other run has.
   */
  void time(Row row, int runs, Map<String, List<String>> commands)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(timer, Integer.toString(runs)));
    boolean first = true;
    for (List<String> command : commands.values()) {
      if (!first) {
        line.add("--");
      }
      line.addAll(command);
      first = false;
    }
    List<String> names = List.copyOf(commands.keySet());
    for (String result : lines(line)) {
      String[] parts = result.split(" ", -1);
      String name = names.get(Integer.parseInt(parts[0]));
      if (!parts[2].equals("0")) {
        throw new IOException(name + " ended with " + parts[2] + ": " + commands.get(name));
      }
      row.add(name, Long.parseLong(parts[1]));
    }
  }

  /** Runs a command that must succeed and returns what it printed, by lines. */
  static List<String> lines(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    process.getOutputStream().close();
    List<String> lines;
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      lines = reader.lines().toList();
    }
    int code = process.waitFor();
    if (code != 0) {
      throw new IOException("exit code " + code + " of " + command);
    }
    return lines;
  }

  /** Runs a command whose output goes nowhere, as one must that leaves a container behind. */
  static void silently(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectInput(new java.io.File("/dev/null"))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int code = process.waitFor();
    if (code != 0) {
      throw new IOException("exit code " + code + " of " + command);
    }
  }
}
