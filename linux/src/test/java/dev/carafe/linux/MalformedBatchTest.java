package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Damaged batches: the agent refuses them with exit code 125, or answers, and never crashes. The
 * system calls stay getpid, whatever else is damaged.
 */
final class MalformedBatchTest {
  private static final int MALFORMED = 125;
  private static final int CASES = 800;

  private static byte[] wellFormed() {
    Batch.RegisterCounter counter = new Batch.RegisterCounter();
    Batch batch = new Batch(counter);
    Calls calls = new Calls(batch);
    Data data = batch.bytes(Bytes.longs(5, 6, 7));
    Ref pid = calls.getpid("ask for the pid");
    batch.register32(data, 8, pid);
    batch.pointer(data, 16, data);
    batch.call("ask again", Syscall.GETPID, data, pid, Arg.of(3));
    batch.check("check", data, 0, 4, 0xff, 5, Errno.EINVAL);
    Batch.Skip skip = batch.skip("skip", pid, Batch.When.OK, 0);
    calls.getpid("never asked");
    batch.endSkip(skip);
    batch.output(data);
    batch.output(data);
    Batch nested = new Batch(counter);
    new Calls(nested).getpid("nested");
    // The descriptor is none: what is well-formed ends in an error and not in a wait.
    batch.special(Op.Kind.HOLD, 0, "hold", Arg.of(-1), batch.nested(nested));
    return batch.encode();
  }

  /** Sends bytes to a new agent, reads all that it answers, and returns how it ended. */
  private static int statusAfter(byte[] message) {
    Agent agent = Spawner.spawn(0, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    try (PidFd process = agent.detachProcess().orElseThrow();
        UnixSocket socket = new UnixSocket(agent.socket())) {
      try {
        socket.send(message);
        socket.shutdownWrite();
        while (Sys.read(socket.fd(), 1 << 20).length > 0) {
          // The answer does not matter here.
        }
      } catch (KernelException e) {
        assertTrue(e.errno() == Errno.EPIPE || e.errno() == Errno.ECONNRESET, e.getMessage());
      }
      assertTrue(process.waitExit(10_000), "the agent does not end");
      return process.reap();
    }
  }

  private static int damagedWord(Random random, int size) {
    return switch (random.nextInt(7)) {
      case 0 -> random.nextInt(16);
      case 1 -> size;
      case 2 -> size - random.nextInt(16);
      case 3 -> -1 - random.nextInt(4);
      case 4 -> Integer.MIN_VALUE;
      case 5 -> random.nextInt();
      default -> 8 * random.nextInt(size / 8 + 1);
    };
  }

  /** Damages up to three words; not the number of a system call, nor what an op is. */
  private static void damage(Random random, byte[] message) {
    int ops = Bytes.getInt(message, 4);
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = 4 * random.nextInt(message.length / 4);
      int inOp = (at - Batch.HEADER_SIZE) % Batch.OP_SIZE;
      boolean op = at >= Batch.HEADER_SIZE && at < Batch.HEADER_SIZE + ops * Batch.OP_SIZE;
      if (op && inOp == 0) {
        Bytes.putShort(message, at + 2, random.nextInt(8));
      } else if (!op || inOp != 4) {
        Bytes.putInt(message, at, damagedWord(random, message.length));
      }
    }
  }

  @Test
  void damagedBatchesNeverCrashAnAgent() {
    byte[] good = wellFormed();
    assertEquals(1 << 8, statusAfter(good), "what is well-formed ends by the end of the socket");
    Random random = new Random(20261123);
    int refused = 0;
    for (int i = 0; i < CASES; i++) {
      byte[] message = good.clone();
      damage(random, message);
      int status = statusAfter(message);
      assertFalse(WaitStatus.signaled(status), "case " + i + ": " + WaitStatus.describe(status));
      int code = WaitStatus.exitCode(status);
      assertTrue(code == MALFORMED || code == 1, "case " + i + ": exit code " + code);
      refused += code == MALFORMED ? 1 : 0;
    }
    assertTrue(refused > CASES / 10 && refused < CASES, "refused: " + refused);
  }

  @Test
  void cutBatchesNeverCrashAnAgent() {
    byte[] good = wellFormed();
    for (int length = 0; length < good.length; length += 13) {
      assertEquals(1 << 8, statusAfter(java.util.Arrays.copyOf(good, length)));
      if (length >= Batch.HEADER_SIZE) {
        byte[] shorter = java.util.Arrays.copyOf(good, length);
        Bytes.putInt(shorter, 0, length);
        assertEquals(MALFORMED << 8, statusAfter(shorter), "length " + length);
      }
    }
  }

  /** The same interpreter, in this process, where a crash would be the JVM's. */
  @Test
  void damagedBatchesNeverCrashTheJvm() {
    byte[] good = wellFormed();
    Random random = new Random(1);
    for (int i = 0; i < 50_000; i++) {
      byte[] message = good.clone();
      damage(random, message);
      byte[] reply = Native.run(message, new long[32], Native.NO_FDS);
      assertTrue(reply == null || reply.length >= ReplyReader.HEADER_SIZE);
    }
    assertNull(Native.run(new byte[0], new long[1], Native.NO_FDS));
    assertNull(Native.run(good, new long[2], Native.NO_FDS), "registers that there are not");
    assertNull(Native.run(good, new long[32], new int[] {0}), "descriptors not asked for");
  }
}
