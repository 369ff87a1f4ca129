package dev.carafe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A checkout of the sources for tests of the launcher: with the real launcher and scripts, with
 * links to what Maven has built already, and with a Maven that builds nothing and keeps count.
 */
final class Checkout implements AutoCloseable {
  private static final Path REAL =
      Path.of(System.getProperty("user.dir")).resolveSibling(".").normalize();

  private final Path path;
  private final Path tools;

  Checkout() throws IOException {
    path = Files.createTempDirectory(Path.of("/tmp"), "carafe launcher ").toRealPath();
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    tools = Files.createDirectory(path.resolve("tools"));
    for (String name : List.of("linux", "runtime", "spec", ".mvn")) {
      Files.createSymbolicLink(path.resolve(name), REAL.resolve(name));
    }
    check(Shell.run("cp -rp \"$1/carafe\" \"$1/scripts\" \"$1/pom.xml\" \"$2\"", REAL, path));
    check(
        Shell.run(
            "mkdir -p \"$2/target\" && cp -rp \"$1/src\" \"$1/pom.xml\" \"$2\""
                + " && cp \"$1/target/runtime-classpath\" \"$2/target\"",
            REAL.resolve("cli"),
            path.resolve("cli")));
    Path maven = tools.resolve("mvn");
    Files.writeString(
        maven,
        "#!/bin/sh\necho called >>'"
            + path
            + "/calls'\necho 'output of Maven'\nsleep 0.3\nexit $(cat '"
            + path
            + "/verdict' 2>/dev/null || echo 0)\n");
    Files.setPosixFilePermissions(maven, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void check(Shell.Result result) {
    if (result.code() != 0) {
      throw new AssertionError(result.err());
    }
  }

  Path path() {
    return path;
  }

  Path launcher() {
    return path.resolve("carafe");
  }

  /** Returns the directory that the launcher starts from. */
  Path dist() throws IOException {
    return path.resolve(".dist/current").toRealPath();
  }

  /** Says with which exit code Maven ends. */
  void mavenEndsWith(int code) throws IOException {
    Files.writeString(path.resolve("verdict"), code + "\n");
  }

  /** Returns how often Maven was called. */
  int builds() throws IOException {
    Path calls = path.resolve("calls");
    return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
  }

  /** Calls the launcher. */
  Shell.Result run(String... words) {
    return start(words).end();
  }

  Shell.Running start(String... words) {
    List<String> line = new ArrayList<>();
    line.add(launcher().toString());
    line.addAll(List.of(words));
    return Shell.start(line, path, environment());
  }

  /** Returns an environment in which the launcher finds the Maven of this. */
  Map<String, String> environment() {
    return Map.of(
        "PATH",
        tools + ":/usr/local/bin:/usr/bin:/bin",
        "JAVA_HOME",
        System.getProperty("java.home"));
  }

  @Override
  public void close() {
    check(Shell.run("rm -rf \"$1\"", path));
  }
}
