package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FrontTest {
  private int before;

  @BeforeEach
  void begin() {
    before = Fd.openCount();
  }

  @AfterEach
  void noDescriptorLeaks() {
    assertEquals(before, Fd.openCount(), "open descriptors");
  }

  private static byte[] hello() throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(Bytes.ints(1, 42, 41));
    body.write(Bytes.longs(1L << 9, 1L << 12));
    body.write(Bytes.ints(027, 0, 2, 1, 2, 4));
    for (int i = 0; i < 16; i++) {
      body.write(Bytes.longs(i, i == 7 ? -1 : i + 1));
    }
    body.write(Bytes.ints(3, 9));
    body.write(new byte[] {'/', 'a', (byte) 0xff, 'b'});
    body.write(new byte[] {'c', 0, (byte) 0xfe, 0});
    body.write(new byte[] {'X', '=', 'y', 0});
    byte[] all = body.toByteArray();
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.write(Bytes.ints(all.length + 4));
    message.write(all);
    return message.toByteArray();
  }

  @Test
  void theHelloTellsWhatTheCallerHad() throws Exception {
    UnixSocket[] pair = UnixSocket.pair();
    try (UnixSocket peer = pair[0];
        Fd root = Sys.open("/", Open.PATH, 0)) {
      peer.send(hello(), root);
      try (Front front = Front.open(pair[1].fd())) {
        Front.Hello hello = front.hello();
        assertEquals(42, hello.pid());
        assertEquals(41, hello.parent());
        assertEquals(1L << 9, hello.signalMask());
        assertEquals(1L << 12, hello.ignoredSignals());
        assertEquals(027, hello.umask());
        assertEquals(0, hello.cwdErrno());
        assertEquals("/a\udcffb", hello.cwd());
        assertEquals(16, hello.limits().size());
        assertEquals(Rlimit.INFINITY, hello.limits().get(Rlimit.NOFILE).hard());
        assertEquals(7, hello.limits().get(Rlimit.NOFILE).soft());
        assertEquals(List.of(3, 9), hello.openFds());
        assertEquals(List.of("c", "\udcfe"), hello.arguments());
        assertEquals(List.of("X=y"), hello.environment());
        assertEquals(
            "/",
            Sys.readlinkat(Fd.CWD, "/proc/self/fd/" + front.directory().orElseThrow().number()));
        front.exit(3);
        // header: one operation, EXIT with code 3
        byte[] batch = peer.receiveFully(112);
        assertEquals(1, Bytes.getInt(batch, 4));
        assertEquals(8, Bytes.getShort(batch, 32));
        assertEquals(3, Bytes.getLong(batch, 64));
      }
    }
  }

  @Test
  void aCutHelloIsRefused() throws Exception {
    byte[] whole = hello();
    for (int length = 0; length < whole.length; length += 3) {
      UnixSocket[] pair = UnixSocket.pair();
      try (UnixSocket peer = pair[0]) {
        if (length > 0) {
          peer.send(java.util.Arrays.copyOf(whole, length));
        }
        peer.shutdownWrite();
        assertThrows(AgentLostException.class, () -> Front.open(pair[1].fd()));
      }
    }
  }

  @Test
  void anotherVersionIsRefused() throws Exception {
    byte[] whole = hello();
    Bytes.putInt(whole, 4, 2);
    UnixSocket[] pair = UnixSocket.pair();
    try (UnixSocket peer = pair[0]) {
      peer.send(whole);
      assertThrows(AgentLostException.class, () -> Front.open(pair[1].fd()));
    }
  }

  @Test
  void theWaitIsAnsweredWithTheStatus() throws Exception {
    UnixSocket[] pair = UnixSocket.pair();
    try (UnixSocket peer = pair[0]) {
      peer.send(hello());
      try (Front front = Front.open(pair[1].fd())) {
        Front.Waiting waiting =
            front.startWaiting(
                77, java.util.Optional.empty(), Front.FORWARD_SIGNALS, List.of("a", "b"));
        assertEquals(java.util.OptionalInt.empty(), waiting.status(10));
        byte[] answer = new byte[40];
        System.arraycopy(Bytes.ints(40, -1, 0, 1, 1, 0, 0, 0), 0, answer, 0, 32);
        Bytes.putLong(answer, 32, 7 << 8);
        peer.send(answer);
        assertEquals(7, WaitStatus.exitCode(waiting.status(-1).getAsInt()));
      }
    }
  }
}
