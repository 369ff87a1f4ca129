package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class UnixSocketTest {
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

  @Test
  void aSocketWorksBelowAVeryLongPath() {
    String name = "d".repeat(200);
    String path = temp.path.toString();
    List<Fd> open = new ArrayList<>();
    Fd dir = temp.dir;
    for (int i = 0; i < 5; i++) {
      Sys.mkdirat(dir, name, 0700);
      dir = Sys.openat(dir, name, Open.PATH | Open.DIRECTORY, 0);
      open.add(dir);
      path += "/" + name;
    }
    try (UnixSocket listening = UnixSocket.listen(dir, "s", 4);
        UnixSocket one = UnixSocket.connect(dir, "s");
        UnixSocket served = listening.accept();
        UnixSocket two = UnixSocket.connect(path + "/s")) {
      one.send(new byte[] {1, 2, 3});
      assertArrayEquals(new byte[] {1, 2, 3}, served.receiveFully(3));
      assertTrue(two.fd().isOpen());
    }
    open.forEach(Fd::close);
  }

  @Test
  void theOtherSidesProcessIsKnown() {
    int self = (int) ProcessHandle.current().pid();
    try (UnixSocket listening = UnixSocket.listen(temp.dir, "s", 1);
        UnixSocket one = UnixSocket.connect(temp.dir, "s")) {
      assertEquals(self, one.peerPid());
      assertTrue(listening.fd().isOpen());
    }
  }

  @Test
  void namesThatAreTooLongAreAnError() {
    KernelException e =
        assertThrows(KernelException.class, () -> UnixSocket.listen(temp.dir, "n".repeat(120), 1));
    assertEquals(Errno.ENAMETOOLONG, e.errno());
  }

  @Test
  void aProbeTellsWhetherSomebodyListens() {
    assertFalse(UnixSocket.listens(temp.dir, "s"), "there is no name");
    UnixSocket listening = UnixSocket.listen(temp.dir, "s", 1);
    for (int i = 0; i < 20; i++) {
      // The queue runs full, since nobody accepts.
      assertTrue(UnixSocket.listens(temp.dir, "s"), "probe " + i);
    }
    listening.close();
    assertFalse(UnixSocket.listens(temp.dir, "s"), "the name is left, nobody listens");
    Sys.mkdirat(temp.dir, "d", 0700);
    assertFalse(UnixSocket.listens(temp.dir, "d"));
  }

  @Test
  void descriptorsTravelWithBytes() {
    UnixSocket[] pair = UnixSocket.pair();
    try (UnixSocket a = pair[0];
        UnixSocket b = pair[1];
        Fd nil = Sys.open("/dev/null", Open.RDONLY, 0);
        Fd zero = Sys.open("/dev/zero", Open.RDONLY, 0)) {
      a.send(new byte[] {7}, nil, zero);
      UnixSocket.Message message = b.receive(10, 4);
      assertArrayEquals(new byte[] {7}, message.bytes());
      assertEquals(2, message.descriptors().size());
      try (Fd first = message.descriptors().get(0);
          Fd second = message.descriptors().get(1)) {
        assertEquals(3, Sys.stat(first).rdevMinor());
        assertEquals(5, Sys.stat(second).rdevMinor());
        assertEquals(1, Sys.call(Syscall.FCNTL, first.number(), 1), "close-on-exec");
      }
    }
  }

  @Test
  void whatIsNotExpectedIsClosed() throws Exception {
    UnixSocket[] pair = UnixSocket.pair();
    try (UnixSocket a = pair[0];
        UnixSocket b = pair[1];
        Fd nil = Sys.open("/dev/null", Open.RDONLY, 0);
        Fd own = Sys.open("/proc/self/fd", Open.RDONLY | Open.DIRECTORY, 0)) {
      int open = Sys.list(own).size();
      a.send(new byte[] {7, 8}, nil, nil, nil);
      assertEquals(1, b.receiveFully(1).length);
      a.send(new byte[] {9}, nil, nil, nil);
      UnixSocket.Message message = b.receive(1, 1);
      assertEquals(0, message.descriptors().size());
      UnixSocket.Message last = b.receive(1, 1);
      assertEquals(1, last.descriptors().size());
      last.descriptors().get(0).close();
      assertEquals(open, Sys.list(own).size());
    }
  }

  @Test
  void anEndOfTheStreamIsTold() {
    UnixSocket[] pair = UnixSocket.pair();
    try (UnixSocket a = pair[0];
        UnixSocket b = pair[1]) {
      a.send(new byte[] {1});
      a.shutdownWrite();
      assertArrayEquals(new byte[] {1}, b.receiveFully(5));
      assertEquals(0, b.receive(5, 1).bytes().length);
    }
  }

  @Test
  void bigMessagesGoWhole() throws Exception {
    byte[] big = new byte[2_000_000];
    new java.util.Random(5).nextBytes(big);
    UnixSocket[] pair = UnixSocket.pair();
    try (UnixSocket a = pair[0];
        UnixSocket b = pair[1]) {
      Thread sender = new Thread(() -> a.send(big));
      sender.start();
      assertArrayEquals(big, b.receiveFully(big.length));
      sender.join();
    }
  }
}
