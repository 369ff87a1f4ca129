package dev.carafe.conformance.oci;

import com.google.gson.JsonObject;
import dev.carafe.conformance.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A container and its bundle. */
final class Box implements AutoCloseable {
  private static final int PATIENCE_TENTHS = 150;

  private final Subject runtime;
  private final String id;
  private final Path bundle;

  Box(Subject runtime, String id, Path bundle) {
    this.runtime = runtime;
    this.id = Subject.harmless(id);
    this.bundle = bundle;
  }

  String id() {
    return id;
  }

  Path bundle() {
    return bundle;
  }

  /** Returns a path in the root file system. */
  Path in(String name) {
    return bundle.resolve("rootfs").resolve(name);
  }

  /**
   * Makes the container; its output goes to files. Its input is an empty pipe, not {@code
   * /dev/null}: crun gives the very device of the host to the user of a user namespace.
   */
  Shell.Result create(String... flags) {
    return runtime
        .view()
        .sh(
            "out=$1; shift; \"$@\" < <(:) >\"$out.out\" 2>\"$out.err\"; code=$?;"
                + " cat \"$out.err\" >&2; exit $code",
            runtime.line(bundle, "create", flags, "--bundle", bundle.toString(), id));
  }

  /** Makes the container, starts it, and removes it when it has ended. */
  Shell.Result run(String... flags) {
    Object[] line = runtime.line(bundle, "run", flags, "--bundle", bundle.toString(), id);
    return runtime.view().sh("shift; exec \"$@\"", line);
  }

  /** The same, by a shell that has done something else before. */
  Shell.Result runAfter(String script, String... flags) {
    Object[] line = runtime.line(bundle, "run", flags, "--bundle", bundle.toString(), id);
    return runtime.view().sh("shift; " + script + "; exec \"$@\"", line);
  }

  Shell.Result start() {
    return runtime.view().sh("shift; exec \"$@\" >/dev/null", runtime.line(bundle, "start", id));
  }

  Shell.Result kill(String signal) {
    return runtime.call("kill", id, signal);
  }

  Shell.Result delete() {
    return runtime.call("delete", id);
  }

  JsonObject state() {
    return Config.parse(runtime.call("state", id).ok().out()).getAsJsonObject();
  }

  String status() {
    return state().get("status").getAsString();
  }

  int pid() {
    return state().get("pid").getAsInt();
  }

  /** Waits until the container has this status. */
  Box await(String status) {
    String seen = "";
    for (int i = 0; i < PATIENCE_TENTHS; i++) {
      seen = status();
      if (seen.equals(status)) {
        return this;
      }
      pause();
    }
    throw new AssertionError("it is still " + seen + ", not " + status);
  }

  /** Waits until a file of the root file system has this text. */
  Box await(String file, String text) {
    for (int i = 0; i < PATIENCE_TENTHS; i++) {
      if (read(in(file)).equals(text)) {
        return this;
      }
      pause();
    }
    throw new AssertionError(file + " has " + read(in(file)) + ", not " + text);
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Kills the program and waits for its end. */
  Box stop() {
    kill("KILL").ok();
    return await("stopped");
  }

  /** Starts the program and waits for its end; returns what it said. */
  Report finish() {
    start().ok();
    await("stopped");
    return said();
  }

  /** Returns what the program has said. */
  Report said() {
    return Report.of(read(bundle.resolve("io.out")));
  }

  /** Returns a file's text; nothing if it is not there. */
  static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    runtime.call("delete", "--force", id);
  }
}
