package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SysTest {
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

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void put(String name, byte[] content) {
    try (Fd fd = Sys.openat(temp.dir, name, Open.WRONLY | Open.CREAT | Open.TRUNC, 0600)) {
      Sys.writeFully(fd, content);
    }
  }

  @Test
  void errorsNameVerbPathAndErrno() {
    KernelException e =
        assertThrows(KernelException.class, () -> Sys.open("/no/such/file", Open.RDONLY, 0));
    assertEquals("open /no/such/file: ENOENT (No such file or directory)", e.getMessage());
    e = assertThrows(KernelException.class, () -> Sys.openat(temp.dir, "x", Open.RDONLY, 0));
    assertEquals("open " + temp.path + "/x", e.operation());
    e = assertThrows(KernelException.class, () -> Sys.mkdirat(Fd.CWD, temp.path.toString(), 0700));
    assertEquals("make directory " + temp.path, e.operation());
    assertEquals(Errno.EEXIST, e.errno());
  }

  @Test
  void writtenBytesAreReadBackWholeAndBounded() {
    byte[] content = new byte[100_000];
    new Random(1).nextBytes(content);
    put("f", content);
    assertArrayEquals(content, Sys.readFile(temp.dir, "f", content.length));
    KernelException e =
        assertThrows(KernelException.class, () -> Sys.readFile(temp.dir, "f", content.length - 1));
    assertEquals(Errno.EFBIG, e.errno());
    assertEquals(Optional.empty(), Sys.tryReadFile(temp.path + "/none", 10));
    put("empty", new byte[0]);
    assertEquals(0, Sys.readFile(temp.dir, "empty", 0).length);
  }

  @Test
  void aFinalSymbolicLinkIsNotRead() {
    put("f", utf8("x"));
    Sys.symlinkat("f", temp.dir, "l");
    KernelException e = assertThrows(KernelException.class, () -> Sys.readFile(temp.dir, "l", 10));
    assertEquals(Errno.ELOOP, e.errno());
  }

  @Test
  void flagsThatDifferBetweenArchitecturesWork() {
    put("f", utf8("x"));
    Sys.symlinkat("f", temp.dir, "l");
    assertEquals(
        Errno.ENOTDIR,
        assertThrows(KernelException.class, () -> Sys.openat(temp.dir, "f", Open.DIRECTORY, 0))
            .errno());
    assertEquals(
        Errno.ELOOP,
        assertThrows(KernelException.class, () -> Sys.openat(temp.dir, "l", Open.NOFOLLOW, 0))
            .errno());
  }

  @Test
  void pathsStayBelowTheirRoot() {
    Sys.symlinkat("/etc/hostname", temp.dir, "out");
    Sys.symlinkat("../../../../f", temp.dir, "up");
    put("f", utf8("inside"));
    KernelException e =
        assertThrows(
            KernelException.class,
            () -> Sys.openat2(temp.dir, "out", Open.RDONLY, 0, Open.RESOLVE_IN_ROOT));
    assertEquals(Errno.ENOENT, e.errno());
    try (Fd fd = Sys.openat2(temp.dir, "up", Open.RDONLY, 0, Open.RESOLVE_IN_ROOT)) {
      assertArrayEquals(utf8("inside"), Sys.readFully(fd, 100));
    }
    e =
        assertThrows(
            KernelException.class,
            () -> Sys.openat2(temp.dir, "up", Open.RDONLY, 0, Open.RESOLVE_BENEATH));
    assertEquals(Errno.EXDEV, e.errno());
    e =
        assertThrows(
            KernelException.class,
            () -> Sys.openat2(temp.dir, "up", Open.RDONLY, 0, Open.RESOLVE_NO_SYMLINKS));
    assertEquals(Errno.ELOOP, e.errno());
  }

  @Test
  void descriptorsAreCloseOnExec() {
    try (Fd fd = Sys.open("/dev/null", Open.RDONLY, 0);
        Fd copy = Sys.dup(fd);
        Fd memory = Sys.memfdCreate("m", Sys.MFD_CLOEXEC)) {
      for (Fd each : new Fd[] {fd, copy, memory, temp.dir}) {
        // F_GETFD, FD_CLOEXEC
        assertEquals(1, Sys.call(Syscall.FCNTL, each.number(), 1));
      }
    }
  }

  @Test
  void namesAreMadeListedRenamedAndRemoved() {
    Set<String> expected = new HashSet<>();
    for (int i = 0; i < 1500; i++) {
      String name = "a-rather-long-name-to-fill-more-than-one-answer-" + i + "\udcff";
      Sys.mkdirat(temp.dir, name, 0700);
      expected.add(name);
    }
    assertEquals(expected, new HashSet<>(Sys.list(temp.dir)));
    assertEquals(expected, new HashSet<>(Sys.list(temp.dir)), "the second time, from the start");
    for (String name : expected) {
      Sys.unlinkat(temp.dir, name, At.REMOVEDIR);
    }
    assertTrue(Sys.list(temp.dir).isEmpty());

    put("a", utf8("1"));
    put("b", utf8("2"));
    KernelException e =
        assertThrows(
            KernelException.class,
            () -> Sys.renameat2(temp.dir, "a", temp.dir, "b", Sys.RENAME_NOREPLACE));
    assertEquals(Errno.EEXIST, e.errno());
    Sys.renameat2(temp.dir, "a", temp.dir, "b", Sys.RENAME_EXCHANGE);
    assertArrayEquals(utf8("1"), Sys.readFile(temp.dir, "b", 10));
    Sys.linkat(temp.dir, "b", temp.dir, "c", 0);
    assertEquals(2, Sys.statx(temp.dir, "c", 0).links());
    assertTrue(Sys.unlinkIfThere(temp.dir, "c", 0));
    assertFalse(Sys.unlinkIfThere(temp.dir, "c", 0));
    assertTrue(Sys.mkdirIfMissing(temp.dir, "d", 0700));
    assertFalse(Sys.mkdirIfMissing(temp.dir, "d", 0700));
    assertEquals(Optional.empty(), Sys.openIfThere(temp.dir, "none", Open.RDONLY));
  }

  @Test
  void linksAreReadAsTheyAre() {
    Sys.symlinkat("some/where\udcfe", temp.dir, "l");
    assertEquals("some/where\udcfe", Sys.readlinkat(temp.dir, "l"));
    assertEquals(Optional.empty(), Sys.tryReadlink(temp.dir, "none"));
    assertEquals(
        Errno.ENOENT,
        assertThrows(KernelException.class, () -> Sys.readlinkat(temp.dir, "none")).errno());
  }

  @Test
  void statTellsWhatStatTells() throws Exception {
    put("f", utf8("12345"));
    Path file = temp.path.resolve("f");
    Stat stat = Sys.statx(temp.dir, "f", At.SYMLINK_NOFOLLOW);
    assertEquals(Files.getAttribute(file, "unix:ino"), stat.ino());
    assertEquals(Files.getAttribute(file, "unix:mode"), stat.mode());
    assertEquals(Files.getAttribute(file, "unix:uid"), stat.uid());
    assertEquals(Files.getAttribute(file, "unix:gid"), stat.gid());
    assertEquals(Files.getAttribute(file, "unix:nlink"), stat.links());
    assertEquals(5, stat.size());
    assertTrue(stat.is(Mode.REGULAR));
    java.time.Instant changed = Files.getLastModifiedTime(file).toInstant();
    assertEquals(changed.getEpochSecond() * 1_000_000_000L + changed.getNano(), stat.mtimeNanos());
    assertFalse(stat.mountRoot());
    assertTrue(Sys.statx(Fd.CWD, "/proc", 0).mountRoot());
    Stat device = Sys.statx(Fd.CWD, "/dev/null", 0);
    assertTrue(device.is(Mode.CHARACTER));
    assertEquals(1, device.rdevMajor());
    assertEquals(3, device.rdevMinor());
    assertTrue(Sys.stat(temp.dir).sameFile(Sys.statx(Fd.CWD, temp.path.toString(), 0)));
    assertFalse(Sys.stat(temp.dir).sameFile(stat));
    assertEquals(Optional.empty(), Sys.statIfThere(temp.dir, "none", 0));
  }

  @Test
  void filesOfTheKernelAreWrittenInOneWrite() {
    put("f", utf8("......"));
    Sys.writeFile(temp.dir, "f", "abc");
    assertArrayEquals(utf8("abc..."), Sys.readFile(temp.dir, "f", 10));
    KernelException e =
        assertThrows(KernelException.class, () -> Sys.writeFile(temp.dir, "none", "abc"));
    assertEquals(Errno.ENOENT, e.errno());
    e =
        assertThrows(
            KernelException.class,
            () -> Sys.writeFile(Fd.CWD, "/proc/self/oom_score_adj", "many\n"));
    assertEquals("write \"many\" to /proc/self/oom_score_adj", e.operation());
    assertEquals(Errno.EINVAL, e.errno());
  }

  @Test
  void fullDisksAreAnError() {
    try (Fd full = Sys.open("/dev/full", Open.WRONLY, 0)) {
      KernelException e =
          assertThrows(
              KernelException.class, () -> Sys.writeFully(full, utf8("x"), "write state of \"a\""));
      assertEquals("write state of \"a\": ENOSPC (No space left on device)", e.getMessage());
    }
  }

  @Test
  void syncingWorksOnFilesAndDirectories() {
    try (Fd fd = Sys.openat(temp.dir, "f", Open.WRONLY | Open.CREAT, 0600)) {
      Sys.writeFully(fd, utf8("x"));
      Sys.fdatasync(fd);
      Sys.fsync(fd);
    }
    Sys.fsync(temp.dir);
  }

  @Test
  void pollTellsWhichDescriptorIsReady() {
    UnixSocket[] first = UnixSocket.pair();
    UnixSocket[] second = UnixSocket.pair();
    try {
      Fd[] both = {first[0].fd(), second[0].fd()};
      assertArrayEquals(new int[] {0, 0}, Sys.poll(both, Sys.POLLIN, 0));
      assertArrayEquals(new int[] {0, 0}, Sys.poll(both, Sys.POLLIN, 20));
      second[1].send(utf8("x"));
      assertArrayEquals(new int[] {0, Sys.POLLIN}, Sys.poll(both, Sys.POLLIN, -1));
      first[1].close();
      assertTrue((Sys.poll(both, Sys.POLLIN, -1)[0] & Sys.POLLHUP) != 0);
    } finally {
      for (UnixSocket[] pair : new UnixSocket[][] {first, second}) {
        pair[0].close();
        pair[1].close();
      }
    }
  }

  @Test
  void thisProcessIsKnown() {
    assertEquals(ProcessHandle.current().pid(), Sys.getpid());
    assertEquals(ProcessHandle.current().parent().orElseThrow().pid(), Sys.getppid());
    assertEquals(36, Sys.bootId().length());
    long[] limit = Sys.prlimit(0, Rlimit.NOFILE);
    assertTrue(limit[0] > 0 && Long.compareUnsigned(limit[0], limit[1]) <= 0);
    assertTrue(Sys.processStartTime(Sys.getpid()).isPresent());
    assertEquals(Optional.empty(), Sys.processStartTime(Integer.MAX_VALUE));
  }

  @Test
  void descriptorsCloseOnceAlsoFromManyThreads() throws Exception {
    Fd fd = Sys.open("/dev/null", Open.RDONLY, 0);
    int number = fd.number();
    Thread[] threads = new Thread[8];
    for (int i = 0; i < threads.length; i++) {
      threads[i] = new Thread(fd::close);
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertFalse(fd.isOpen());
    assertEquals("closed descriptor", fd.toString());
    assertThrows(IllegalStateException.class, fd::number);
    try (Fd next = Sys.open("/dev/null", Open.RDONLY, 0)) {
      fd.close();
      assertEquals(0, Sys.stat(next).rdevMajor() - 1, "the number " + number + " is not touched");
    }
    assertEquals(Fd.CWD.number(), At.FDCWD);
    Fd.CWD.close();
    assertTrue(Fd.CWD.isOpen());
  }
}
