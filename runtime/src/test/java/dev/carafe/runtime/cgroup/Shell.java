package dev.carafe.runtime.cgroup;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * A shell that waits for a line before it does anything, so that it can be put into a cgroup first.
 */
final class Shell implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;

  private final Process process;
  private final BufferedReader out;
  private final Writer in;

  /** Starts a shell for a script; its standard error comes with its output. */
  Shell(String script) throws IOException {
    process =
        new ProcessBuilder("sh", "-c", "read -r go; " + script).redirectErrorStream(true).start();
    out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    in = process.outputWriter(StandardCharsets.UTF_8);
  }

  int pid() {
    return (int) process.pid();
  }

  /** Lets it run. */
  Shell go() throws IOException {
    say("go");
    return this;
  }

  void say(String line) throws IOException {
    in.write(line + "\n");
    in.flush();
  }

  /** Reads a line, or null at the end. */
  String hear() throws IOException {
    String line = out.readLine();
    return line == null ? "" : line;
  }

  /** Whether there is something to read. */
  boolean heard() throws IOException {
    return out.ready();
  }

  /** Reads all that it says until its end. */
  String all() throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Waits for its end; 128 and the signal's number if it was killed. */
  int status() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the shell did not end");
    }
    return process.exitValue();
  }

  /** Runs a script to its end in a cgroup; returns what it said. */
  static String inside(Cgroup cgroup, String script) throws IOException, InterruptedException {
    try (Shell shell = new Shell(script)) {
      cgroup.join(dev.carafe.linux.Local.get(), shell.pid());
      String said = shell.go().all();
      return said + "exit " + shell.status();
    }
  }

  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      in.close();
      out.close();
    } catch (IOException e) {
      // The pipe broke when it was killed.
      process.getErrorStream();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
