package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.CarafeException;
import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Arch;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Held;
import dev.carafe.linux.Local;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.linux.UnixSocket;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.Hook;
import dev.carafe.spec.Hooks;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Seccomp;
import dev.carafe.spec.SeccompAction;
import dev.carafe.spec.SeccompArch;
import dev.carafe.spec.SeccompArg;
import dev.carafe.spec.SeccompFlag;
import dev.carafe.spec.SeccompOperator;
import dev.carafe.spec.SeccompRule;
import dev.carafe.spec.SpecReader;
import dev.carafe.spec.User;
import dev.carafe.testing.SeccompProfiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** System call filters, seen from inside (config-linux.md, Seccomp). */
final class SeccompTest {
  private static final int SIGSYS = 31;
  private static final SeccompAction ERRNO = SeccompAction.ERRNO;

  @TempDir static Path shared;

  private final TestBundle bundle = TestBundle.create();

  @BeforeAll
  static void compile() throws Exception {
    Process cc =
        new ProcessBuilder(
                "cc",
                "-static",
                "-O1",
                "-Wall",
                "-pthread",
                "-o",
                shared + "/calls",
                "src/test/native/calls.c")
            .inheritIO()
            .start();
    assertEquals(0, cc.waitFor(), "the C compiler");
  }

  @AfterEach
  void remove() {
    bundle.close();
  }

  // ---- profiles

  private static SeccompRule rule(SeccompAction action, String... names) {
    return new SeccompRule(List.of(names), action, OptionalLong.empty(), List.of());
  }

  private static SeccompRule errno(long errno, String name, SeccompArg... args) {
    return new SeccompRule(List.of(name), ERRNO, OptionalLong.of(errno), List.of(args));
  }

  private static SeccompArg arg(long index, SeccompOperator op, long value, long valueTwo) {
    return new SeccompArg(index, value, valueTwo, op);
  }

