package dev.carafe.runtime.launch;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Open;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Sys;
import dev.carafe.linux.WaitStatus;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.testing.NoCgroup;
import dev.carafe.runtime.testing.TestBundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Launches a bundle by the launcher itself, without a container layer, in this JVM. */
final class TestLaunch implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 20_000;

  private final TestBundle bundle;
  private final Path directory;
  private final Fd directoryFd;
  private final Path out;
  private final Path err;
  private String id = "test";
  private LaunchOptions options = LaunchOptions.NONE;
  private Optional<Launched> launched = Optional.empty();
  final List<ProcessIdentity> known = new ArrayList<>();

  /** What a program printed and how it ended: its exit code, or 128 + its signal. */
  record Outcome(String out, String err, int code, List<String> warnings) {
    /** Returns the value of a line {@code name:<tab>value}. */
    String field(String name) {
      for (String line : out.split("\n", -1)) {
        if (line.startsWith(name + ":")) {
          return line.substring(name.length() + 1).strip();
        }
      }
      throw new AssertionError("no " + name + " in: " + out);
    }
  }

  TestLaunch(TestBundle bundle) {
    try {
      this.bundle = bundle;
      this.directory = Files.createTempDirectory(bundle.path(), "private");
      this.directoryFd = Sys.open(directory.toString(), Open.PATH | Open.DIRECTORY, 0);
      this.out = bundle.path().resolve("out");
      this.err = bundle.path().resolve("err");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TestLaunch options(UnaryOperator<LaunchOptions> change) {
    options = change.apply(options);
    return this;
  }

  TestLaunch id(String changed) {
    id = changed;
    return this;
  }

  Fd directory() {
    return directoryFd;
  }

  /** Runs a script in a bundle, from its launch to its end. */
  static Outcome run(TestBundle bundle) {
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      launch.start();
      return launch.end();
    }
  }

  /** Returns an error's message. */
  static String message(Exception e) {
    return String.valueOf(e.getMessage());
  }

  Launched create() {
    try (Caller caller = new JvmCaller()) {
      return create(caller);
    }
  }

  Launched create(Caller caller) {
    Launcher.check(bundle.spec(), options);
    try (Fd outFd = Sys.open(out.toString(), Open.WRONLY | Open.CREAT | Open.TRUNC, 0644);
        Fd errFd = Sys.open(err.toString(), Open.WRONLY | Open.CREAT | Open.TRUNC, 0644)) {
      Stdio stdio = new Stdio.Streams(Optional.empty(), Optional.of(outFd), Optional.of(errFd));
      LaunchRequest request =
          new LaunchRequest(
              id,
              bundle.spec(),
              bundle.path().toString(),
              directoryFd,
              new NoCgroup(),
              stdio,
              options);
      launched = Optional.of(new Launcher(caller).launch(request, known::add));
      return launched.get();
    }
  }

  void start() {
    Launcher.start(directoryFd);
  }

  PidFd process() {
    return launched.orElseThrow().process().orElseThrow();
  }

  Outcome end() {
    PidFd process = process();
    if (!process.waitExit(PATIENCE_MILLIS)) {
      throw new AssertionError("the program did not end; it printed " + text(out) + text(err));
    }
    int status = process.reap();
    process.close();
    List<String> warnings = launched.orElseThrow().warnings();
    launched.orElseThrow().terminal().ifPresent(Fd::close);
    launched = Optional.empty();
    int code =
        WaitStatus.signaled(status) ? 128 + WaitStatus.signal(status) : WaitStatus.exitCode(status);
    return new Outcome(text(out), text(err), code, warnings);
  }

  private static String text(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (launched.isPresent()) {
      PidFd process = process();
      process.signal(Signal.SIGKILL);
      process.reap();
      process.close();
      launched.get().terminal().ifPresent(Fd::close);
    }
    directoryFd.close();
  }
}
