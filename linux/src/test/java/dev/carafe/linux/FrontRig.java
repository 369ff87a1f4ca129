package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A front with a start file in a directory of its own. It is started by an agent, which first makes
 * the world of an odd caller.
 */
final class FrontRig implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 20_000;

  /** What the kernel has in place of a handler that ignores. */
  private static final long SIG_IGN = 1;

  final Temp temp;
  private final Path program;
  private final List<PidFd> started = new ArrayList<>();

  FrontRig() throws IOException {
    AgentProgram.file();
    temp = new Temp();
    program = temp.path.resolve("carafe");
    Files.write(program, NativeLibrary.resource("carafe"));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Returns the path of a file in the rig's directory. */
  String path(String name) {
    return temp.path.resolve(name).toString();
  }

  void write(String name, String text, String mode) throws IOException {
    Path path = temp.path.resolve(name);
    Files.writeString(path, text);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  /** Lets the front start a Java of the tests' own with {@link FrontPlay}. */
  void useJava() throws IOException {
    write(
        "carafe.conf",
        String.join(
            "\n",
            "java " + System.getProperty("java.home") + "/bin/java",
            "arg -Xlog:disable",
            "arg -XX:+UseSerialGC",
            "arg -XX:TieredStopAtLevel=1",
            "arg -XX:-UsePerfData",
            "arg -Xmx64m",
            "arg -Dcarafe.native=" + library(),
            "arg --enable-native-access=ALL-UNNAMED",
            "arg -cp",
            "arg " + System.getProperty("java.class.path"),
            "main " + FrontPlay.class.getName(),
            ""),
        "rw-r--r--");
  }

  /** Returns the library's file, which a Java with a small limit of file sizes cannot unpack. */
  private static String library() {
    String name = "/META-INF/carafe/linux-" + Arch.current().label() + "/libcarafe.so";
    return Path.of(URI.create(FrontRig.class.getResource(name).toString())).toString();
  }

  /** Lets the front start a shell script in the place of Java; {@code more} are lines for it. */
  void useScript(String script, String... more) throws IOException {
    write("java.sh", "#!/bin/sh\n" + script + "\n", "rwxr-xr-x");
    write(
        "carafe.conf",
        "java " + path("java.sh") + "\n" + String.join("\n", more) + "\nmain the.Main\n",
        "rw-r--r--");
  }

  /** Opens the file that takes the front's output. */
  private Fd sink(String name) {
    return Sys.open(path(name), Open.WRONLY | Open.CREAT | Open.TRUNC | Open.APPEND, 0600);
  }

  /** Starts the front with {@code stdin}; {@code world} prepares what the caller has. */
  PidFd start(Optional<Fd> stdin, List<Fd> more, Consumer<Calls> world, List<String> arguments) {
    try (Fd out = sink("out");
        Fd err = sink("err")) {
      return start(0, List.of(stdin, Optional.of(out), Optional.of(err)), more, world, arguments);
    }
  }

  /** Starts the front with the given standard descriptors. */
  PidFd start(
      long namespaces,
      List<Optional<Fd>> standard,
      List<Fd> more,
      Consumer<Calls> world,
      List<String> arguments) {
    try (Agent agent =
        Spawner.spawn(namespaces, standard.get(0), standard.get(1), standard.get(2), more)) {
      Batch batch = agent.batch();
      Calls calls = new Calls(batch);
      world.accept(calls);
      List<String> argv = new ArrayList<>(List.of("carafe"));
      argv.addAll(arguments);
      Data path = batch.string(program.toString());
      Data list = batch.strings(argv);
      Data environment = batch.strings(List.of("CALLER=has this", "ODD=\udcff"));
      // Not EXEC, which would put the caller's signals back.
      calls.call("execute the front", Syscall.EXECVE, path, list, environment);
      agent.send(batch);
      if (Sys.poll(agent.socket(), Sys.POLLIN, PATIENCE_MILLIS) == 0
          || Sys.read(agent.socket(), 1).length != 0) {
        fail("the front was not executed");
      }
      PidFd front = agent.detachProcess().orElseThrow();
      started.add(front);
      return front;
    }
  }

  /** Starts the front as an ordinary caller does. */
  PidFd start(String... arguments) {
    return start(Optional.empty(), List.of(), calls -> {}, List.of(arguments));
  }

  /** Runs the front to its end and returns its exit code. */
  int run(Consumer<Calls> world, String... arguments) {
    return end(start(Optional.empty(), List.of(), world, List.of(arguments)));
  }

  /** Runs the front to its end and returns its exit code. */
  int run(String... arguments) {
    return run(calls -> {}, arguments);
  }

  /** Waits for the front's end and returns its exit code as a shell does. */
  int end(PidFd front) {
    started.remove(front);
    try (front) {
      if (!front.waitExit(PATIENCE_MILLIS)) {
        front.signal(Signal.SIGKILL);
        front.reap();
        fail("the front does not end; it said: " + text("out") + text("err"));
      }
      return WaitStatus.exitCode(front.reap());
    }
  }

  /** Returns what the front and its children have written so far. */
  String text(String name) {
    try {
      return new String(Files.readAllBytes(temp.path.resolve(name)), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  /** Waits until the front or a child has written {@code words}. */
  void await(String words) throws InterruptedException {
    long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
    while (!text("out").contains(words)) {
      assertTrue(
          System.currentTimeMillis() < deadline,
          "no \"" + words + "\" in: " + text("out") + text("err"));
      Thread.sleep(5);
    }
  }

  /** Returns the value in the output's line {@code name=value}. */
  String value(String name) {
    for (String line : text("out").split("\n", -1)) {
      if (line.startsWith(name + "=")) {
        return line.substring(name.length() + 1);
      }
    }
    return fail("no " + name + " in: " + text("out") + text("err"));
  }

  /** Returns whether this JVM was started with a signal ignored, which its children inherit. */
  static boolean ignores(int signal) {
    String status =
        new String(
            Sys.tryReadFile("/proc/self/status", 65_536).orElseThrow(), StandardCharsets.UTF_8);
    int at = status.indexOf("SigIgn:\t") + "SigIgn:\t".length();
    long ignored = Long.parseUnsignedLong(status.substring(at, at + 16), 16);
    return (ignored >> (signal - 1) & 1) != 0;
  }

  /** Waits until a process is gone, or a zombie that only process 1 still has to reap. */
  static void assertEnds(int pid) throws InterruptedException {
    Optional<PidFd> process = PidFd.open(pid);
    if (process.isPresent()) {
      try (PidFd open = process.get()) {
        assertTrue(open.waitExit(PATIENCE_MILLIS), "process " + pid + " still lives");
      }
    }
  }

  static void ignore(Calls calls, int signal) {
    Data action = calls.batch().bytes(Bytes.longs(SIG_IGN, 0, 0, 0));
    Ref _ =
        calls.call(
            "ignore a signal", Syscall.RT_SIGACTION, Arg.of(signal), action, Arg.ZERO, Arg.of(8));
  }

  static void block(Calls calls, long mask) {
    Data data = calls.batch().bytes(Bytes.longs(mask));
    // SIG_SETMASK
    Ref _ =
        calls.call("block signals", Syscall.RT_SIGPROCMASK, Arg.of(2), data, Arg.ZERO, Arg.of(8));
  }

  /** Waits until the front waits: until then a signal ends it, as it does any program. */
  static void awaitWaiting(PidFd front) throws InterruptedException {
    long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
    String path = "/proc/" + front.pid() + "/status";
    // All but SIGKILL and SIGSTOP.
    String blocked = "SigBlk:\tfffffffffffbfeff";
    while (!OsString.decode(Sys.readFile(Fd.CWD, path, 65536)).contains(blocked)) {
      assertTrue(System.currentTimeMillis() < deadline, "the front does not wait");
      Thread.sleep(5);
    }
  }

  @Override
  public void close() throws IOException {
    for (PidFd front : started) {
      try (front) {
        front.signal(Signal.SIGKILL);
        front.reap();
      }
    }
    temp.close();
  }
}
