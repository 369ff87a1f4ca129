package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Agents that clone agents: what the child has, and where it starts. */
final class CloneTest {
  private Agent agent;

  @BeforeEach
  void begin() {
    agent = Spawner.spawn(0, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
  }

  @AfterEach
  void end() {
    end(agent);
  }

  private static void end(Agent agent) {
    try (PidFd process = agent.detachProcess().orElseThrow()) {
      agent.close();
      assertTrue(process.waitExit(10_000));
      if (ProcStat.of(process.pid()).map(ProcStat::parent).orElse(0) == Sys.getpid()) {
        process.reap();
      }
    }
  }

  @Test
  void aChildHasNoSocketButItsOwn() throws IOException {
    Agent first = agent.cloneAgent(0, Optional.empty(), "clone");
    Agent second = agent.cloneAgent(0, Optional.empty(), "clone another");
    Agent grandchild = second.cloneAgent(0, Optional.empty(), "clone once more");
    for (Agent each : List.of(first, second, grandchild)) {
      // Who answers has begun, and closed what it had to.
      Reply _ = each.run(each.batch());
      TreeSet<String> sockets = new TreeSet<>();
      try (var fds = Files.newDirectoryStream(Path.of("/proc/" + each.pid() + "/fd"))) {
        for (Path fd : fds) {
          String target = Files.readSymbolicLink(fd).toString();
          assertTrue(target.equals("/dev/null") || target.startsWith("socket:"), target);
          if (target.startsWith("socket:")) {
            sockets.add(target);
          }
        }
      }
      assertEquals(1, sockets.size(), sockets.toString());
    }
    end(grandchild);
    end(first);
    end(second);
  }

  /** The control socket of a child must not keep the parent's from ending, nor the reverse. */
  @Test
  void aParentEndsThoughItsChildLives() {
    Agent child = agent.cloneAgent(0, Optional.empty(), "clone");
    end(agent);
    Batch batch = child.batch();
    Ref parent = batch.call("ask for the parent", Syscall.GETPPID);
    assertTrue(child.run(batch).value(parent) > 0);
    end(child);
    begin();
  }

  @Test
  void aChildStartsInTheCgroup() throws IOException {
    Path root = Path.of("/sys/fs/cgroup/unified");
    if (!Files.exists(root.resolve("cgroup.procs"))) {
      root = Path.of("/sys/fs/cgroup");
    }
    assumeTrue(Files.exists(root.resolve("cgroup.procs")), "there is no cgroup v2 to write to");
    Path cgroup = Files.createDirectory(root.resolve("carafe-clone-test-" + Sys.getpid()));
    try (Fd dir = Sys.open(cgroup.toString(), Open.RDONLY | Open.DIRECTORY, 0)) {
      Batch batch = agent.batch();
      Ref passed = batch.passed(1)[0];
      String label = "clone into the cgroup";
      Ref pid = batch.special(Op.Kind.CLONE, 0, label, Arg.ZERO, passed);
      Agent child = Agent.adopt(label, agent.run(batch, dir), pid, 0);
      assertEquals(
          List.of(Integer.toString(child.pid())),
          Files.readAllLines(cgroup.resolve("cgroup.procs")));
      end(child);
    } finally {
      reapOfAgent();
      Files.delete(cgroup);
    }
  }

  /** A zombie keeps its cgroup in use. */
  private void reapOfAgent() {
    Batch batch = agent.batch();
    // Of any child; __WALL
    batch.tryCall("reap", Syscall.WAIT4, Arg.NONE, Arg.ZERO, Arg.of(0x40000000), Arg.ZERO);
    Reply _ = agent.run(batch);
  }

  @Test
  void flagsThatWouldShareMemoryAreRefused() {
    for (long flags : new long[] {0x100, 0x800, 0x10000, 0x1000, 0x4000, 1L << 32}) {
      KernelException e =
          assertThrows(
              KernelException.class,
              () -> agent.cloneAgent(flags, Optional.empty(), "clone oddly"));
      assertEquals(Errno.EINVAL, e.errno());
    }
    assertTrue(agent.process().orElseThrow().isAlive());
  }

  @Test
  void noMoreDescriptorsAreSentThanAnAnswerCarries() {
    Batch batch = agent.batch();
    for (int i = 0; i < 17; i++) {
      batch.send("send number " + i, Arg.ZERO);
    }
    KernelException e = assertThrows(KernelException.class, () -> agent.run(batch));
    assertEquals("send number 16", e.operation());
    assertEquals(Errno.EMFILE, e.errno());
    // What was opened for the answer that failed is closed again: 0 to 2, the socket.
    Batch next = agent.batch();
    Ref fd = new Calls(next).dup("copy", Arg.ZERO);
    assertEquals(4, agent.run(next).value(fd));
  }
}
