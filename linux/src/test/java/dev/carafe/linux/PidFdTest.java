package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PidFdTest {
  private int before;

  @BeforeEach
  void begin() {
    before = Fd.openCount();
  }

  @AfterEach
  void noDescriptorLeaks() {
    assertEquals(before, Fd.openCount(), "open descriptors");
  }

  /** Starts {@code sh -c script} as a child of this JVM that nobody else waits for. */
  private static PidFd shell(String script) {
    Agent agent = Spawner.spawn(0, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    try (agent) {
      Batch batch = agent.batch();
      new Calls(batch).exec("execute sh", "/bin/sh", List.of("sh", "-c", script), List.of());
      agent.exec(batch);
      return agent.detachProcess().orElseThrow();
    }
  }

  @Test
  void aProcessIsItsNumberAndItsStartTime() {
    try (PidFd process = shell("exec sleep 60")) {
      long start = ProcStat.of(process.pid()).orElseThrow().startTime();
      try (PidFd same = PidFd.open(process.pid(), start).orElseThrow()) {
        assertTrue(same.isAlive());
        assertEquals(process.pid(), same.pid());
      }
      assertEquals(Optional.empty(), PidFd.open(process.pid(), start + 1));
      assertEquals(Optional.empty(), PidFd.open(process.pid(), 0));
      assertTrue(process.signal(Signal.SIGTERM));
      assertTrue(process.waitExit(10_000));
      assertFalse(process.isAlive());
      assertTrue(process.signal(0), "a zombie can still be signalled");
      try (PidFd zombie = PidFd.open(process.pid(), start).orElseThrow()) {
        assertFalse(zombie.isAlive());
      }
      assertEquals(OptionalInt.of(15), process.exitStatus());
      assertEquals(15, process.reap());
      assertFalse(process.signal(Signal.SIGKILL), "nobody is hit any more");
      assertEquals(Optional.empty(), PidFd.open(process.pid(), start));
    }
  }

  @Test
  void numbersWithoutAProcessAreEmpty() {
    assertEquals(Optional.empty(), PidFd.open(Integer.MAX_VALUE));
    assertEquals(Optional.empty(), PidFd.open(0));
    assertEquals(Optional.empty(), PidFd.open(-5));
    assertEquals(Optional.empty(), PidFd.open(Integer.MAX_VALUE, 1));
  }

  @Test
  void aLivingProcessHasNoStatus() {
    try (PidFd process = shell("exec sleep 60")) {
      assertEquals(OptionalInt.empty(), process.exitStatus());
      assertFalse(process.waitExit(20));
      assertTrue(process.signal(Signal.SIGKILL));
      assertEquals(Signal.SIGKILL, process.reap());
    }
  }

  @Test
  void lookingAtAStatusDoesNotReap() {
    try (PidFd process = shell("exit 7")) {
      assertTrue(process.waitExit(10_000));
      assertEquals(OptionalInt.of(7 << 8), process.exitStatus());
      assertEquals(OptionalInt.of(7 << 8), process.exitStatus());
      assertEquals(7 << 8, process.reap());
      assertEquals(Errno.ECHILD, assertThrows(KernelException.class, process::reap).errno());
    }
  }

  @Test
  void theStatusStaysKnownAfterSomebodyReapedIt() {
    try (PidFd process = shell("exit 9")) {
      assertEquals(9 << 8, process.reap());
      OptionalInt status = process.exitStatus();
      assumeTrue(status.isPresent(), "PIDFD_INFO_EXIT needs Linux 6.15");
      assertEquals(OptionalInt.of(9 << 8), status);
    }
  }

  @Test
  void somebodyElsesChildIsReadAsAZombieAndAfterwards() throws Exception {
    // A parent that reaps only when it is told to.
    Process parent =
        new ProcessBuilder(
                "perl",
                "-e",
                "$|=1; my $p = fork; if (!$p) { sleep 1; exit 5 } print \"$p\\n\";"
                    + " <STDIN>; waitpid $p, 0; print \"reaped\\n\"; <STDIN>")
            .start();
    try (BufferedReader out = parent.inputReader(StandardCharsets.UTF_8);
        PidFd process = PidFd.open(Integer.parseInt(out.readLine())).orElseThrow()) {
      assertTrue(process.waitExit(10_000));
      assertEquals(OptionalInt.of(5 << 8), process.exitStatus());
      assertEquals(Errno.ECHILD, assertThrows(KernelException.class, process::reap).errno());
      parent.getOutputStream().write('\n');
      parent.getOutputStream().flush();
      assertEquals("reaped", out.readLine());
      OptionalInt status = process.exitStatus();
      assumeTrue(status.isPresent(), "PIDFD_INFO_EXIT needs Linux 6.15");
      assertEquals(OptionalInt.of(5 << 8), status);
    } finally {
      parent.destroyForcibly().waitFor();
    }
  }

  @Test
  void theCommandMayHoldAnyBytes() throws Exception {
    try (Temp temp = new Temp()) {
      java.nio.file.Files.copy(
          java.nio.file.Path.of("/bin/sleep"), temp.path.resolve("x) R 1 (\n) 9"));
      Agent agent =
          Spawner.spawn(0, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
      try (agent) {
        Batch batch = agent.batch();
        String program = temp.path + "/x) R 1 (\n) 9";
        new Calls(batch).exec("execute it", program, List.of(program, "60"), List.of());
        agent.exec(batch);
        ProcStat stat = ProcStat.of(agent.pid()).orElseThrow();
        assertEquals(Sys.getpid(), stat.parent());
        assertTrue(stat.startTime() > ProcStat.of(Sys.getpid()).orElseThrow().startTime());
        assertFalse(stat.ended());
        PidFd process = agent.process().orElseThrow();
        assertTrue(process.signal(Signal.SIGKILL));
        assertEquals(Signal.SIGKILL, process.reap());
      }
    }
  }

  @Test
  void textsThatAreNoStatAreEmpty() {
    for (String text :
        new String[] {
          "",
          "1 (a",
          "1 (a)",
          "1 (a) S",
          "1 (a) S 1 2 3",
          "1 (a) SS 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
          "1 (a) S 1",
          "1 (a) S x 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"
        }) {
      assertEquals(Optional.empty(), ProcStat.parse(text.getBytes(StandardCharsets.UTF_8)), text);
    }
  }
}