  private static Seccomp allowing(SeccompRule... rules) {
    return new Seccomp(
        SeccompAction.ALLOW,
        OptionalLong.empty(),
        List.of(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        List.of(rules));
  }

  private static Seccomp notifying(Path socket, List<SeccompFlag> flags, String... names) {
    return new Seccomp(
        SeccompAction.ALLOW,
        OptionalLong.empty(),
        List.of(),
        flags,
        Optional.of(socket.toString()),
        Optional.of("what the listener knows"),
        List.of(rule(SeccompAction.NOTIFY, names)));
  }

  private static Seccomp likeDocker() {
    String json = "{\"ociVersion\":\"1.3.0\",\"linux\":{\"seccomp\":";
    byte[] text = (json + SeccompProfiles.likeDocker() + "}}").getBytes(StandardCharsets.UTF_8);
    return SpecReader.read(text, "test").linux().orElseThrow().seccomp().orElseThrow();
  }

  private static Seccomp archs(Seccomp s, SeccompArch... archs) {
    return new Seccomp(
        s.defaultAction(),
        s.defaultErrnoRet(),
        List.of(archs),
        s.flags(),
        s.listenerPath(),
        s.listenerMetadata(),
        s.syscalls());
  }

  private static Seccomp byDefault(Seccomp s, SeccompAction action, OptionalLong errno) {
    return new Seccomp(
        action,
        errno,
        s.architectures(),
        s.flags(),
        s.listenerPath(),
        s.listenerMetadata(),
        s.syscalls());
  }

  private static Seccomp flags(Seccomp s, SeccompFlag... flags) {
    return new Seccomp(
        s.defaultAction(),
        s.defaultErrnoRet(),
        s.architectures(),
        List.of(flags),
        s.listenerPath(),
        s.listenerMetadata(),
        s.syscalls());
  }

  private void profile(Seccomp profile) {
    bundle.linux(l -> l.seccomp(profile));
  }

  /** Sets the program to {@code calls} with these words; numbers may stand among them. */
  private void calls(Object... words) {
    try {
      Path program = bundle.rootfs().resolve("bin/calls");
      if (!Files.exists(program)) {
        Files.copy(shared.resolve("calls"), program);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    List<String> args = new ArrayList<>(List.of("/bin/calls"));
    for (Object each : words) {
      args.add(each.toString());
    }
    bundle.args(args.toArray(new String[0]));
  }

  private static User user(int id) {
    return new User(id, id, OptionalLong.empty(), List.of(), Optional.empty());
  }

  private TestLaunch.Outcome run() {
    return TestLaunch.run(bundle);
  }

  private static void onlyOnIntel() {
    assumeTrue(Arch.current() == Arch.X86_64, "this looks at the ways of x86_64");
  }

  // ---- actions

  @Test
  void eachActionDoesWhatItsNameSays() {
    profile(
        allowing(
            errno(95, "getppid"),
            rule(ERRNO, "getpgid"),
            rule(SeccompAction.TRAP, "getsid"),
            rule(SeccompAction.KILL_PROCESS, "kcmp"),
            rule(SeccompAction.KILL_THREAD, "getpriority"),
            rule(SeccompAction.KILL, "ioprio_get"),
            rule(SeccompAction.LOG, "syncfs"),
            new SeccompRule(List.of("capget"), SeccompAction.TRACE, OptionalLong.of(7), List.of()),
            rule(SeccompAction.TRACE, "sched_getattr"),
            rule(SeccompAction.ALLOW, "getuid")));
    calls(
        Syscall.GETPPID,
        Syscall.GETPGID,
        "trap",
        Syscall.GETSID + ":0",
        "fork:" + Syscall.KCMP,
        "thread:" + Syscall.GETPRIORITY,
        "thread:" + Syscall.IOPRIO_GET,
        Syscall.SYNCFS + ":1000",
        Syscall.CAPGET,
        "trace:" + Syscall.CAPGET,
        "trace:" + Syscall.SCHED_GETATTR,
        Syscall.GETUID);
    String trapped = "signal 31 call " + Syscall.GETSID + " errno 0\n";
    String out = run().out();
    String[] lines = out.split("\n", -1);
    assertEquals("-95", lines[0], "ERRNO with an errno");
    assertEquals("-1", lines[1], "ERRNO without one is EPERM");
    assertTrue(out.contains(trapped), "TRAP: " + out);
    assertEquals("signal 31", lines[4], "KILL_PROCESS");
    assertEquals("thread ended", lines[5], "KILL_THREAD");
    assertEquals("thread ended", lines[6], "KILL");
    assertEquals("-9", lines[7], "LOG lets the call be made");
    assertEquals("-38", lines[8], "TRACE without a tracer");
    assertEquals("told 7", lines[9], "TRACE with a number");
    assertEquals("told 1", lines[10], "TRACE without one");
    assertEquals("0", lines[11], "ALLOW");
  }

  @ParameterizedTest
  @EnumSource(
      value = SeccompAction.class,
      names = {"KILL", "KILL_PROCESS", "KILL_THREAD"})
  void aProgramThatMakesAForbiddenCallIsKilled(SeccompAction action) {
    profile(allowing(rule(action, "getppid")));
    calls(Syscall.GETPPID, Syscall.GETPID);
    TestLaunch.Outcome outcome = run();
    assertEquals(128 + SIGSYS, outcome.code());
    assertEquals("", outcome.out());
  }

  @Test
  void theDefaultActionHasItsErrno() {
    profile(byDefault(likeDocker(), ERRNO, OptionalLong.of(95)));
    calls(Syscall.MOUNT, Syscall.GETUID);
    assertEquals("-95\n0\n", run().out());
    profile(byDefault(likeDocker(), ERRNO, OptionalLong.empty()));
    assertEquals("-1\n0\n", run().out());
  }

  // ---- a profile as Docker has it

  @Test
  void whatDockersProfileDeniesFailsWithTheErrnoThatItNames() {
    profile(likeDocker());
    calls(
        Syscall.MOUNT,
        Syscall.BPF,
        Syscall.KEYCTL,
        Syscall.CLONE3,
        Syscall.SOCKET + ":40:1",
        Syscall.SOCKET + ":1:1",
        Syscall.PERSONALITY + ":1",
        Syscall.PERSONALITY + ":0xffffffff",
        "fork:" + Syscall.UNSHARE + ":0",
        Syscall.CLONE + ":0x10000000",
        Syscall.GETUID);
    assertEquals("-1\n-1\n-1\n-38\n-1\n3\n-1\n0\nexit 1\n-1\n0\n", run().out());
  }

  @Test
  void callsThatAreNewerThanTheProfileSeemToBeMissing() {
    profile(likeDocker());
    calls(Syscall.OPEN_TREE_ATTR, 9999, Syscall.MOUNT_SETATTR);
    assertEquals("-38\n-38\n-1\n", run().out());
    // But where it kills, or lets pass, what it does not name, so be it for those that it could
    // know.
    profile(byDefault(likeDocker(), SeccompAction.KILL_PROCESS, OptionalLong.empty()));
    calls(Syscall.OPEN_TREE_ATTR, "fork:" + Syscall.MOUNT_SETATTR);
    assertEquals("-38\nsignal 31\n", run().out());
    profile(allowing(errno(95, "getppid")));
    calls(Syscall.OPEN_TREE_ATTR + ":-1", Syscall.GETPPID);
    String out = run().out();
    assertFalse(out.startsWith("-95"), out);
    assertTrue(out.endsWith("-95\n"), out);
  }

  @Test
  void callsOfOtherArchitecturesAreJudgedByTheSameNames() {
    onlyOnIntel();
    profile(likeDocker());
    // getuid, mount and open_tree_attr as 32-bit programs call them; getuid and mount of x32, which
    // the kernel may not have.
    calls("x86:24", "x86:21", "x86:467", 0x40000000 + 102, 0x40000000 + 165);
    String out = run().out();
    assertTrue(out.startsWith("0\n-1\n-38\n"), out);
    assertTrue(out.endsWith("\n-1\n"), out);
  }

  @Test
  void callsOfAnArchitectureThatIsNotListedKill() {
    onlyOnIntel();
    profile(archs(likeDocker(), SeccompArch.X86_64));
    calls("x86:24", Syscall.GETUID);
    assertEquals(128 + SIGSYS, run().code());
    calls(0x40000000 + 102);
    assertEquals(128 + SIGSYS, run().code());
    profile(archs(likeDocker()));
    calls(Syscall.GETUID);
    assertEquals("0\n", run().out(), "the machine's own needs not be listed");
  }

  // ---- arguments

  @ParameterizedTest
  @CsvSource({
    "NE,100,0,-95 -9 -95",
    "LT,100,0,-95 -9 -9",
    "LE,100,0,-95 -95 -9",
    "EQ,100,0,-9 -95 -9",
    "GE,100,0,-9 -95 -95",
    "GT,100,0,-9 -9 -95",
    "MASKED_EQ,1,1,-95 -9 -95",
    "MASKED_EQ,126,100,-9 -95 -95",
  })
  void argumentsAreComparedByEachOperator(
      SeccompOperator op, long value, long valueTwo, String expected) {
    profile(allowing(errno(95, "syncfs", arg(0, op, value, valueTwo))));
    calls(Syscall.SYNCFS + ":99", Syscall.SYNCFS + ":100", Syscall.SYNCFS + ":101");
    assertEquals(expected, run().out().replace('\n', ' ').strip());
  }

  @Test
  void argumentsAreComparedWhole() {
    profile(allowing(errno(95, "syncfs", arg(0, SeccompOperator.EQ, 0x1_0000_0064L, 0))));
    calls(Syscall.SYNCFS + ":100", Syscall.SYNCFS + ":0x100000064");
    assertEquals("-9\n-95\n", run().out());
    profile(allowing(errno(95, "syncfs", arg(0, SeccompOperator.GT, -2, 0))));
    calls(Syscall.SYNCFS + ":1000", Syscall.SYNCFS + ":-1");
    assertEquals("-9\n-95\n", run().out(), "they have no sign");
  }

  @Test
  void severalArgumentsMustAllMatchButOfTheSameOneAnyMay() {
    SeccompArg first = arg(0, SeccompOperator.EQ, 1000, 0);
    profile(allowing(errno(95, "fcntl", first, arg(1, SeccompOperator.EQ, 3, 0))));
    calls(Syscall.FCNTL + ":1000:3", Syscall.FCNTL + ":1000:1", Syscall.FCNTL + ":1001:3");
    assertEquals("-95\n-9\n-9\n", run().out());
    profile(allowing(errno(95, "fcntl", first, arg(0, SeccompOperator.EQ, 1001, 0))));
    calls(Syscall.FCNTL + ":1000:3", Syscall.FCNTL + ":1001:3", Syscall.FCNTL + ":1002:3");
    assertEquals("-95\n-95\n-9\n", run().out());
  }

  @Test
  void severalRulesForOneCallStandSideBySide() {
    profile(
        allowing(
            errno(95, "syncfs", arg(0, SeccompOperator.EQ, 1000, 0)),
            errno(96, "syncfs", arg(0, SeccompOperator.EQ, 1001, 0))));
    calls(Syscall.SYNCFS + ":1000", Syscall.SYNCFS + ":1001", Syscall.SYNCFS + ":1002");
    assertEquals("-95\n-96\n-9\n", run().out());
  }

  // ---- names and flags

  @Test
  void anUnknownNameIsPassedOverWithAWarning() {
    profile(allowing(rule(ERRNO, "no_such_call", "getppid", "neither_this")));
    calls(Syscall.GETPPID);
    TestLaunch.Outcome outcome = run();
    assertEquals("-1\n", outcome.out());
    assertEquals(1, outcome.warnings().size(), outcome.warnings().toString());
    String warning = outcome.warnings().get(0);
    assertTrue(warning.endsWith("does not know: [no_such_call, neither_this]"), warning);
  }

  @Test
  void aNameOfAnotherArchitectureIsPassedOverSilently() {
    profile(allowing(rule(ERRNO, "s390_pci_mmio_read", "arm_fadvise64_64", "getppid")));
    calls(Syscall.GETPPID);
    TestLaunch.Outcome outcome = run();
    assertEquals("-1\n", outcome.out());
    assertEquals(List.of(), outcome.warnings());
  }

  @ParameterizedTest
  @EnumSource(
      value = SeccompFlag.class,
      names = {"TSYNC", "LOG", "SPEC_ALLOW"})
  void theFilterIsLoadedWithEachFlag(SeccompFlag flag) {
    profile(flags(allowing(errno(95, "getppid")), flag));
    calls(Syscall.GETPPID);
    assertEquals("-95\n", run().out());
  }

  @Test
  void theFlagsReachTheKernel() {
    profile(flags(allowing(errno(95, "getppid")), SeccompFlag.LOG, SeccompFlag.SPEC_ALLOW));
    String plan = plan();
    assertTrue(plan.contains("seccomp(1, 6, a filter of "), plan);
  }

  private String plan() {
    try (Caller caller = new JvmCaller()) {
      return Explain.launch(
              caller,
              "test",
              bundle.spec(),
              bundle.path().toString(),
              new dev.carafe.runtime.testing.NoCgroup(),
              LaunchOptions.NONE)
          .toText();
    }
  }

  // ---- who loads it, and what is left to the program

  private String status() {
    bundle.sh("grep -E 'Cap|NoNewPrivs|Uid' /proc/self/status");
    return run().out();
  }

  @ParameterizedTest
  @CsvSource({
    "true,0,false", "false,0,false", "true,1000,false", "false,1000,false",
    "true,0,true", "false,0,true", "true,1000,true", "false,1000,true",
  })
  void theProgramHasTheSameRightsAsWithoutAFilter(boolean noNew, int uid, boolean userNamespace) {
    if (userNamespace) {
      List<IdMapping> map = List.of(new IdMapping(0, 100_000, 65536));
      bundle.namespace(NamespaceType.USER, Optional.empty());
      bundle.linux(l -> l.uidMappings(map).gidMappings(map));
    }
    bundle.process(p -> p.noNewPrivileges(noNew).user(user(uid)));
    String without = status();
    profile(allowing(errno(95, "mkdir"), errno(95, "mkdirat")));
    assertEquals(without, status());
    bundle.sh("grep Seccomp: /proc/self/status; mkdir /tmp/x 2>&1");
    String out = run().out();
    assertTrue(out.startsWith("Seccomp:\t2\n"), out);
    assertTrue(out.contains("Not supported") || out.contains("not supported"), out);
  }

  @Test
  void nothingButTheExecIsDoneUnderTheFilter() {
    // The first process makes these calls on the way to its program, and the program does not.
    SeccompRule rule =
        rule(
            SeccompAction.KILL_PROCESS,
            "capset",
            "prctl",
            "close_range",
            "setresuid",
            "setresgid",
            "setgroups",
            "umask",
            "sendmsg",
            "rt_sigprocmask",
            "rt_sigaction",
            "close");
    for (boolean noNew : new boolean[] {true, false}) {
      bundle.process(p -> p.noNewPrivileges(noNew));
      profile(allowing(rule));
      calls(Syscall.GETUID);
      assertEquals("0\n", run().out());
    }
  }

  @Test
  void aFilterThatForbidsTheExecAndTheExitEndsTheContainerAllTheSame() {
    profile(allowing(rule(ERRNO, "execve", "exit_group", "sendmsg")));
    bundle.sh("echo ran");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      launch.start();
      TestLaunch.Outcome outcome = launch.end();
      assertEquals("", outcome.out());
      assertTrue(outcome.code() != 0, "code " + outcome.code());
    }
  }

  @Test
  void anExecThatFailsUnderAFilterIsToldAsEver() {
    profile(allowing(rule(ERRNO, "execve")));
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      CarafeException e = assertThrows(CarafeException.class, launch::start);
      assertTrue(TestLaunch.message(e).contains("operation not permitted"), e.getMessage());
    }
  }

  @Test
  void startContainerHooksRunUnderTheFilter() {
    for (boolean noNew : new boolean[] {true, false}) {
      profile(allowing(errno(95, "mkdir"), errno(95, "mkdirat")));
      bundle.process(p -> p.noNewPrivileges(noNew).user(user(1000)));
      bundle.edit(s ->
          s.hooks(
              new Hooks(
                  List.of(),
                  List.of(),
                  List.of(),
                  List.of(
                      new Hook(
                          "/bin/sh",
                          List.of(
                              "sh",
                              "-c",
                              "grep -E 'Seccomp:|CapEff' /proc/self/status; mkdir /tmp/x 2>&1; true"),
                          List.of(),
                          OptionalInt.empty())),
                  List.of(),
                  List.of())));
      bundle.sh("grep -E 'Seccomp:|CapEff' /proc/self/status");
      String out = run().out();
      String[] lines = out.split("\n", -1);
      assertEquals("Seccomp:\t2", lines[1], out);
      assertTrue(lines[2].toLowerCase(java.util.Locale.ROOT).contains("not supported"), out);
      assertEquals(lines[0] + "\n" + lines[1], lines[3] + "\n" + lines[4]);
    }
  }

  // ---- notify

  /** Answers notified calls until the last process of the filter ends; returns what it was told. */
  private static CompletableFuture<String> listen(UnixSocket socket, long value, int error) {
    return CompletableFuture.supplyAsync(() -> {
      StringBuilder told = new StringBuilder();
      try (socket;
          UnixSocket connection = socket.accept()) {
        UnixSocket.Message message = connection.receive(65536, 4);
        told.append(new String(message.bytes(), StandardCharsets.UTF_8));
        told.append('\n').append(message.descriptors().size());
        told.append(connection.receive(1, 1).bytes().length == 0 ? " closed\n" : " open\n");
        try (Fd fd = message.descriptors().get(0)) {
          while (answer(fd, value, error, told)) {
            told.append('\n');
          }
        }
      }
      return told.toString();
    });
  }

  /** Receives a {@code struct seccomp_notif} and answers it; false at the end. */
  private static boolean answer(Fd fd, long value, int error, StringBuilder told) {
    ByteBuffer notification = ioctl(fd, 0xc050_2100L, new byte[80]);
    if (notification.capacity() == 0) {
      return false;
    }
    told.append("call ").append(notification.getInt(16));
    ByteBuffer answer = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
    answer.putLong(notification.getLong(0)).putLong(value).putInt(error);
    return ioctl(fd, 0xc018_2101L, answer.array()).capacity() != 0;
  }

  /** Returns the data after an ioctl; none if it failed. */
  private static ByteBuffer ioctl(Fd fd, long request, byte[] data) {
    Local local = Local.get();
    Batch batch = local.batch();
    Data bytes = batch.bytes(data);
    Ref done = new Calls(batch).trying().ioctl("ioctl", Arg.of(fd.number()), request, bytes);
    int output = batch.output(bytes);
    Reply reply = local.run(batch);
    return reply.value(done) < 0
        ? ByteBuffer.allocate(0)
        : reply.output(batch, output).order(ByteOrder.nativeOrder());
  }

  private Path socket() {
    return bundle.path().resolve("listener.sock");
  }

  private UnixSocket bind() {
    try (Fd dir = Sys.open(bundle.path().toString(), Open.PATH | Open.DIRECTORY, 0)) {
      return UnixSocket.listen(dir, "listener.sock", 4);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,0", "false,0", "true,1000", "false,1000"})
  void aListenerDecidesNotifiedCalls(boolean noNew, int uid) throws Exception {
    profile(notifying(socket(), List.of(SeccompFlag.WAIT_KILLABLE_RECV), "getppid"));
    bundle.process(p -> p.noNewPrivileges(noNew).user(user(uid)));
    calls(Syscall.GETPPID, Syscall.GETUID, Syscall.GETPPID);
    CompletableFuture<String> told = listen(bind(), 4711, 0);
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      int pid = launch.process().pid();
      launch.start();
      assertEquals("4711\n" + uid + "\n4711\n", launch.end().out());
      assertEquals(
          "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":"
              + pid
              + ",\"metadata\":\"what the listener knows\",\"state\":{\"ociVersion\":\"1.3.0\","
              + "\"id\":\"test\",\"status\":\"created\",\"pid\":"
              + pid
              + ",\"bundle\":\""
              + bundle.path()
              + "\"}}\n1 closed\ncall "
              + Syscall.GETPPID
              + "\ncall "
              + Syscall.GETPPID
              + "\n",
          told.get());
    }
  }

  @Test
  void aListenerMayFailACall() throws Exception {
    profile(notifying(socket(), List.of(), "getppid"));
    calls(Syscall.GETPPID);
    CompletableFuture<String> told = listen(bind(), 0, -95);
    assertEquals("-95\n", run().out());
    assertTrue(told.get().contains("1 closed\ncall " + Syscall.GETPPID + "\n"), told.get());
  }

  @Test
  void evenTheCallsOfTheStartItselfMayBeDecidedByTheListener() throws Exception {
    profile(notifying(socket(), List.of(), "sendmsg", "close", "write", "getppid"));
    calls(Syscall.GETPPID);
    // To go on as the kernel would: SECCOMP_USER_NOTIF_FLAG_CONTINUE is not used, so "write" fails.
    CompletableFuture<String> told = listen(bind(), 0, -95);
    assertEquals("", run().out());
    assertTrue(
        told.get().contains("call " + Syscall.GETPPID + "\ncall " + Syscall.WRITE), told.get());
  }

  @Test
  void aListenerThatIsNotThereFailsTheStartAndTheProgramDoesNotRun() throws Exception {
    profile(notifying(socket(), List.of(), "getppid"));
    bundle.sh("echo ran");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      String head = "cannot reach the seccomp listener at " + socket();
      CarafeException e = assertThrows(CarafeException.class, launch::start);
      assertTrue(TestLaunch.message(e).startsWith(head), e.getMessage());
      assertTrue(TestLaunch.message(e).contains("ENOENT"), e.getMessage());
      // One that was there and has died.
      bind().close();
      e = assertThrows(CarafeException.class, launch::start);
      assertTrue(TestLaunch.message(e).contains("ECONNREFUSED"), e.getMessage());
      // Nothing is lost: the container still waits for its start.
      Files.delete(socket());
      CompletableFuture<String> told = listen(bind(), 0, 0);
      launch.start();
      assertEquals("ran\n", launch.end().out());
      assertTrue(told.get().contains("1 closed"), told.get());
    }
  }

  @Test
  void aListenerThatIsLostWhileTheProgramStartsLetsNoProgramRun() {
    profile(notifying(socket(), List.of(), "getppid"));
    bundle.sh("echo ran");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      assertThrows(
          IllegalStateException.class,
          () ->
              Held.start(
                  launch.directory(),
                  Launcher.START_SOCKET,
                  "start",
                  fd -> {
                    throw new IllegalStateException("the listener is lost");
                  }));
      TestLaunch.Outcome outcome = launch.end();
      assertEquals("", outcome.out());
      assertEquals(1, outcome.code());
    }
  }

