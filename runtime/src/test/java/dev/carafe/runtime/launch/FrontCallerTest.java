package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Agent;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Open;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Prctl;
import dev.carafe.linux.Rlimit;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Spawner;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.linux.WaitStatus;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.Hook;
import dev.carafe.spec.Hooks;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.NamespaceType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A launch for a command: what its caller had is what the container gets, and nothing of a JVM. */
final class FrontCallerTest {
  private static final long PATIENCE_MILLIS = 30_000;
  private static final int SIGUSR1 = 10;
  private static final int SIGUSR2 = 12;

  private final TestBundle bundle = TestBundle.create();
  private final Path directory = bundle.path().resolve("private");
  private final Path out = bundle.path().resolve("out");
  private Optional<PidFd> init = Optional.empty();

  @BeforeEach
  void front() throws IOException {
    // As conmon does: what the front leaves becomes ours.
    Sys.call(Syscall.PRCTL, Prctl.SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    Files.createDirectory(directory);
    Path program = bundle.path().resolve("carafe");
    String arch = System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64";
    try (InputStream from =
        Agent.class.getResourceAsStream("/META-INF/carafe/linux-" + arch + "/carafe")) {
      Files.copy(from, program);
    }
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(
        bundle.path().resolve("carafe.conf"),
        String.join(
            "\n",
            "java " + System.getProperty("java.home") + "/bin/java",
            "arg -Xlog:disable",
            "arg -XX:+UseSerialGC",
            "arg -XX:TieredStopAtLevel=1",
            "arg -XX:-UsePerfData",
            "arg -XX:-MaxFDLimit",
            "arg --enable-native-access=ALL-UNNAMED",
            "arg -cp",
            "arg " + System.getProperty("java.class.path"),
            "main " + FrontMain.class.getName(),
            ""));
  }

  @AfterEach
  void remove() {
    if (init.isPresent()) {
      init.get().signal(Signal.SIGKILL);
      init.get().reap();
      init.get().close();
    }
    Sys.call(Syscall.PRCTL, Prctl.SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    bundle.close();
  }

  /** Runs the front in a world of a caller's; returns its exit code. */
  private int create(Consumer<Calls> world, int preserveFds, Fd... more) {
    bundle.write();
    try (Fd sink = Sys.open(out.toString(), Open.WRONLY | Open.CREAT | Open.TRUNC, 0644);
        Agent agent =
            Spawner.spawn(
                0, Optional.empty(), Optional.of(sink), Optional.of(sink), List.of(more))) {
      Batch batch = agent.batch();
      Calls calls = new Calls(batch);
      world.accept(calls);
      Data path = batch.string(bundle.path() + "/carafe");
      Data argv =
          batch.strings(
              List.of(
                  "carafe",
                  bundle.path().toString(),
                  directory.toString(),
                  Integer.toString(preserveFds)));
      Data environment = batch.strings(List.of("PATH=/bin:/usr/bin", "CALLER=yes"));
      // Not EXEC, which would put the caller's signals back.
      calls.call("execute the front", Syscall.EXECVE, path, argv, environment);
      agent.send(batch);
      PidFd front = agent.process().orElseThrow();
      assertTrue(front.waitExit(PATIENCE_MILLIS), "the front did not end");
      int code = WaitStatus.exitCode(front.reap());
      if (code == 0) {
        init = PidFd.open(Integer.parseInt(read(directory.resolve("pid"))));
      }
      return code;
    }
  }

  private String why() {
    Path error = directory.resolve("error");
    return read(out) + (Files.exists(error) ? read(error) : "");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Starts the container, whose creator is gone, and returns what it printed. */
  private String startAndEnd(int expectedCode) {
    try (Fd opened = Sys.open(directory.toString(), Open.PATH | Open.DIRECTORY, 0)) {
      assertTrue(Launcher.listens(opened));
      Launcher.start(opened);
    }
    PidFd process = init.orElseThrow();
    assertTrue(process.waitExit(PATIENCE_MILLIS), "the program did not end");
    // It is our child now: its status is ours to read.
    assertEquals(expectedCode, WaitStatus.exitCode(process.reap()));
    process.close();
    init = Optional.empty();
    return read(out);
  }

  private static String field(String text, String name) {
    for (String line : text.split("\n", -1)) {
      if (line.startsWith(name + ":")) {
        return line.substring(name.length() + 1).strip();
      }
    }
    throw new AssertionError("no " + name + " in " + text);
  }

  private static List<String> fds(int pid) throws IOException {
    try (var all = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      List<String> found = new ArrayList<>();
      for (Path each : all.toList()) {
        found.add(each.getFileName() + " " + Files.readSymbolicLink(each));
      }
      found.sort(null);
      return found;
    }
  }

  @Test
  void theSubreaperGetsTheFirstProcessAndItsExitCode() throws IOException {
    bundle.sh("echo started; exit 7");
    assertEquals(0, create(calls -> {}, 0), this::why);
    String pid = Integer.toString(init.orElseThrow().pid());
    String stat = read(Path.of("/proc/" + pid + "/stat"));
    assertEquals(
        Integer.toString(Sys.getpid()), stat.substring(stat.lastIndexOf(')')).split(" ", -1)[2]);
    assertEquals("started\n", startAndEnd(7));
  }

  @Test
  void aHeldContainerHasNothingOfTheRuntimeNorOfTheCaller() throws IOException {
    try (Fd one = Sys.open("/etc/passwd", Open.RDONLY, 0);
        Fd two = Sys.open("/etc/group", Open.RDONLY, 0)) {
      bundle.args("ls", "-l", "/proc/self/fd");
      // The agent that plays the caller has its socket at 3 and these from 4 on.
      assertEquals(0, create(calls -> {}, 0, one, two), this::why);
    }
    List<String> held = fds(init.orElseThrow().pid());
    assertEquals(4, held.size(), held.toString());
    for (String each : held) {
      assertTrue(!each.contains("passwd") && !each.contains("group"), held.toString());
    }
    String listed = startAndEnd(0);
    assertTrue(!listed.contains("passwd"), listed);
    assertTrue(!listed.contains("memfd") && !listed.contains("java"), listed);
  }

  @Test
  void preservedDescriptorsAreThereAndOthersAreNot() throws IOException {
    try (Fd one = Sys.open("/etc/passwd", Open.RDONLY, 0);
        Fd two = Sys.open("/etc/group", Open.RDONLY, 0);
        Fd three = Sys.open("/etc/hosts", Open.RDONLY, 0)) {
      bundle.sh("head -c 5 <&4; ls -l /proc/$$/fd");
      Consumer<Calls> world =
          calls -> {
            // Descriptor 3 too: a copy of that at 4.
            calls.dup3("copy", Arg.of(4), 10);
            calls.dup3("copy", Arg.of(6), 3);
          };
      assertEquals(1, create(c -> {}, 9, one, two, three));
      Files.delete(directory.resolve("error"));
      assertEquals(0, create(world, 2, one, two, three), this::why);
    }
    String listed = startAndEnd(0);
    assertTrue(listed.startsWith("root:"), listed);
    assertTrue(listed.contains("3 -> /etc/hosts"), listed);
    assertTrue(listed.contains("4 -> /etc/passwd"), listed);
    assertTrue(!listed.contains("/etc/group"), listed);
    assertTrue(!listed.contains("10 -> "), listed);
  }

  @Test
  void limitsSignalsAndProcessorsAreTheCallers() {
    bundle.sh("cat /proc/self/status; ulimit -Sn; ulimit -Hn");
    Consumer<Calls> world =
        calls -> {
          Batch batch = calls.batch();
          calls.prlimit64("limit", Rlimit.NOFILE, 77, 99);
          long mask = 1L << (SIGUSR2 - 1);
          // SIG_BLOCK
          calls.call(
              "block",
              Syscall.RT_SIGPROCMASK,
              Arg.ZERO,
              batch.bytes(longs(mask)),
              Arg.ZERO,
              Arg.of(8));
          // SIG_IGN
          calls.call(
              "ignore",
              Syscall.RT_SIGACTION,
              Arg.of(SIGUSR1),
              batch.bytes(longs(1, 0, 0, 0)),
              Arg.ZERO,
              Arg.of(8));
          calls.schedSetaffinity("be on processor 0", new byte[] {1, 0, 0, 0, 0, 0, 0, 0});
        };
    assertEquals(0, create(world, 0), this::why);
    String status = startAndEnd(0);
    assertEquals("0000000000000800", field(status, "SigBlk"));
    // 32 and 33 are the C library's: its posix_spawn leaves them ignored in what it starts.
    long ignored = Long.parseUnsignedLong(field(status, "SigIgn"), 16) & ~(3L << 31);
    assertEquals(1L << (SIGUSR1 - 1), ignored);
    assertEquals("0", field(status, "Cpus_allowed_list"));
    assertTrue(status.endsWith("\n77\n99\n"), status);
  }

  private static byte[] longs(long... values) {
    java.nio.ByteBuffer data =
        java.nio.ByteBuffer.allocate(8 * values.length).order(java.nio.ByteOrder.nativeOrder());
    for (long each : values) {
      data.putLong(each);
    }
    return data.array();
  }

  @Test
  void aMiddleAgentLeavesNothingBehind() throws IOException {
    List<IdMapping> map = List.of(new IdMapping(0, 100000, 65536));
    bundle
        .namespace(NamespaceType.TIME, Optional.empty())
        .namespace(NamespaceType.USER, Optional.empty())
        .linux(l -> l.uidMappings(map).gidMappings(map))
        .sh("id -u");
    assertEquals(0, create(calls -> {}, 0), this::why);
    List<String> held = fds(init.orElseThrow().pid());
    assertEquals(4, held.size(), held.toString());
    assertEquals("0\n", startAndEnd(0));
  }

  @Test
  void hooksRunInTheCallersWorldAndAFailureLeavesNoProcess() throws IOException {
    Hook good =
        new Hook(
            "/bin/sh",
            List.of("sh", "-c", "echo $CALLER $PWD; ls /proc/self/fd | wc -l >&2; exit 5"),
            List.of(),
            OptionalInt.empty());
    bundle.edit(s ->
        s.hooks(new Hooks(List.of(), List.of(good), List.of(), List.of(), List.of(), List.of())));
    assertEquals(1, create(calls -> {}, 0));
    String error = why();
    assertTrue(error.contains("output: yes " + bundle.path() + "\n4"), error);
  }
}
