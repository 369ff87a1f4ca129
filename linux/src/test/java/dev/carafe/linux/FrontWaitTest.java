package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The front while it waits for a child: status, signals, terminal, successor. */
final class FrontWaitTest {
  private static final long PATIENCE_MILLIS = 20_000;

  private FrontRig rig;

  @BeforeEach
  void begin() throws Exception {
    rig = new FrontRig();
    rig.useJava();
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
  }

  @Test
  void theChildsStatusBecomesTheFronts() {
    assertEquals(7, rig.run("run", "/bin/sh", "-c", "exit 7"), () -> rig.text("err"));
    assertEquals("1792", rig.value("status"));
    // A process 1 is deaf to its own signals, so another one kills it.
    assertEquals(
        128 + 9, rig.run("run", "/bin/sh", "-c", "sh -c 'exec sleep 0' & kill -9 $!; wait $!"));
  }

  @Test
  void signalsAreForwarded() throws Exception {
    for (int signal : new int[] {Signal.SIGHUP, Signal.SIGINT, 20, Signal.SIGWINCH}) {
      PidFd front =
          rig.start(
              "run",
              "/bin/sh",
              "-c",
              "trap 'exit 9' " + signal + "; echo ready; while :; do sleep 0.02; done");
      rig.await("ready");
      FrontRig.awaitWaiting(front);
      assertTrue(front.signal(signal));
      assertEquals(9, rig.end(front), "signal " + signal);
    }
  }

  @Test
  void whatTheCallerIgnoresIsNotForwarded() throws Exception {
    PidFd front =
        rig.start(
            Optional.empty(),
            List.of(),
            calls -> FrontRig.ignore(calls, Signal.SIGHUP),
            List.of(
                "run",
                "/usr/bin/env",
                "--default-signal=HUP",
                "sh",
                "-c",
                "trap 'exit 9' 1; trap 'exit 8' 15; echo ready; while :; do sleep 0.02; done"));
    rig.await("ready");
    FrontRig.awaitWaiting(front);
    assertTrue(front.signal(Signal.SIGHUP));
    Thread.sleep(200);
    assertTrue(front.isAlive());
    assertTrue(front.signal(Signal.SIGTERM));
    assertEquals(8, rig.end(front));
  }

  @Test
  void aSuccessorGetsTheStatusWhenJavaHasLeft() {
    assertEquals(5, rig.run("leave", "/bin/sh", "-c", "sleep 1; exit 5"), () -> rig.text("err"));
    assertTrue(rig.value("successor").startsWith("[of, "), rig.text("out"));
    assertTrue(rig.value("successor").endsWith(", 1280]"), rig.text("out"));
  }

  @Test
  void aSuccessorComesAlsoWhenJavaLeavesAsTheChildEnds() {
    assertEquals(4, rig.run("leave", "/bin/sh", "-c", "exit 4"), () -> rig.text("err"));
    assertTrue(rig.value("successor").endsWith(", 1024]"), rig.text("out"));
  }

  /** A terminal with a session of its own, whose foreground the front is. */
  private final class Session implements AutoCloseable {
    final Terminal.Pair terminal = Terminal.open();
    private final byte[] settings = Terminal.settings(terminal.terminal());
    private final PidFd front;
    private final StringBuilder shown = new StringBuilder();

    Session(String... arguments) {
      Terminal.setSize(terminal.master(), new Terminal.Size(33, 77));
      Optional<Fd> side = Optional.of(terminal.terminal());
      front =
          rig.start(
              0,
              List.of(side, side, side),
              List.of(),
              calls -> {
                calls.setsid("begin a session");
                calls.ioctl("take the terminal", Arg.ZERO, Terminal.TIOCSCTTY, 0);
              },
              List.of(arguments));
    }

    void type(String text) {
      Sys.writeFully(terminal.master(), text.getBytes(StandardCharsets.UTF_8));
    }

    void await(String words) {
      long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
      while (shown.indexOf(words) < 0) {
        assertTrue(System.currentTimeMillis() < deadline, "no \"" + words + "\" in: " + shown);
        read(100);
      }
    }

