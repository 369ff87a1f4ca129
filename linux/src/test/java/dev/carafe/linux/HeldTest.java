package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An agent that holds the rest of a launch until it is told to start. */
final class HeldTest {
  private int before;
  private Temp temp;

  @BeforeEach
  void begin() throws Exception {
    before = Fd.openCount();
    temp = new Temp();
  }

  @AfterEach
  void noDescriptorLeaks() throws Exception {
    temp.close();
    assertEquals(before, Fd.openCount(), "open descriptors");
  }

  /** Returns the process of an agent that holds {@code program} at the socket "start". */
  private PidFd hold(String program, String argument) {
    Agent agent = Spawner.spawn(0, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    try (agent;
        UnixSocket socket = UnixSocket.listen(temp.dir, "start", 4)) {
      Batch batch = agent.batch();
      Ref passed = batch.passed(1)[0];
      Batch rest = agent.batch();
      Calls calls = new Calls(rest);
      calls.chdir("change to the root directory", "/");
      calls.exec("execute " + program, program, List.of(program, argument), List.of());
      batch.special(Op.Kind.HOLD, 0, "hold", passed, batch.nested(rest));
      Reply _ = agent.run(batch, socket.fd());
      return agent.detachProcess().orElseThrow();
    }
  }

  @Test
  void startMakesItTheProgram() {
    try (PidFd process = hold("/bin/sleep", "0.3")) {
      assertTrue(UnixSocket.listens(temp.dir, "start"));
      assertTrue(UnixSocket.listens(temp.dir, "start"), "a probe does not start it");
      assertTrue(process.isAlive());
      Held.start(temp.dir, "start", "start the container");
      assertFalse(UnixSocket.listens(temp.dir, "start"));
      assertEquals(
          "sleep\n", OsString.decode(Sys.readFile(Fd.CWD, "/proc/" + process.pid() + "/comm", 64)));
      assertEquals(0, process.reap());
    }
  }

  @Test
  void aFailedStartSaysWhatFailed() {
    try (PidFd process = hold("/no/such/program", "")) {
      KernelException e =
          assertThrows(
              KernelException.class, () -> Held.start(temp.dir, "start", "start the container"));
      assertEquals("execute /no/such/program: ENOENT (No such file or directory)", e.getMessage());
      assertTrue(process.waitExit(10_000));
      assertEquals(1, WaitStatus.exitCode(process.reap()));
    }
  }

  @Test
  void aHeldAgentCanBeKilledBySigterm() {
    try (PidFd process = hold("/bin/true", "")) {
      assertTrue(process.signal(Signal.SIGTERM));
      assertTrue(process.waitExit(10_000));
      assertEquals(128 + 15, WaitStatus.exitCode(process.reap()));
      assertFalse(UnixSocket.listens(temp.dir, "start"));
      KernelException e =
          assertThrows(KernelException.class, () -> Held.start(temp.dir, "start", "start it"));
      assertEquals(Errno.ECONNREFUSED, e.errno());
    }
  }

  @Test
  void onlyOneOfTwoStartsSucceeds() throws Exception {
    try (PidFd process = hold("/bin/sleep", "0.3")) {
      boolean[] ok = new boolean[2];
      Thread[] threads = new Thread[2];
      for (int i = 0; i < 2; i++) {
        int index = i;
        threads[i] =
            new Thread(() -> {
              try {
                Held.start(temp.dir, "start", "start it");
                ok[index] = true;
              } catch (KernelException e) {
                // The other was first.
              }
            });
        threads[i].start();
      }
      threads[0].join();
      threads[1].join();
      assertTrue(ok[0] ^ ok[1], ok[0] + " " + ok[1]);
      assertEquals(0, process.reap());
    }
  }

  @Test
  void anAgentThatEndsWithoutAWordIsNoSuccess() throws Exception {
    try (UnixSocket socket = UnixSocket.listen(temp.dir, "start", 4)) {
      Thread peer = new Thread(() -> socket.accept().close());
      peer.start();
      KernelException e =
          assertThrows(KernelException.class, () -> Held.start(temp.dir, "start", "start it"));
      assertTrue(e.errno() == Errno.ECONNRESET || e.errno() == Errno.EPIPE, e.getMessage());
      peer.join();
    }
  }

  @Test
  void malformedAnswersAreErrors() throws Exception {
    int[][] answers = {
      {8, 5},
      {0x7fffffff, 1, 1, 0, 0, 0, 0, 0},
      {32, 0, 0, 0, 0, 0, 0, 0},
      {32, 0, 1, 0, 0, 0, 0, 900},
      {32, 0, 1, 0, -1, 0, 0, 8},
      {40, 0, 1, 0, 0, 0, 0, 8},
    };
    for (int[] answer : answers) {
      UnixSocket[] pair = UnixSocket.pair();
      try (UnixSocket mine = pair[0];
          UnixSocket theirs = pair[1]) {
        theirs.send(Bytes.ints(answer));
        theirs.shutdownWrite();
        assertThrows(
            AgentLostException.class, () -> Held.awaitExec(mine, "start it", () -> "gone"));
      }
    }
  }
}
