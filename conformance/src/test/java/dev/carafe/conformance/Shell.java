package dev.carafe.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs shell scripts and takes down what they say. */
public final class Shell {
  private static final long PATIENCE_SECONDS = 60;

  private Shell() {}

  /**
   * What a script did.
   *
   * @param code its exit code
   * @param out its standard output, a character for each byte
   * @param err its standard error
   */
  public record Result(int code, String out, String err) {
    /** Returns this if the exit code is 0. */
    public Result ok() {
      return ends(0);
    }

    /** Returns this if the exit code is that one. */
    public Result ends(int wanted) {
      if (code != wanted) {
        throw new AssertionError("exit code " + code + ", not " + wanted + ": " + out + err);
      }
      return this;
    }

    /** Returns this if it failed as a command does that says why: code 1, one line, no output. */
    public Result refused() {
      ends(1);
      if (!out.isEmpty() || err.isBlank() || err.contains("\tat ")) {
        throw new AssertionError("not a clean refusal: " + out + err);
      }
      return this;
    }
  }

  /**
   * Runs a script by {@code bash -c}, which knows descriptors above 9; the words are its {@code $1}
   * and so on.
   */
  public static Result run(String script, Object... words) {
    return start(script, words).end();
  }

  /** Starts a script. */
  public static Running start(String script, Object... words) {
    List<String> line = new ArrayList<>(List.of("/bin/bash", "-c", script, "bash"));
    for (Object word : words) {
      line.add(word.toString());
    }
    try {
      Process process = new ProcessBuilder(line).start();
      return new Running(process, read(process.getInputStream()), read(process.getErrorStream()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CompletableFuture<String> read(InputStream stream) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return new String(stream.readAllBytes(), StandardCharsets.ISO_8859_1);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        Thread::startVirtualThread);
  }

  /** A script that runs. */
  public static final class Running {
    private final Process process;
    private final CompletableFuture<String> out;
    private final CompletableFuture<String> err;

    private Running(Process process, CompletableFuture<String> out, CompletableFuture<String> err) {
      this.process = process;
      this.out = out;
      this.err = err;
    }

    public long pid() {
      return process.pid();
    }

    /** Returns its standard input. */
    public OutputStream stdin() {
      return process.getOutputStream();
    }

    /** Ends it if it still runs. */
    public void stop() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }

    /** Closes its standard input and waits for its end. */
    public Result end() {
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        // It has not read all.
      }
      try {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
          throw new AssertionError("it has not ended after " + PATIENCE_SECONDS + " s");
        }
        // A process that the script left behind may hold the streams.
        return new Result(
            process.exitValue(), out.get(10, TimeUnit.SECONDS), err.get(10, TimeUnit.SECONDS));
      } catch (Exception e) {
        throw new AssertionError("its output did not end", e);
      }
    }
  }
}