    private boolean read(long millis) {
      if ((Sys.poll(terminal.master(), Sys.POLLIN, millis) & Sys.POLLIN) == 0) {
        return false;
      }
      shown.append(new String(Sys.read(terminal.master(), 65536), StandardCharsets.UTF_8));
      return true;
    }

    /** Waits for the end and returns the exit code; the terminal must be as it was. */
    int end() {
      long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
      while (front.isAlive()) {
        assertTrue(System.currentTimeMillis() < deadline, "still alive: " + shown);
        read(20);
      }
      while (read(0)) {
        assertTrue(System.currentTimeMillis() < deadline, "no end of output");
      }
      assertArrayEquals(settings, Terminal.settings(terminal.terminal()));
      return rig.end(front);
    }

    @Override
    public void close() {
      terminal.close();
    }
  }

  @Test
  void theTerminalIsRelayed() {
    for (String mode : new String[] {"terminal", "leave-terminal"}) {
      try (Session session =
          new Session(mode, "/bin/sh", "-c", "stty size; read x; echo \"got $x\"; exit 5")) {
        session.await("33 77\r\n");
        session.type("hello\r");
        session.await("got hello\r\n");
        assertEquals(5, session.end(), session.shown.toString());
      }
    }
  }

  @Test
  void theTerminalsSizeFollows() {
    try (Session session =
        new Session(
            "terminal",
            "/bin/sh",
            "-c",
            "trap 'stty size; exit 6' WINCH; echo ready; while :; do sleep 0.02; done")) {
      session.await("ready");
      Terminal.setSize(session.terminal.master(), new Terminal.Size(44, 88));
      session.await("44 88\r\n");
      assertEquals(6, session.end());
    }
  }

  @Test
  void keysThatSignalGoToTheContainersTerminal() {
    try (Session session =
        new Session(
            "terminal",
            "/bin/sh",
            "-c",
            "trap 'echo interrupted; exit 4' INT; echo ready; while :; do sleep 0.02; done")) {
      session.await("ready");
      session.type("\003");
      session.await("interrupted");
      assertEquals(4, session.end());
    }
  }

  @Test
  void ctrlCBeforeTheWaitEndsFrontAndJava() throws Exception {
    try (Session session = new Session("sleep")) {
      session.await("java=");
      session.await("\r\n");
      String java = session.shown.toString().split("java=", 2)[1].strip();
      session.type("\003");
      assertEquals(128 + Signal.SIGINT, session.end());
      FrontRig.assertEnds(Integer.parseInt(java));
    }
  }

  @Test
  void allOutputArrivesThoughTheProgramHasEnded() {
    for (int i = 0; i < 5; i++) {
      assertEquals(3, rig.run("terminal", "/bin/sh", "-c", "seq 1 20000; exit 3"));
      String out = rig.text("out");
      assertTrue(out.contains("\r\n19999\r\n20000\r\n"), "cut after " + out.length());
    }
  }

  @Test
  void theEndOfInputReachesAProgramOnTheTerminal() throws Exception {
    try (Fd input = Sys.memfdCreate("input", 0)) {
      Sys.writeFully(input, "some\ntext".getBytes(StandardCharsets.UTF_8));
      Sys.call(Syscall.LSEEK, input.number(), 0, 0);
      PidFd front =
          rig.start(
              Optional.of(input),
              List.of(),
              calls -> {},
              List.of("terminal", "/bin/sh", "-c", "stty -echo; cat; echo end; exit 3"));
      assertEquals(3, rig.end(front), () -> rig.text("err"));
      assertTrue(rig.text("out").contains("text"), rig.text("out"));
      assertTrue(rig.text("out").contains("end\r\n"), rig.text("out"));
    }
  }

  @Test
  void otherChildrenAreReapedOnlyWhenAskedFor() {
    assertEquals(0, rig.run("reap", "/bin/sleep", "0.3"));
    assertEquals("false", rig.value("zombie"));
    assertEquals(0, rig.run("run", "/bin/sleep", "0.3"));
    assertEquals("true", rig.value("zombie"));
  }
}
