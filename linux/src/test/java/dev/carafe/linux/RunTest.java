package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Programs that an agent runs to their end, as hooks are. */
final class RunTest {
  private Agent agent;
  private Temp temp;

  @BeforeEach
  void begin() throws Exception {
    temp = new Temp();
    agent =
        Spawner.spawn(0, Optional.empty(), Optional.empty(), Optional.empty(), List.of(temp.dir));
  }

  @AfterEach
  void end() throws Exception {
    try (PidFd process = agent.detachProcess().orElseThrow()) {
      agent.close();
      assertTrue(process.waitExit(10_000));
      process.reap();
    }
    temp.close();
  }

  private Ref add(Batch batch, int flags, String stdin, String out, long millis, String script) {
    Calls calls = new Calls(batch);
    Arg input = Arg.NONE;
    Arg output = Arg.NONE;
    if (!stdin.isEmpty()) {
      input = calls.openat("open the input", Arg.CWD, stdin, Open.RDONLY, 0);
    }
    if (!out.isEmpty()) {
      output = calls.openat("open the output", Arg.CWD, out, Open.WRONLY | Open.CREAT, 0600);
    }
    Data path = batch.string("/bin/sh");
    Data argv = batch.strings(List.of("sh", "-c", script));
    Data env = batch.strings(List.of("A=b"));
    return batch.special(
        Op.Kind.RUN, flags, "run the hook", path, argv, env, input, output, Arg.of(millis));
  }

  private void run(long millis, String script) {
    Batch batch = agent.batch();
    Ref _ = add(batch, 0, "", "", millis, script);
    Reply _ = agent.run(batch);
  }

  private String text(String name) {
    return new String(Sys.readFile(temp.dir, name, 65536), StandardCharsets.UTF_8);
  }

  @Test
  void itsEndDecides() {
    run(0, "exit 0");
    KernelException e = assertThrows(KernelException.class, () -> run(0, "exit 3"));
    assertEquals(3 << 8, e.exitStatus().orElseThrow());
    e = assertThrows(KernelException.class, () -> run(10_000, "kill -KILL $$"));
    assertEquals(9, e.exitStatus().orElseThrow());
    assertEquals("run the hook", e.operation());
    run(10_000, "exit 0");
  }

  @Test
  void anOptionalOneThatFailsIsAResult() {
    Batch batch = agent.batch();
    Ref first = add(batch, Op.OPTIONAL, "", "", 0, "exit 3");
    Ref second = add(batch, 0, "", "", 0, "exit 0");
    Reply reply = agent.run(batch);
    assertEquals(-(65536 + (3 << 8)), reply.value(first));
    assertEquals(0, reply.value(second));
  }

  @Test
  void aProgramThatIsNotThereIsItsErrno() {
    Batch batch = agent.batch();
    Data path = batch.string("/no/such/hook");
    Data list = batch.strings(List.of());
    Ref _ = batch.special(Op.Kind.RUN, 0, "run it", path, list, list, Arg.NONE, Arg.NONE, Arg.ZERO);
    KernelException e = assertThrows(KernelException.class, () -> agent.run(batch));
    assertEquals(Errno.ENOENT, e.errno());
  }

  @Test
  void theTimeOutKills() throws Exception {
    KernelException e =
        assertThrows(
            KernelException.class, () -> run(200, "echo $$ >" + temp.path + "/pid; exec sleep 60"));
    assertEquals(Errno.ETIMEDOUT, e.errno());
    FrontRig.assertEnds(Integer.parseInt(text("pid").strip()));
    run(0, "exit 0");
  }

  @Test
  void itGetsItsStreamsItsEnvironmentAndNothingElse() {
    try (Fd in = Sys.openat(temp.dir, "in", Open.WRONLY | Open.CREAT, 0600)) {
      Sys.writeFully(in, "the state\n".getBytes(StandardCharsets.UTF_8));
    }
    Batch batch = agent.batch();
    // A shell that waits for a child may have signals blocked; what it becomes by exec has not.
    String script =
        "cat; env; ls -l /proc/$$/fd; echo error >&2; exec grep ^SigBlk /proc/self/status";
    Ref _ = add(batch, 0, temp.path + "/in", temp.path + "/out", 0, script);
    Reply _ = agent.run(batch);
    String out = text("out");
    assertTrue(out.startsWith("the state\n"), out);
    assertTrue(out.contains("A=b\n") && out.contains("error\n"), out);
    assertTrue(out.contains(" 0 -> " + temp.path + "/in"), out);
    assertEquals(3, out.split(" -> ", -1).length - 1, out);
    assertTrue(out.contains("SigBlk:\t0000000000000000"), out);
  }

  @Test
  void itDiesWithItsAgent() throws Exception {
    Batch batch = agent.batch();
    Ref _ = add(batch, 0, "", "", 0, "echo $$ >" + temp.path + "/pid; exec sleep 60");
    agent.send(batch);
    long deadline = System.currentTimeMillis() + 10_000;
    while (Sys.openIfThere(temp.dir, "pid", Open.PATH).map(RunTest::close).isEmpty()
        || text("pid").isEmpty()) {
      assertTrue(System.currentTimeMillis() < deadline, "the hook does not start");
      Thread.sleep(5);
    }
    assertTrue(agent.process().orElseThrow().signal(Signal.SIGKILL));
    FrontRig.assertEnds(Integer.parseInt(text("pid").strip()));
  }

  private static boolean close(Fd fd) {
    fd.close();
    return true;
  }
}
