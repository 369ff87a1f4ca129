package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The front as a program: how it starts, what Java gets, how it ends. */
final class FrontProgramTest {
  private static final int SIGUSR1 = 10;
  private static final int SIGUSR2 = 12;
  private static final int RLIMIT_FSIZE = 1;

  private FrontRig rig;

  @BeforeEach
  void begin() throws Exception {
    rig = new FrontRig();
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
  }

  private static long bit(int signal) {
    return 1L << (signal - 1);
  }

  @Test
  void theHelloTellsTheCallersWorld() throws Exception {
    rig.useJava();
    try (Fd zero = Sys.open("/dev/zero", Open.RDONLY, 0)) {
      PidFd front =
          rig.start(
              Optional.empty(),
              List.of(zero, zero),
              calls -> {
                FrontRig.block(calls, bit(SIGUSR2));
                FrontRig.ignore(calls, SIGUSR1);
                FrontRig.ignore(calls, Signal.SIGCHLD);
                calls.umask("set the umask", 027);
                calls.prlimit64("set a limit", Rlimit.NOFILE, 100, 200);
                calls.chdir("change to the directory", rig.temp.path.toString());
              },
              List.of("hello", "a b", "\udcfe", ""));
      assertEquals(0, rig.end(front), () -> rig.text("err"));
      assertEquals(front.pid(), Integer.parseInt(rig.value("pid")));
    }
    assertEquals(Sys.getpid(), Integer.parseInt(rig.value("parent")));
    assertEquals(bit(SIGUSR2), Long.parseLong(rig.value("mask")));
    long ignored = Long.parseLong(rig.value("ignored"));
    long wanted = bit(SIGUSR1) | bit(Signal.SIGCHLD);
    assertEquals(wanted, ignored & (wanted | bit(SIGUSR2)));
    assertEquals("27", rig.value("umask"));
    assertEquals("0", rig.value("cwdErrno"));
    assertEquals(rig.temp.path.toString(), rig.value("cwd"));
    assertEquals(rig.temp.path.toString(), rig.value("directory"));
    assertEquals("100", rig.value("nofile"));
    assertEquals("[4, 5]", rig.value("fds"));
    String arguments = OsString.decode(Files.readAllBytes(Path.of(rig.path("out"))));
    assertTrue(arguments.contains("arguments=[carafe, hello, a b, \udcfe, ]\n"), arguments);
    assertTrue(arguments.contains("environment=[CALLER=has this, ODD=\udcff]\n"), arguments);
  }

  @Test
  void aDeletedWorkingDirectoryIsNoHindrance() throws Exception {
    rig.useJava();
    int code =
        rig.run(
            calls -> {
              calls.mkdirat("make a directory", Arg.CWD, rig.path("gone"), 0700);
              calls.chdir("change to it", rig.path("gone"));
              // AT_REMOVEDIR
              calls.unlinkat("remove it", Arg.CWD, rig.path("gone"), 0x200);
            },
            "hello");
    assertEquals(0, code, () -> rig.text("err"));
    assertEquals(Integer.toString(Errno.ENOENT), rig.value("cwdErrno"));
    assertTrue(rig.value("directory").endsWith("/gone (deleted)"));
  }

  @Test
  void whatTheFrontBecomesHasTheCallersWorld() throws Exception {
    rig.useJava();
    try (Fd zero = Sys.open("/dev/zero", Open.RDONLY, 0)) {
      PidFd front =
          rig.start(
              Optional.empty(),
              List.of(zero),
              calls -> {
                FrontRig.block(calls, bit(SIGUSR2));
                FrontRig.ignore(calls, SIGUSR1);
                FrontRig.ignore(calls, Signal.SIGCHLD);
                calls.close("close stdin", Arg.ZERO);
              },
              List.of("exec", "/bin/grep", "^Sig[BI]", "/proc/self/status"));
      assertEquals(0, rig.end(front), () -> rig.text("err"));
    }
    assertTrue(rig.text("out").contains("SigBlk:\t0000000000000800\n"), rig.text("out"));
    long ignored = Long.parseLong(rig.text("out").split("SigIgn:\t", 2)[1].strip(), 16);
    long wanted = bit(SIGUSR1) | bit(Signal.SIGCHLD);
    assertEquals(wanted, ignored & (wanted | bit(SIGUSR2)));
  }

