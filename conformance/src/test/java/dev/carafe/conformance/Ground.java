package dev.carafe.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * A temporary directory with a state root, and the program that works on it. Closing it fails if
 * containers are left.
 */
public final class Ground implements AutoCloseable {
  private static final Path NATIVE = Path.of("src/test/native").toAbsolutePath();

  private final Path path;

  Ground() {
    try {
      path =
          Files.createTempDirectory(
              Path.of("/tmp"),
              "carafe-black",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the program under test. */
  public static Path program() {
    Path program = Path.of(System.getProperty("carafe.program", "")).toAbsolutePath().normalize();
    if (!Files.isExecutable(program)) {
      throw new AssertionError(
          program + " is not there: build with mvn -pl cli,conformance -am verify");
    }
    return program;
  }

  /** Compiles a C program of the tests, statically; returns its path. */
  public static synchronized Path tool(String name) {
    Path made = Path.of("target/tools", name).toAbsolutePath();
    Path source = NATIVE.resolve(name + ".c");
    Shell.run(
            "mkdir -p \"${1%/*}\" && { [ \"$1\" -nt \"$2\" ] ||"
                + " { cc -static -O1 -Wall -o \"$1.new\" \"$2\" && mv -f \"$1.new\" \"$1\"; }; }",
            made, source)
        .ok();
    return made;
  }

  Path path() {
    return path;
  }

  /** Returns the state root. */
  Path root() {
    return path.resolve("root");
  }

  /** Makes an empty directory. */
  Path directory(String name) {
    try {
      return Files.createDirectories(path.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a bundle. */
  Bundle bundle(String name) {
    return new Bundle(directory(name));
  }

  /** Calls the program with these words. */
  Shell.Result carafe(Object... words) {
    return sh("exec carafe \"$@\"", words);
  }

  /** Runs a script; in it, {@code carafe} is the program on this root. */
  Shell.Result sh(String script, Object... words) {
    return start(script, words).end();
  }

  /**
   * Starts a script; in it, {@code carafe} is the program on this root, also after {@code exec}.
   */
  Shell.Running start(String script, Object... words) {
    return Shell.start("PATH=\"" + wrapper() + ":$PATH\"; " + script, words);
  }

  /**
   * Returns a directory with a {@code carafe} that adds {@code --root}: a script of shell builtins,
   * which hands on streams, descriptors, limits and signals as they came.
   */
  Path wrapper() {
    Path directory = directory("bin");
    Path script = directory.resolve("carafe");
    try {
      if (!Files.exists(script)) {
        Files.writeString(
            script, "#!/bin/sh\nexec '" + program() + "' --root '" + root() + "' \"$@\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return directory;
  }

  /** Returns the ids of the containers that there are. */
  List<String> ids() {
    return carafe("list", "-q").ok().out().lines().toList();
  }

  /** Removes all; returns what was there and should not have been. */
  @Override
  public void close() {
    List<String> left = new ArrayList<>();
    if (Files.exists(root())) {
      left.addAll(ids());
      for (String id : left) {
        carafe("delete", "--force", id).ok();
      }
    }
    Shell.run("rm -rf --one-file-system \"$1\"", path).ok();
    if (!left.isEmpty()) {
      throw new AssertionError("containers were left: " + left);
    }
  }
}
