package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FlockTest {
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

  private Flock acquire(long millis) {
    return Flock.acquire(temp.dir, "lock", temp.path + "/lock", true, millis);
  }

  @Test
  void theHolderIsNamedWhenTheTimeIsOver() {
    try (Flock lock = acquire(0)) {
      assertTrue(lock.fd().isOpen());
      KernelException e = assertThrows(KernelException.class, () -> acquire(60));
      assertEquals(Errno.ETIMEDOUT, e.errno());
      assertEquals(
          "lock " + temp.path + "/lock within 60 ms, this process (" + Sys.getpid() + ") holds it",
          e.operation());
    }
    try (Flock again = acquire(0)) {
      assertTrue(again.fd().isOpen());
    }
  }

  @Test
  void anotherProcessThatHoldsItIsNamedWithItsCommand() throws Exception {
    try (Flock lock = acquire(0)) {
      assertTrue(lock.fd().isOpen());
    }
    Process holder =
        new ProcessBuilder("flock", temp.path + "/lock", "sh", "-c", "echo locked; exec sleep 60")
            .start();
    try {
      assertEquals('l', holder.getInputStream().read());
      KernelException e = assertThrows(KernelException.class, () -> acquire(30));
      // flock(1) forks: it holds the lock together with its child, and took it.
      assertEquals(
          "lock " + temp.path + "/lock within 30 ms, process " + holder.pid() + " (flock) holds it",
          e.operation());
    } finally {
      holder.descendants().forEach(ProcessHandle::destroyForcibly);
      holder.destroyForcibly().waitFor();
    }
    try (Flock lock = acquire(10_000)) {
      assertTrue(lock.fd().isOpen());
    }
  }

  @Test
  void readersShareAndWritersDoNot() {
    try (Flock one = Flock.acquire(temp.dir, "lock", "lock", false, 0);
        Flock two = Flock.acquire(temp.dir, "lock", "lock", false, 0)) {
      assertTrue(one.fd().number() != two.fd().number());
      assertEquals(Errno.ETIMEDOUT, assertThrows(KernelException.class, () -> acquire(0)).errno());
    }
  }

  @Test
  void closingAnotherDescriptorOfTheFileDoesNotDropIt() throws Exception {
    try (Flock lock = acquire(0)) {
      assertTrue(lock.fd().isOpen());
      byte[] content = java.nio.file.Files.readAllBytes(temp.path.resolve("lock"));
      assertEquals(0, content.length);
      assertThrows(KernelException.class, () -> acquire(0));
    }
  }

  @Test
  void aLockFileThatWasRemovedProtectsNobody() throws Exception {
    Thread waiting =
        new Thread(() -> {
          try (Flock lock = acquire(20_000)) {
            assertTrue(Sys.stat(lock.fd()).sameFile(Sys.statx(temp.dir, "lock", 0)));
            Sys.mkdirat(temp.dir, "got-the-new-one", 0700);
          }
        });
    try (Flock old = acquire(0)) {
      waiting.start();
      // It waits for the old file now, or comes later and finds the new one: both must end well.
      Thread.sleep(50);
      Sys.unlinkat(temp.dir, "lock", 0);
      try (Flock fresh = acquire(20_000)) {
        assertFalse(Sys.stat(fresh.fd()).sameFile(Sys.stat(old.fd())));
      }
    }
    waiting.join();
    assertTrue(Sys.list(temp.dir).contains("got-the-new-one"));
  }

  @Test
  void threadsExcludeEachOther() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    Thread[] threads = new Thread[6];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          new Thread(() -> {
            for (int k = 0; k < 20; k++) {
              try (Flock lock = acquire(60_000)) {
                assertTrue(lock.fd().isOpen());
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                Thread.onSpinWait();
                inside.decrementAndGet();
                done.incrementAndGet();
              }
            }
          });
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(1, most.get());
    assertEquals(120, done.get());
  }

  @Test
  void aCopyOfTheDescriptorElsewhereDoesNotKeepTheLock() {
    Flock lock = acquire(0);
    try (Fd copy = Sys.dup(lock.fd())) {
      assertTrue(copy.isOpen());
      lock.close();
      lock.close();
      try (Flock again = acquire(0)) {
        assertTrue(again.fd().isOpen());
      }
    }
  }

  @Test
  void aSymbolicLinkIsNoLockFile() {
    Sys.symlinkat("elsewhere", temp.dir, "lock");
    assertEquals(Errno.ELOOP, assertThrows(KernelException.class, () -> acquire(0)).errno());
    assertEquals(java.util.List.of("lock"), Sys.list(temp.dir));
  }

  @Test
  void anInterruptEndsTheWaiting() throws Exception {
    try (Flock lock = acquire(0)) {
      assertTrue(lock.fd().isOpen());
      int[] errno = new int[1];
      Thread waiting =
          new Thread(() ->
              errno[0] =
                  assertThrows(KernelException.class, () -> acquire(Integer.MAX_VALUE)).errno());
      waiting.start();
      waiting.interrupt();
      waiting.join();
      assertEquals(Errno.ECANCELED, errno[0]);
    }
  }

  @Test
  void theListOfLocksIsReadByInodeAndDevice() {
    String text =
        """
        1: POSIX  ADVISORY  WRITE 7 08:01:99 0 EOF
        2: FLOCK  ADVISORY  WRITE 8 00:1f:99 0 EOF
        2: -> FLOCK  ADVISORY  WRITE 9 08:01:99 0 EOF
        3: FLOCK  ADVISORY  WRITE 10 08:01:99 0 EOF
        4: FLOCK  ADVISORY  WRITE 11 08:01:999 0 EOF
        """;
    byte[] data = new byte[Stat.SIZE];
    Bytes.putLong(data, 32, 99);
    Bytes.putInt(data, 136, 8);
    Bytes.putInt(data, 140, 1);
    assertEquals(10, Flock.holderIn(text, Stat.read(Bytes.wrap(data))));
    Bytes.putInt(data, 140, 2);
    assertEquals(10, Flock.holderIn(text, Stat.read(Bytes.wrap(data))), "by inode alone");
    Bytes.putLong(data, 32, 5);
    assertEquals(-1, Flock.holderIn(text, Stat.read(Bytes.wrap(data))));
    for (String odd : new String[] {"", "\n\n", ": FLOCK :5 ", ": FLOCK  x :5 \n", ":5 : FLOCK "}) {
      assertTrue(Flock.holderIn(odd, Stat.read(Bytes.wrap(data))) <= 0, odd);
    }
  }
}