  @Test
  void whatTheFrontBecomesHasTheCallersDescriptors() throws Exception {
    rig.useJava();
    try (Fd zero = Sys.open("/dev/zero", Open.RDONLY, 0)) {
      PidFd front =
          rig.start(
              Optional.empty(),
              List.of(zero),
              calls -> calls.close("close stdin", Arg.ZERO),
              List.of("exec", "/bin/ls", "-l", "/proc/self/fd"));
      assertEquals(0, rig.end(front), () -> rig.text("err"));
    }
    String list = rig.text("out");
    // ls itself opens the directory, at the place of the closed stdin.
    assertTrue(list.contains(" 0 -> /proc/"), list);
    assertTrue(list.contains(" 1 -> " + rig.path("out")), list);
    assertTrue(list.contains(" 2 -> " + rig.path("err")), list);
    assertTrue(list.contains(" 4 -> /dev/zero"), list);
    assertEquals(4, list.split(" -> ", -1).length - 1, list);
  }

  @Test
  void javaGetsNothingOfTheCallers() throws Exception {
    rig.useScript(
        "env; echo \"args=$*\"; echo \"cwd=$(pwd)\"; "
            // By the shell itself: while one waits for a child it may have signals blocked.
            + "while read -r line; do case $line in Sig[BI]*) echo \"$line\";; esac;"
            + " done </proc/$$/status;"
            + " ls -l /proc/$$/fd; echo \"session=$(cut -d' ' -f6 /proc/$$/stat) $$\"",
        "env NAME=a value",
        "arg -one two",
        "arg ");
    try (Fd zero = Sys.open("/dev/zero", Open.RDONLY, 0)) {
      PidFd front =
          rig.start(
              Optional.empty(),
              List.of(zero, zero, zero),
              calls -> {
                FrontRig.block(calls, -1);
                FrontRig.ignore(calls, SIGUSR1);
                FrontRig.ignore(calls, Signal.SIGCHLD);
                calls.close("close stdin", Arg.ZERO);
              },
              List.of("x"));
      assertEquals(1, rig.end(front));
    }
    String out = rig.text("out");
    assertTrue(out.startsWith("NAME=a value\nPWD=/\n"), out);
    assertFalse(out.contains("CALLER"), out);
    assertEquals("-one two  the.Main", rig.value("args"));
    assertEquals("/", rig.value("cwd"));
    assertTrue(out.contains("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"), out);
    String[] session = rig.value("session").split(" ", -1);
    assertEquals(session[1], session[0], "Java leads a session");
    assertTrue(out.contains(" 0 -> /dev/null\n"), out);
    assertTrue(out.contains(" 3 -> socket:"), out);
    assertFalse(out.contains("/dev/zero"), out);
    assertFalse(out.contains("memfd"), out);
  }

  @Test
  void theExitCodeIsTheOneThatJavaTells() throws Exception {
    rig.useJava();
    assertEquals(0, rig.run("exit", "0"));
    assertEquals(255, rig.run("exit", "255"));
    assertEquals("", rig.text("err"));
  }

  @Test
  void javaThatEndsTooEarlyIsReported() throws Exception {
    rig.useScript("exit 3");
    assertEquals(1, rig.run("x"));
    assertEquals(
        "carafe: the Java process exited with 3 before its work was done\n", rig.text("err"));
    rig.useScript("kill -KILL $$");
    assertEquals(1, rig.run("x"));
    assertEquals(
        "carafe: the Java process was killed by signal 9 before its work was done\n",
        rig.text("err"));
  }

  @Test
  void javaThatCannotBeExecutedIsReported() throws Exception {
    rig.write("carafe.conf", "java /no/such/java\nmain a.B\n", "rw-r--r--");
    assertEquals(1, rig.run("x"));
    assertEquals(
        "carafe: cannot start Java, /no/such/java: ENOENT (errno 2); install a JDK 25 (Debian:"
            + " openjdk-25-jdk-headless) and start ./carafe again\n",
        rig.text("err"));
  }

  @Test
  void aMissingOrUselessStartFileIsReported() throws Exception {
    assertEquals(1, rig.run("x"));
    assertEquals(
        "carafe: cannot open "
            + rig.path("carafe.conf")
            + ": ENOENT (errno 2); start ./carafe of the source tree, which makes it\n",
        rig.text("err"));
    rig.write("carafe.conf", "main a.B\n", "rw-r--r--");
    assertEquals(1, rig.run("x"));
    assertTrue(rig.text("err").contains("names no Java program"), rig.text("err"));
  }

