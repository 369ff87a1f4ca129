package dev.carafe.linux;

/** Tells that a file has changed, where the kernel has no better way: inotify(7). */
public final class Inotify implements AutoCloseable {
  private static final int IN_MODIFY = 2;
  private static final int CLOEXEC = 02000000;
  private static final int EVENTS_MAX = 4096;

  private final Fd fd;

  private Inotify(Fd fd) {
    this.fd = fd;
  }

  /** Watches a file for changes of its content. */
  public static Inotify modified(String path) {
    Fd fd = Fd.own(Sys.check("watch files", Sys.call(Syscall.INOTIFY_INIT1, CLOEXEC)));
    byte[] name = OsString.encodeWithNul(path);
    long result = Sys.call(Syscall.INOTIFY_ADD_WATCH, name, 0b10, fd.number(), 0, IN_MODIFY);
    if (result < 0) {
      fd.close();
      throw new KernelException("watch " + path, (int) -result);
    }
    return new Inotify(fd);
  }

  /** Returns what can be read when there was a change. */
  public Fd fd() {
    return fd;
  }

  /** Forgets what changes there were; never waits. */
  public void drain() {
    while ((Sys.poll(fd, Sys.POLLIN, 0) & Sys.POLLIN) != 0) {
      byte[] ignored = Sys.read(fd, EVENTS_MAX);
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
