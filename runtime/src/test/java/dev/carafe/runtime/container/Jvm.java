package dev.carafe.runtime.container;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts JVMs that run a main class of the tests. */
public final class Jvm {
  private Jvm() {}

  /** Returns the command line of one. */
  public static List<String> command(List<String> flags, Class<?> main, String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Xmx128m",
            "-Xlog:disable",
            "-ea",
            "--enable-native-access=ALL-UNNAMED"));
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath(), main.getName()));
    command.addAll(List.of(args));
    return command;
  }

  /** Starts one; what it prints goes to the file. */
  static Process start(List<String> flags, Path output, Class<?> main, String... args)
      throws IOException {
    return new ProcessBuilder(command(flags, main, args))
        .redirectErrorStream(true)
        .redirectOutput(Redirect.appendTo(output.toFile()))
        .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
        .start();
  }

  /** Waits for its end, and kills it when that takes longer than a minute. */
  static int await(Process process, Path output) throws IOException, InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new AssertionError("a JVM did not end: " + Files.readString(output));
    }
    return process.exitValue();
  }

  private static String classPath() {
    // Surefire hides the class path in the manifest of a jar of its own, and tells it so.
    String real = System.getProperty("surefire.test.class.path");
    return real == null ? System.getProperty("java.class.path") : real;
  }
}