  @Test
  void aCacheIsUsedOnlyWhenItIsSound() throws Exception {
    String script = "echo \"args=$*\"";
    String line = "cache " + rig.path("the cache") + " 5";
    rig.useScript(script, line);
    rig.write("the cache", "12345", "rw-r--r--");
    assertEquals(1, rig.run("x"));
    assertEquals("-XX:AOTCache=" + rig.path("the cache") + " the.Main", rig.value("args"));

    rig.write("the cache", "12345", "rw-rw-r--");
    assertNotUsed("writable by its group");
    rig.write("the cache", "12345", "rw-r--rw-");
    assertNotUsed("writable by others");
    rig.write("the cache", "123456", "rw-r--r--");
    assertNotUsed("of another size");
    rig.write("the cache", "12345", "rw-r--r--");
    Sys.check(
        "give it away",
        Sys.call(
            Syscall.FCHOWNAT,
            OsString.encodeWithNul(rig.path("the cache")),
            0b10,
            -100,
            0,
            12345,
            12345,
            0));
    assertNotUsed("of a foreign owner");
    Files.move(Path.of(rig.path("the cache")), Path.of(rig.path("other")));
    assertNotUsed("missing");
    rig.write("other", "12345", "rw-r--r--");
    Files.createSymbolicLink(Path.of(rig.path("the cache")), Path.of(rig.path("other")));
    assertNotUsed("a symbolic link");
  }

  private void assertNotUsed(String why) {
    assertEquals(1, rig.run("x"));
    assertEquals("the.Main", rig.value("args"), "a cache that is " + why);
  }

  @Test
  void aSignalThatIsHeldBackBeforeThereIsAChildReachesIt() throws Exception {
    rig.useJava();
    PidFd front = rig.start("late", rig.path("go"));
    rig.await("held");
    assertTrue(front.signal(Signal.SIGTERM));
    Thread.sleep(100);
    rig.write("go", "", "rw-r--r--");
    assertEquals(0, rig.end(front), () -> rig.text("err"));
    assertEquals("true", rig.value("ended"));
  }

  @Test
  void javaDiesWithTheFront() throws Exception {
    rig.useJava();
    for (int signal : new int[] {Signal.SIGKILL, Signal.SIGTERM, Signal.SIGINT}) {
      if (FrontRig.ignores(signal)) {
        continue; // a shell ignores SIGINT for what it runs in the background
      }
      PidFd front = rig.start("sleep");
      rig.await("java=");
      assertTrue(front.signal(signal));
      assertEquals(128 + signal, rig.end(front));
      FrontRig.assertEnds(Integer.parseInt(rig.value("java")));
    }
  }

  @Test
  void theFrontsFileCannotBeWritten() throws Exception {
    rig.useJava();
    PidFd front = rig.start("sleep");
    rig.await("java=");
    String exe = "/proc/" + front.pid() + "/exe";
    assertEquals("/memfd:carafe (deleted)", Sys.readlinkat(Fd.CWD, exe));
    try (Fd file = Sys.open(exe, Open.RDONLY, 0)) {
      // F_GET_SEALS: SEAL, SHRINK, GROW, WRITE
      assertEquals(15, Sys.call(Syscall.FCNTL, file.number(), 1034, 0) & 15);
    }
    assertTrue(front.signal(Signal.SIGKILL));
    assertEquals(128 + 9, rig.end(front));
  }

  /** Where no memory file can be had, the front runs from a read-only mount of its own file. */
  @Test
  void withoutAMemoryFileTheFrontsFileCannotBeWrittenEither() throws Exception {
    rig.useJava();
    PidFd front =
        rig.start(
            Optional.empty(),
            List.of(),
            calls -> calls.prlimit64("limit the size of files", RLIMIT_FSIZE, 4096, 4096),
            List.of("sleep"));
    rig.await("java=");
    try (Fd exe = Sys.open("/proc/" + front.pid() + "/exe", Open.PATH, 0)) {
      assertTrue(front.signal(Signal.SIGKILL));
      assertEquals(128 + 9, rig.end(front));
      // While it ran it was busy; an attacker waits for its end with an open descriptor.
      byte[] again = OsString.encodeWithNul("/proc/self/fd/" + exe.number());
      assertEquals(-Errno.EROFS, Sys.call(Syscall.OPENAT, again, 0b10, -100, 0, Open.WRONLY, 0));
    }
  }

  @Test
  void theFrontIsNamedCarafe() throws Exception {
    rig.useScript("cat /proc/$PPID/comm");
    assertEquals(1, rig.run("x"));
    assertEquals("carafe\n", rig.text("out"));
  }
}
