package dev.carafe.linux;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A {@code flock(2)} lock on a descriptor of its own. Unlike a POSIX lock, it is not lost when
 * another descriptor of the file is closed somewhere in this JVM, and it holds between threads.
 */
public final class Flock implements AutoCloseable {
  private static final int LOCKS_MAX = 4 * 1024 * 1024;
  private static final long MAX_PAUSE_MILLIS = 50;

  private final Fd fd;

  private Flock(Fd fd) {
    this.fd = fd;
  }

  /**
   * Opens and locks a lock file, making it with mode 0600 if it is missing.
   *
   * <p>A lock file that somebody removed or exchanged protects nobody: what was locked must still
   * have the name, else this begins again.
   *
   * @param shown the path for an error
   * @param timeoutMillis how long to wait for another holder; 0 tries once
   * @throws KernelException with ETIMEDOUT, naming the holder, when the time is over
   */
  public static Flock acquire(
      Fd dir, String name, String shown, boolean exclusive, long timeoutMillis) {
    long end = Sys.deadline(timeoutMillis);
    while (true) {
      Fd fd = Sys.openat(dir, name, Open.RDWR | Open.CREAT | Open.NOFOLLOW, 0600);
      boolean done = false;
      try {
        lock(fd, shown, exclusive, end, timeoutMillis);
        Optional<Stat> named = Sys.statIfThere(dir, name, At.SYMLINK_NOFOLLOW);
        if (named.isPresent() && named.get().sameFile(Sys.stat(fd))) {
          done = true;
          return new Flock(fd);
        }
      } finally {
        if (!done) {
          fd.close();
        }
      }
    }
  }

  /**
   * Locks an open file, which this owns from now on, also when it fails.
   *
   * @see #acquire(Fd, String, String, boolean, long)
   */
  public static Flock acquire(Fd file, String shown, boolean exclusive, long timeoutMillis) {
    boolean done = false;
    try {
      lock(file, shown, exclusive, Sys.deadline(timeoutMillis), timeoutMillis);
      done = true;
      return new Flock(file);
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  private static void lock(Fd fd, String shown, boolean exclusive, long end, long timeoutMillis) {
    int operation = (exclusive ? Sys.LOCK_EX : Sys.LOCK_SH) | Sys.LOCK_NB;
    long pause = 1;
    // Polled: a blocking flock could be ended only by a signal, which a JVM cannot send to itself.
    while (!Sys.flock(fd, operation)) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new KernelException(
            "lock " + shown + " within " + timeoutMillis + " ms, " + holder(fd) + " holds it",
            Errno.ETIMEDOUT);
      }
      sleep(Math.min(pause, left));
      pause = Math.min(pause * 2, MAX_PAUSE_MILLIS);
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(Math.max(millis, 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KernelException("wait for a lock", Errno.ECANCELED);
    }
  }

  /** Returns the words for who holds a lock on the file. */
  static String holder(Fd fd) {
    Optional<byte[]> text = Sys.tryReadFile("/proc/locks", LOCKS_MAX);
    if (text.isEmpty()) {
      return "an unknown process";
    }
    Stat stat = Sys.stat(fd);
    int pid = holderIn(new String(text.get(), StandardCharsets.ISO_8859_1), stat);
    if (pid <= 0) {
      return "an unknown process";
    }
    if (pid == Sys.getpid()) {
      return "this process (" + pid + ")";
    }
    Optional<byte[]> comm = Sys.tryReadFile("/proc/" + pid + "/comm", 64);
    return "process "
        + pid
        + (comm.isEmpty() ? "" : " (" + OsString.decode(comm.get()).strip() + ")");
  }

  /**
   * Finds the holder in the text of {@code /proc/locks}, whose lines read {@code 1: FLOCK ADVISORY
   * WRITE 1234 08:01:5678 0 EOF}; those who wait have {@code ->} before FLOCK.
   */
  static int holderIn(String text, Stat stat) {
    String inode = ":" + stat.ino() + " ";
    int found = -1;
    int from = 0;
    while (from < text.length()) {
      int newline = text.indexOf('\n', from);
      int end = newline < 0 ? text.length() : newline;
      String line = text.substring(from, end);
      int at = line.indexOf(inode);
      if (at > 0 && line.contains(": FLOCK ")) {
        int before = line.lastIndexOf(' ', at);
        String device = line.substring(before + 1, at);
        int pid = number(line.substring(line.lastIndexOf(' ', before - 1) + 1, before));
        if (device.equals(device(stat))) {
          return pid;
        }
        // Some file systems tell statx another device than the one that the lock list shows.
        found = pid;
      }
      from = end + 1;
    }
    return found;
  }

  private static String device(Stat stat) {
    return twoDigits(stat.devMajor()) + ":" + twoDigits(stat.devMinor());
  }

  private static String twoDigits(int value) {
    String hex = Integer.toHexString(value);
    return hex.length() < 2 ? "0" + hex : hex;
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Returns the locked file, which this owns. */
  public Fd fd() {
    return fd;
  }

  /** Unlocks and closes. */
  @Override
  public void close() {
    if (fd.isOpen()) {
      // Said explicitly: a copy of the descriptor in a child would else keep the lock.
      boolean _ = Sys.flock(fd, Sys.LOCK_UN);
      fd.close();
    }
  }
}
