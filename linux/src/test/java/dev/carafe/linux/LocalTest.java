package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LocalTest {
  private final Local local = Local.get();
  private final Batch batch = local.batch();
  private final Calls calls = new Calls(batch);
  private int before;

  @BeforeEach
  void begin() {
    before = Fd.openCount();
  }

  @AfterEach
  void noDescriptorLeaks() {
    assertEquals(before, Fd.openCount(), "open descriptors");
  }

  @Test
  void resultsComeBackByReference() {
    Ref pid = calls.getpid("ask");
    Ref failed = calls.trying().openat("open", Arg.CWD, "/no/such", Open.RDONLY, 0);
    Ref again = calls.getpid("ask again");
    Reply reply = local.run(batch);
    assertEquals(Sys.getpid(), reply.value(pid));
    assertEquals(-Errno.ENOENT, reply.value(failed));
    assertEquals(Sys.getpid(), reply.value(again));
  }

  @Test
  void theFirstFailureEndsTheBatchAndHasItsLabel() throws Exception {
    try (Temp temp = new Temp()) {
      Ref passed = batch.passed(1)[0];
      calls.mkdirat("make a", passed, "a", 0700);
      calls.openat("open the \"missing\" one", passed, "b", Open.RDONLY, 0);
      calls.mkdirat("make c", passed, "c", 0700);
      KernelException e = assertThrows(KernelException.class, () -> local.run(batch, temp.dir));
      assertEquals("open the \"missing\" one: ENOENT (No such file or directory)", e.getMessage());
      assertEquals(List.of("a"), Sys.list(temp.dir));
    }
  }

  @Test
  void aBatchThatFailsBetweenAnOpenAndItsCloseLeavesNothingOpen() {
    List<String> open = openDescriptors();
    Ref closed = calls.openat("open", Arg.CWD, "/", Open.PATH, 0);
    calls.close("close", closed);
    Batch.Skip skip = batch.skip("pass over", Arg.ZERO, Batch.When.OK, 0);
    calls.openat("never opened", Arg.CWD, "/", Open.PATH, 0);
    batch.endSkip(skip);
    calls.openat("open and leave", Arg.CWD, "/", Open.PATH, 0);
    calls.openat("fail", Arg.CWD, "/no/such", Open.PATH, 0);
    assertThrows(KernelException.class, () -> local.run(batch));
    assertEquals(open, openDescriptors());
  }

  private static List<String> openDescriptors() {
    try (Fd dir = Sys.open("/proc/self/fd", Open.RDONLY | Open.DIRECTORY, 0)) {
      return Sys.list(dir);
    }
  }

  @Test
  void resultsAreArgumentsOfLaterOperationsAndBatches() {
    Data into = batch.space(64);
    Ref fd = calls.openat("open", Arg.CWD, "/proc/self/comm", Open.RDONLY, 0);
    Ref size = calls.read("read", fd, into);
    int output = batch.output(into);
    Reply reply = local.run(batch);
    byte[] text = new byte[(int) reply.value(size)];
    reply.output(batch, output).get(text);
    assertTrue(new String(text, StandardCharsets.UTF_8).endsWith("\n"));

    Batch second = local.batch();
    new Calls(second).close("close", fd);
    Reply _ = local.run(second);
    Batch third = local.batch();
    new Calls(third).close("close again", fd);
    assertEquals(Errno.EBADF, assertThrows(KernelException.class, () -> local.run(third)).errno());
  }

  @Test
  void severalOutputsComeBackEachByItsIndex() {
    int first = batch.output(batch.bytes(new byte[] {1, 2, 3}));
    int second = batch.output(batch.space(0));
    int third = batch.output(batch.string("xyz"));
    Reply reply = local.run(batch);
    assertEquals(3, reply.output(batch, first).remaining());
    assertEquals(0, reply.output(batch, second).remaining());
    ByteBuffer text = reply.output(batch, third);
    assertEquals('x', text.get(0));
    assertEquals(3, text.remaining());
  }

  @Test
  void sentDescriptorsAreOwnedByTheCaller() {
    Calls sending = calls.sending();
    Ref a = sending.openat("open", Arg.CWD, "/dev/null", Open.RDONLY, 0);
    Ref missing = batch.special(Op.Kind.SYSCALL, Op.SEND_FD | Op.OPTIONAL, "fails", Arg.NONE);
    Batch.Skip skip = batch.skip("skip it", a, Batch.When.OK, 0);
    sending.openat("never", Arg.CWD, "/dev/null", Open.RDONLY, 0);
    batch.endSkip(skip);
    Ref b = sending.openat("open", Arg.CWD, "/dev/zero", Open.RDONLY, 0);
    Reply reply = local.run(batch);
    assertTrue(reply.value(missing) < 0);
    assertEquals(2, reply.descriptors().size());
    try (Fd nil = reply.descriptors().get(0);
        Fd zero = reply.descriptors().get(1)) {
      assertEquals(reply.value(a), nil.number());
      assertEquals(reply.value(b), zero.number());
      assertEquals(5, Sys.stat(zero).rdevMinor());
    }
  }

  @Test
  void whatWasToBeSentIsClosedWhenTheBatchFails() throws Exception {
    List<String> open = openDescriptors();
    for (int i = 0; i < 3; i++) {
      Batch each = local.batch();
      Calls more = new Calls(each);
      more.sending().openat("open", Arg.CWD, "/dev/null", Open.RDONLY, 0);
      more.openat("fail", Arg.CWD, "/no/such", Open.RDONLY, 0);
      assertThrows(KernelException.class, () -> local.run(each));
    }
    assertEquals(open, openDescriptors());
  }

  @Test
  void skipsGoByTheirConditions() {
    Ref bad = calls.trying().openat("open", Arg.CWD, "/no/such", Open.RDONLY, 0);
    Ref[] performed = new Ref[4];
    Batch.When[] when = {Batch.When.FAILED, Batch.When.OK, Batch.When.EQUALS, Batch.When.DIFFERS};
    for (int i = 0; i < 4; i++) {
      Batch.Skip skip = batch.skip("skip", bad, when[i], -Errno.ENOENT);
      performed[i] = calls.getpid("ask");
      batch.endSkip(skip);
    }
    Reply reply = local.run(batch);
    int pid = Sys.getpid();
    assertEquals(0, reply.value(performed[0]));
    assertEquals(pid, reply.value(performed[1]));
    assertEquals(0, reply.value(performed[2]));
    assertEquals(pid, reply.value(performed[3]));
  }

  @Test
  void checksFailWithTheirErrno() {
    Data stat = batch.space(Stat.SIZE);
    calls.statx("look at /dev/null", Arg.CWD, "/dev/null", 0, stat);
    batch.check("see that it is a device", stat, 28, 2, Mode.TYPE, Mode.CHARACTER, Errno.EINVAL);
    batch.check("see that it is a link", stat, 28, 2, Mode.TYPE, Mode.LINK, Errno.ELOOP);
    KernelException e = assertThrows(KernelException.class, () -> local.run(batch));
    assertEquals("see that it is a link", e.operation());
    assertEquals(Errno.ELOOP, e.errno());
  }

  @Test
  void resultsAreWrittenIntoStructures() {
    // poll takes its descriptor in a structure
    Ref fd = calls.openat("open", Arg.CWD, "/dev/null", Open.RDONLY, 0);
    Data poll = batch.bytes(Bytes.ints(-1, Sys.POLLIN));
    Data now = batch.space(16);
    batch.register32(poll, 0, fd);
    Ref ready = calls.call("poll", Syscall.PPOLL, poll, Arg.of(1), now, Arg.ZERO, Arg.ZERO);
    calls.close("close", fd);
    assertEquals(1, local.run(batch).value(ready));
  }

  @Test
  void manyDescriptorsArePassed() {
    Ref[] passed = batch.passed(2);
    Data one = batch.space(Stat.SIZE);
    Data two = batch.space(Stat.SIZE);
    calls.statx("look", passed[0], "", At.EMPTY_PATH, one);
    calls.statx("look", passed[1], "", At.EMPTY_PATH, two);
    batch.output(one);
    batch.output(two);
    try (Fd a = Sys.open("/dev/null", Open.RDONLY, 0);
        Fd b = Sys.open("/dev/zero", Open.RDONLY, 0)) {
      Reply reply = local.run(batch, a, b);
      assertEquals(3, Stat.read(reply.output(batch, 0)).rdevMinor());
      assertEquals(5, Stat.read(reply.output(batch, 1)).rdevMinor());
      Batch none = local.batch();
      assertThrows(IllegalArgumentException.class, () -> local.run(none, a));
    }
  }

  @Test
  void whatOnlyAnAgentCanDoIsRefused() {
    batch.special(Op.Kind.EXIT, 0, "end", Arg.of(1));
    assertEquals(Errno.ENOSYS, assertThrows(KernelException.class, () -> local.run(batch)).errno());
  }

  @Test
  void registersOfTwoExecutorsAreApart() {
    Local other = Local.get();
    Batch theirs = other.batch();
    assertEquals(0, new Calls(theirs).getpid("ask").register());
    assertEquals(0, calls.getpid("ask").register());
  }

  @Test
  void registersRunOutWithAnError() {
    for (int i = 0; i < Batch.RegisterCounter.LIMIT; i++) {
      calls.getpid("ask");
    }
    assertThrows(IllegalStateException.class, () -> calls.getpid("ask"));
    assertEquals(Sys.getpid(), local.run(batch).value(new Ref(5, 5)));
  }

  @Test
  void stringsWithNulAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> batch.string("a\0b"));
  }

  @Test
  void plansCanBeRead() {
    calls.symlinkat("link", "target", Arg.CWD, "path");
    Op op = batch.ops().get(0);
    assertEquals("symlinkat", Syscall.name(op.number()));
    assertEquals("\"target\"", ((Data) op.args()[0]).description());
    assertEquals(-100, ((Arg.Constant) op.args()[1]).value());
    assertArrayEquals(new boolean[] {false, false}, new boolean[] {op.optional(), op.sendsFd()});
  }
}
