package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Agents as Java sees them: started, asked, cloned, lost. */
final class AgentTest {
  private int before;

  @BeforeEach
  void begin() {
    before = Fd.openCount();
  }

  @AfterEach
  void noDescriptorLeaks() {
    assertEquals(before, Fd.openCount(), "open descriptors");
  }

  private static Agent spawn(long flags) {
    return Spawner.spawn(flags, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
  }

  /** Closes an agent and returns its raw wait status. */
  private static int end(Agent agent) {
    try (PidFd process = agent.detachProcess().orElseThrow()) {
      agent.close();
      assertTrue(process.waitExit(10_000), "the agent ends when its socket is closed");
      return process.reap();
    }
  }

  @Test
  void anAgentIsAChildAndAnswers() {
    Agent agent = spawn(0);
    Batch batch = agent.batch();
    Ref pid = new Calls(batch).getpid("ask");
    Ref parent = batch.call("ask", Syscall.GETPPID);
    Reply reply = agent.run(batch);
    assertEquals(agent.pid(), reply.value(pid));
    assertEquals(Sys.getpid(), reply.value(parent));
    assertTrue(agent.process().orElseThrow().isAlive());
    assertEquals(1 << 8, end(agent));
  }

  @Test
  void anAgentHasOnlyTheDescriptorsThatItWasGiven() {
    UnixSocket[] pair = UnixSocket.pair();
    Agent agent;
    try (UnixSocket mine = pair[0];
        UnixSocket theirs = pair[1];
        Fd extra = Sys.open("/dev/zero", Open.RDONLY, 0);
        Fd copy = Sys.dup(extra)) {
      agent =
          Spawner.spawn(
              0,
              Optional.empty(),
              Optional.of(theirs.fd()),
              Optional.empty(),
              List.of(extra, copy));
      Batch batch = agent.batch();
      Calls calls = new Calls(batch);
      calls.write("say", Arg.of(1), "hello");
      Data stat = batch.space(Stat.SIZE);
      calls.statx("look", Arg.of(5), "", At.EMPTY_PATH, stat);
      batch.output(stat);
      Ref none = calls.trying().fcntl("look for a seventh", Arg.of(6), 1, 0);
      Reply reply = agent.run(batch);
      assertEquals(5, Stat.read(reply.output(batch, 0)).rdevMinor());
      assertEquals(-Errno.EBADF, reply.value(none));
      assertArrayEquals("hello".getBytes(StandardCharsets.UTF_8), mine.receiveFully(5));
    }
    end(agent);
  }

  @Test
  void descriptorsGoThereAndComeBack() throws Exception {
    Agent agent = spawn(0);
    try (Temp temp = new Temp()) {
      Batch batch = agent.batch();
      Ref dir = batch.passed(1)[0];
      Calls calls = new Calls(batch);
      calls.mkdirat("make", dir, "made", 0700);
      calls.sending().openat("open it", dir, "made", Open.RDONLY | Open.DIRECTORY, 0);
      batch.send("send the directory back", dir);
      Reply reply = agent.run(batch, temp.dir);
      assertEquals(2, reply.descriptors().size());
      try (Fd made = reply.descriptors().get(0);
          Fd same = reply.descriptors().get(1)) {
        assertEquals(temp.path + "/made", Sys.readlinkat(Fd.CWD, "/proc/self/fd/" + made.number()));
        assertTrue(Sys.stat(same).sameFile(Sys.stat(temp.dir)));
      }
    }
    end(agent);
  }

  @Test
  void bigBatchesAndAnswersGoThrough() {
    Agent agent = spawn(0);
    Batch batch = agent.batch();
    byte[] big = new byte[3_000_000];
    new java.util.Random(3).nextBytes(big);
    int output = batch.output(batch.bytes(big));
    Reply reply = agent.run(batch);
    byte[] back = new byte[big.length];
    reply.output(batch, output).get(back);
    assertArrayEquals(big, back);
    end(agent);
  }

  @Test
  void aFailureHasItsLabelAndTheAgentGoesOn() {
    Agent agent = spawn(0);
    Batch batch = agent.batch();
    new Calls(batch).chdir("change to /no/such", "/no/such");
    KernelException e = assertThrows(KernelException.class, () -> agent.run(batch));
    assertEquals("change to /no/such: ENOENT (No such file or directory)", e.getMessage());
    Batch next = agent.batch();
    Ref pid = new Calls(next).getpid("ask");
    assertEquals(agent.pid(), agent.run(next).value(pid));
    end(agent);
  }

  @Test
  void anAgentStartsInNewNamespaces() {
    Agent agent =
        spawn(CloneFlags.NEWPID | CloneFlags.NEWNS | CloneFlags.NEWUTS | CloneFlags.NEWIPC);
    Batch batch = agent.batch();
    Calls calls = new Calls(batch);
    Ref pid = calls.getpid("ask");
    calls.sethostname("set the host name", "carafe-test");
    Data name = batch.space(64);
    // Mounted over in the new mount namespace only.
    calls.mount("make mounts private", "none", "/", "", Mount.REC | Mount.PRIVATE, "");
    calls.mount("mount proc", "proc", "/proc", "proc", Mount.NOSUID, "");
    Ref fd = calls.openat("open", Arg.CWD, "/proc/sys/kernel/hostname", Open.RDONLY, 0);
    Ref size = calls.read("read", fd, name);
    batch.output(name);
    Reply reply = agent.run(batch);
    assertEquals(1, reply.value(pid));
    byte[] text = new byte[(int) reply.value(size)];
    reply.output(batch, 0).get(text);
    assertEquals("carafe-test\n", OsString.decode(text));
    assertFalse(
        OsString.decode(Sys.readFile(Fd.CWD, "/proc/sys/kernel/hostname", 99))
            .contains("carafe-test"));
    end(agent);
  }

  @Test
  void aCloneIsAnAgentWithRegistersOfItsOwn() {
    Agent agent = spawn(0);
    Agent child = agent.cloneAgent(CloneFlags.NEWUTS, Optional.empty(), "clone");
    Batch batch = child.batch();
    Ref pid = new Calls(batch).getpid("ask");
    Ref parent = batch.call("ask", Syscall.GETPPID);
    assertEquals(0, pid.register());
    Reply reply = child.run(batch);
    assertEquals(child.pid(), reply.value(pid));
    assertEquals(agent.pid(), reply.value(parent));
    try (PidFd process = child.detachProcess().orElseThrow()) {
      child.close();
      assertTrue(process.waitExit(10_000));
      // A zombie of another parent's, whose status may be looked at.
      assertEquals(OptionalInt.of(1 << 8), process.exitStatus());
    }
    end(agent);
  }

  @Test
  void aSiblingByCloneParentIsTheJvmsChild() {
    Agent agent = spawn(0);
    Agent sibling =
        agent.cloneAgent(
            CloneFlags.PARENT | CloneFlags.NEWPID, Optional.empty(), "clone a sibling");
    Batch batch = sibling.batch();
    Ref pid = new Calls(batch).getpid("ask");
    assertEquals(1, sibling.run(batch).value(pid));
    assertEquals(Sys.getpid(), ProcStat.of(sibling.pid()).orElseThrow().parent());
    end(agent);
    // CLONE_PARENT gives no exit signal, so it takes __WALL to wait for it.
    assertEquals(1 << 8, end(sibling));
  }

  @Test
  void anAgentBecomesItsProgram() {
    UnixSocket[] pair = UnixSocket.pair();
    Agent agent;
    try (UnixSocket mine = pair[0]) {
      agent =
          Spawner.spawn(
              0, Optional.empty(), Optional.of(pair[1].fd()), Optional.empty(), List.of());
      pair[1].close();
      Batch batch = agent.batch();
      new Calls(batch)
          .exec(
              "start sh",
              "/bin/sh",
              List.of("sh", "-c", "echo \"$A\"; exit 7"),
              List.of("A=b\udcffc"));
      agent.exec(batch);
      assertArrayEquals(new byte[] {'b', (byte) 0xff, 'c', '\n'}, mine.receiveFully(99));
    }
    assertEquals(7, WaitStatus.exitCode(end(agent)));
  }

  @Test
  void anExecThatFailsSaysWhy() {
    Agent agent = spawn(0);
    Batch batch = agent.batch();
    new Calls(batch).exec("execute \"nope\"", "/no/such/nope", List.of("nope"), List.of());
    KernelException e = assertThrows(KernelException.class, () -> agent.exec(batch));
    assertEquals("execute \"nope\": ENOENT (No such file or directory)", e.getMessage());
    end(agent);
  }

  @Test
  void aKilledAgentIsReportedWithItsSignal() {
    Agent agent = spawn(0);
    assertTrue(agent.process().orElseThrow().signal(Signal.SIGKILL));
    Batch batch = agent.batch();
    Ref _ = new Calls(batch).getpid("ask for the number");
    AgentLostException e = assertThrows(AgentLostException.class, () -> agent.run(batch));
    assertTrue(
        e.getMessage()
            .startsWith(
                "ask for the number: the agent, process "
                    + agent.pid()
                    + ", was killed by SIGKILL, maybe because it was out of memory"),
        e.getMessage());
    assertEquals(Signal.SIGKILL, end(agent));
  }

  @Test
  void anAgentThatRejectsAMalformedBatchIsReportedWithItsCode() {
    Agent agent = spawn(0);
    UnixSocket raw = new UnixSocket(agent.socket());
    raw.send(Bytes.ints(32, -1, 0, 0, 0, 0, 32, 0));
    Batch batch = agent.batch();
    Ref _ = new Calls(batch).getpid("ask");
    AgentLostException e = assertThrows(AgentLostException.class, () -> agent.run(batch));
    assertTrue(e.getMessage().endsWith("exited with code 125"), e.getMessage());
    assertEquals(125, WaitStatus.exitCode(end(agent)));
  }

  @Test
  void manyThreadsSpawnAtOnce() throws Exception {
    AtomicInteger good = new AtomicInteger();
    Thread[] threads = new Thread[8];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          new Thread(() -> {
            for (int k = 0; k < 10; k++) {
              Agent agent = spawn(CloneFlags.NEWUTS);
              Batch batch = agent.batch();
              Ref pid = new Calls(batch).getpid("ask");
              if (agent.run(batch).value(pid) == agent.pid() && end(agent) == 1 << 8) {
                good.incrementAndGet();
              }
            }
          });
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(80, good.get());
  }

  @Test
  void theAgentsProgramCannotBeChanged() {
    Fd file = AgentProgram.file();
    byte[] one = {1};
    assertEquals(-Errno.EPERM, Sys.call(Syscall.PWRITE64, one, 0b10, file.number(), 0, 1, 0));
    assertEquals(-Errno.EPERM, Sys.call(Syscall.FTRUNCATE, file.number(), 0));
  }

  @Test
  void theAgentsProgramOnAFileSystemOfItsOwnCannotBeChangedEither() {
    byte[] program = Sys.readFile(Fd.CWD, "/bin/true", 1 << 24);
    try (Fd file = AgentProgram.detached(program)) {
      assertArrayEquals(program, Arrays.copyOf(Sys.readFully(file, 1 << 24), program.length));
      KernelException e =
          assertThrows(
              KernelException.class,
              () -> Sys.open("/proc/self/fd/" + file.number(), Open.WRONLY, 0));
      assertEquals(Errno.EROFS, e.errno());
    }
  }

  /** CLONE_SIGHAND does not go with the handlers being cleared. */
  @Test
  void aSpawnThatTheKernelRefusesLeavesNothing() {
    KernelException e = assertThrows(KernelException.class, () -> spawn(0x800));
    assertTrue(e.getMessage().startsWith("start an agent: "), e.getMessage());
  }
}