  @Test
  void aProgramGoesOnWithoutAListenerThatDiesAndItsCallsSeemToBeMissing() throws Exception {
    profile(notifying(socket(), List.of(), "getppid"));
    calls(Syscall.GETPPID, Syscall.GETUID);
    UnixSocket listening = bind();
    CompletableFuture<Void> told =
        CompletableFuture.runAsync(() -> {
          try (listening;
              UnixSocket connection = listening.accept()) {
            connection.receive(65536, 4).descriptors().forEach(Fd::close);
          }
        });
    assertEquals("-38\n0\n", run().out());
    told.get();
  }

  @Test
  void aListenerPathWithoutNotifyIsIgnored() {
    Seccomp plain = allowing(errno(95, "getppid"));
    profile(
        new Seccomp(
            plain.defaultAction(),
            plain.defaultErrnoRet(),
            plain.architectures(),
            plain.flags(),
            Optional.of("/no/such/socket"),
            Optional.empty(),
            plain.syscalls()));
    calls(Syscall.GETPPID);
    assertEquals("-95\n", run().out());
  }

  // ---- what is refused

  private void refused(String words, Seccomp profile) {
    profile(profile);
    try (TestLaunch launch = new TestLaunch(bundle)) {
      InvalidConfigException e = assertThrows(InvalidConfigException.class, launch::create);
      assertTrue(
          TestLaunch.message(e).startsWith("cannot apply linux.seccomp: " + words), e.getMessage());
      assertTrue(launch.known.isEmpty(), "a process was made");
    }
  }

  @Test
  void whatNoFilterCanBeMadeOfIsRefusedByName() {
    Seccomp plain = allowing(errno(95, "getppid"));
    refused(
        "defaultAction: SCMP_ACT_NOTIFY cannot",
        byDefault(plain, SeccompAction.NOTIFY, OptionalLong.empty()));
    refused(
        "listenerPath: SCMP_ACT_NOTIFY needs a listener",
        allowing(rule(SeccompAction.NOTIFY, "getppid")));
    refused(
        "flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is only for",
        flags(plain, SeccompFlag.WAIT_KILLABLE_RECV));
    refused("syscalls[0].errnoRet: 4096 is more than 4095", allowing(errno(4096, "getppid")));
    refused(
        "defaultErrnoRet: 65536 is more than 4095",
        byDefault(plain, ERRNO, OptionalLong.of(65536)));
    refused("libseccomp ", archs(plain, SeccompArch.S390X));
  }
}
