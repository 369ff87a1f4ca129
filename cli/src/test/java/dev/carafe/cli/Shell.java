package dev.carafe.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs a program and takes down what it says. */
final class Shell {
  private static final long PATIENCE_SECONDS = 120;

  private Shell() {}

  /**
   * What a program did.
   *
   * @param code its exit code
   * @param out its standard output
   * @param err its standard error
   */
  record Result(int code, String out, String err) {}

  /** Runs a script by {@code sh -c}; the words are its {@code $1} and so on. */
  static Result run(String script, Object... words) {
    return start(script, words).end();
  }

  /** Starts a script by {@code sh -c}, without waiting for its end. */
  static Running start(String script, Object... words) {
    List<String> line = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
    for (Object word : words) {
      line.add(word.toString());
    }
    return start(line, Path.of("/"), Map.of());
  }

  /** Starts a program. */
  static Running start(List<String> line, Path directory, Map<String, String> environment) {
    ProcessBuilder builder = new ProcessBuilder(line).directory(directory.toFile());
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      return new Running(process, read(process.getInputStream()), read(process.getErrorStream()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CompletableFuture<String> read(InputStream stream) {
    return CompletableFuture.supplyAsync(() -> {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
  }

  /** A program that runs. */
  static final class Running {
    private final Process process;
    private final CompletableFuture<String> out;
    private final CompletableFuture<String> err;

    private Running(Process process, CompletableFuture<String> out, CompletableFuture<String> err) {
      this.process = process;
      this.out = out;
      this.err = err;
    }

    long pid() {
      return process.pid();
    }

    /** Writes to its standard input. */
    void write(String text) {
      try {
        OutputStream in = process.getOutputStream();
        in.write(text.getBytes(StandardCharsets.UTF_8));
        in.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Closes its standard input and waits for its end. */
    Result end() {
      try {
        process.getOutputStream().close();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
          throw new AssertionError("it has not ended after " + PATIENCE_SECONDS + " s");
        }
        // A process that the program left behind may hold the streams.
        return new Result(
            process.exitValue(), out.get(10, TimeUnit.SECONDS), err.get(10, TimeUnit.SECONDS));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (Exception e) {
        throw new AssertionError("it left a process behind that holds its output", e);
      }
    }
  }
}
