package dev.carafe.linux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * System calls of this process, typed. They retry EINTR and throw {@link KernelException}, whose
 * operation is the verb and the path. A relative path starts at the given directory, {@link Fd#CWD}
 * for the working directory. Every descriptor is made close-on-exec.
 */
public final class Sys {
  /** {@code POLLIN}. */
  public static final int POLLIN = 1;

  /** {@code POLLOUT}. */
  public static final int POLLOUT = 4;

  /** {@code POLLERR}. */
  public static final int POLLERR = 8;

  /** {@code POLLHUP}. */
  public static final int POLLHUP = 16;

  /** {@code RENAME_NOREPLACE}. */
  public static final int RENAME_NOREPLACE = 1;

  /** {@code RENAME_EXCHANGE}. */
  public static final int RENAME_EXCHANGE = 2;

  /** {@code LOCK_SH}. */
  public static final int LOCK_SH = 1;

  /** {@code LOCK_EX}. */
  public static final int LOCK_EX = 2;

  /** {@code LOCK_NB}. */
  public static final int LOCK_NB = 4;

  /** {@code LOCK_UN}. */
  public static final int LOCK_UN = 8;

  /** {@code MFD_CLOEXEC}. */
  public static final int MFD_CLOEXEC = 1;

  /** {@code MFD_ALLOW_SEALING}. */
  public static final int MFD_ALLOW_SEALING = 2;

  /** {@code MFD_EXEC}, since Linux 6.3. */
  public static final int MFD_EXEC = 16;

  private static final int P_PIDFD = 3;
  private static final int WNOHANG = 1;
  private static final int WEXITED = 4;
  private static final int WNOWAIT = 0x01000000;

  /** {@code __WALL}: also a child that was made with another exit signal than SIGCHLD. */
  private static final int ALL_CHILDREN = 0x40000000;

  private static final int CHUNK = 16 * 1024;

  private Sys() {}

  // ---- raw

  /**
   * Makes a system call with numbers only, retrying EINTR; returns its result or minus the errno.
   */
  public static long call(int number, long... args) {
    return call(number, Native.NO_DATA, 0, args);
  }

  static long call(int number, byte[] data, int pointers, long... args) {
    long[] a = args.length == 6 ? args : Arrays.copyOf(args, 6);
    while (true) {
      long result = Native.call(number, data, pointers, a[0], a[1], a[2], a[3], a[4], a[5]);
      if (result != -Errno.EINTR) {
        return result;
      }
    }
  }

  /** Returns a result that is no error; else throws. */
  static int check(String operation, long result) {
    if (result < 0) {
      throw new KernelException(operation, (int) -result);
    }
    return (int) result;
  }

  /** A failing result of a call on a path; the label is only put together when it is needed. */
  private static int check(String verb, Fd dir, String path, long result) {
    if (result < 0) {
      throw new KernelException(verb + " " + shown(dir, path), (int) -result);
    }
    return (int) result;
  }

  /** Returns a path as an error shows it: with its directory, if that can be told. */
  private static String shown(Fd dir, String path) {
    if (dir == Fd.CWD || path.startsWith("/")) {
      return path;
    }
    Optional<String> base = tryReadlink(Fd.CWD, "/proc/self/fd/" + dir.number());
    String front = base.orElse(dir.toString());
    return path.isEmpty() ? front : front + "/" + path;
  }

  // ---- opening

  /** Opens a file by path, as {@code open} does. */
  public static Fd open(String path, int flags, int mode) {
    return openat(Fd.CWD, path, flags, mode);
  }

  /** Opens a file below a directory, as {@code openat} does. */
  public static Fd openat(Fd dir, String path, int flags, int mode) {
    return Fd.own(check("open", dir, path, tryOpenat(dir, path, flags, mode)));
  }

  /** Opens a file; returns its number, which the caller must own, or minus the errno. */
  private static long tryOpenat(Fd dir, String path, int flags, int mode) {
    byte[] name = OsString.encodeWithNul(path);
    return call(Syscall.OPENAT, name, 0b10, dir.number(), 0, flags | Open.CLOEXEC, mode);
  }

  /** Opens a file if it is there: empty on ENOENT. */
  public static Optional<Fd> openIfThere(Fd dir, String path, int flags) {
    long result = tryOpenat(dir, path, flags, 0);
    return result == -Errno.ENOENT
        ? Optional.empty()
        : Optional.of(Fd.own(check("open", dir, path, result)));
  }

  /** Opens a file with rules for its path: {@link Open#RESOLVE_IN_ROOT} and the like. */
  public static Fd openat2(Fd dir, String path, int flags, int mode, int resolve) {
    byte[] name = OsString.encodeWithNul(path);
    int at = 24;
    byte[] data = new byte[at + name.length];
    Bytes.putLong(data, 0, (flags | Open.CLOEXEC) & 0xffffffffL);
    Bytes.putLong(data, 8, mode);
    Bytes.putLong(data, 16, resolve);
    System.arraycopy(name, 0, data, at, name.length);
    // EAGAIN: a path that must stay below a root was renamed meanwhile; the kernel asks to try
    // again.
    long result = -Errno.EAGAIN;
    for (int i = 0; i < 128 && result == -Errno.EAGAIN; i++) {
      result = call(Syscall.OPENAT2, data, 0b110, dir.number(), at, 0, at);
    }
    return Fd.own(check("open", dir, path, result));
  }

  /** Makes an anonymous file. */
  public static Fd memfdCreate(String name, int flags) {
    byte[] data = OsString.encodeWithNul(name);
    return Fd.own(check("make memory file " + name, call(Syscall.MEMFD_CREATE, data, 1, 0, flags)));
  }

  /** Makes a counter that wakes who waits for it: eventfd(2). */
  public static Fd eventFd() {
    // EFD_CLOEXEC
    return Fd.own(check("make an eventfd", call(Syscall.EVENTFD2, 0, 02000000)));
  }

  /** Returns a copy of a descriptor, close-on-exec. */
  public static Fd dup(Fd fd) {
    // F_DUPFD_CLOEXEC 1030; not below 3, where programs expect standard streams.
    return Fd.own(check("copy descriptor", call(Syscall.FCNTL, fd.number(), 1030, 3)));
  }

  // ---- content

  /** Reads to the end, at most {@code max} bytes: EFBIG if there are more. */
  public static byte[] readFully(Fd fd, int max) {
    return readFully(fd, max, fd.toString());
  }

  private static byte[] readFully(Fd fd, int max, String name) {
    byte[] chunk = new byte[Math.min(CHUNK, Math.addExact(max, 1))];
    byte[] all = new byte[0];
    while (true) {
      long got = call(Syscall.READ, chunk, 0b10, fd.number(), 0, chunk.length);
      if (got < 0) {
        throw new KernelException("read " + name, (int) -got);
      }
      if (got == 0) {
        return all;
      }
      if (all.length + got > max) {
        throw new KernelException("read " + name + " of at most " + max + " bytes", Errno.EFBIG);
      }
      int at = all.length;
      all = Arrays.copyOf(all, at + (int) got);
      System.arraycopy(chunk, 0, all, at, (int) got);
    }
  }

  /** Reads what is there now, at most {@code max} bytes; none at the end of the file. */
  public static byte[] read(Fd fd, int max) {
    byte[] data = new byte[max];
    int got = check("read " + fd, call(Syscall.READ, data, 0b10, fd.number(), 0, max));
    return Arrays.copyOf(data, got);
  }

  /**
   * Reads a whole file, which has at most {@code max} bytes. A final symbolic link is not followed.
   */
  public static byte[] readFile(Fd dir, String name, int max) {
    try (Fd fd = openat(dir, name, Open.NOFOLLOW, 0)) {
      return readFully(fd, max, name);
    }
  }

  /** Reads a whole file; empty if it cannot be opened or read. */
  public static Optional<byte[]> tryReadFile(String path, int max) {
    long result = tryOpenat(Fd.CWD, path, Open.RDONLY, 0);
    if (result < 0) {
      return Optional.empty();
    }
    try (Fd fd = Fd.own((int) result)) {
      return Optional.of(readFully(fd, max, path));
    } catch (KernelException e) {
      // A file of /proc, whose process has gone.
      return Optional.empty();
    }
  }

  /** Writes all bytes. */
  public static void writeFully(Fd fd, byte[] bytes) {
    writeFully(fd, bytes, "write to " + fd);
  }

  /** Writes all bytes; {@code operation} names this in an error. */
  public static void writeFully(Fd fd, byte[] bytes, String operation) {
    int at = 0;
    while (at < bytes.length) {
      byte[] rest = at == 0 ? bytes : Arrays.copyOfRange(bytes, at, bytes.length);
      int put = check(operation, call(Syscall.WRITE, rest, 0b10, fd.number(), 0, rest.length));
      at += put;
    }
  }

  /**
   * Writes a file of the kernel, as in {@code /proc} or a cgroup: it must exist, and takes the text
   * in one write.
   */
  public static void writeFile(Fd dir, String name, String text) {
    byte[] bytes = OsString.encode(text);
    try (Fd fd = openat(dir, name, Open.WRONLY, 0)) {
      check(
          "write \"" + text.strip() + "\" to " + name,
          call(Syscall.WRITE, bytes, 0b10, fd.number(), 0, bytes.length));
    }
  }

  /** Brings content and metadata to the disk. */
  public static void fsync(Fd fd) {
    check("sync", fd, "", call(Syscall.FSYNC, fd.number()));
  }

  /** Brings content to the disk. */
  public static void fdatasync(Fd fd) {
    check("sync", fd, "", call(Syscall.FDATASYNC, fd.number()));
  }

  // ---- names

  /** Renames. */
  public static void renameat2(Fd fromDir, String from, Fd toDir, String to, int flags) {
    byte[] first = OsString.encodeWithNul(from);
    byte[] data = joined(first, OsString.encodeWithNul(to));
    check(
        "rename " + from + " to",
        toDir,
        to,
        call(
            Syscall.RENAMEAT2,
            data,
            0b1010,
            fromDir.number(),
            0,
            toDir.number(),
            first.length,
            flags));
  }

  /** Makes a directory. */
  public static void mkdirat(Fd dir, String path, int mode) {
    check("make directory", dir, path, tryMkdirat(dir, path, mode));
  }

  /** Makes a directory; returns false if the name exists. */
  public static boolean mkdirIfMissing(Fd dir, String path, int mode) {
    long result = tryMkdirat(dir, path, mode);
    if (result == -Errno.EEXIST) {
      return false;
    }
    check("make directory", dir, path, result);
    return true;
  }

  private static long tryMkdirat(Fd dir, String path, int mode) {
    return call(Syscall.MKDIRAT, OsString.encodeWithNul(path), 0b10, dir.number(), 0, mode);
  }

  /** Removes a name; with {@link At#REMOVEDIR} a directory's. */
  public static void unlinkat(Fd dir, String path, int flags) {
    check("remove", dir, path, tryUnlinkat(dir, path, flags));
  }

  /** Removes a name; returns false if it is not there. */
  public static boolean unlinkIfThere(Fd dir, String path, int flags) {
    long result = tryUnlinkat(dir, path, flags);
    if (result == -Errno.ENOENT) {
      return false;
    }
    check("remove", dir, path, result);
    return true;
  }

  private static long tryUnlinkat(Fd dir, String path, int flags) {
    return call(Syscall.UNLINKAT, OsString.encodeWithNul(path), 0b10, dir.number(), 0, flags);
  }

  /** Gives a file one more name. */
  public static void linkat(Fd fromDir, String from, Fd toDir, String to, int flags) {
    byte[] first = OsString.encodeWithNul(from);
    byte[] data = joined(first, OsString.encodeWithNul(to));
    check(
        "link " + from + " to",
        toDir,
        to,
        call(
            Syscall.LINKAT,
            data,
            0b1010,
            fromDir.number(),
            0,
            toDir.number(),
            first.length,
            flags));
  }

  /** Makes a symbolic link at {@code path} that says {@code target}. */
  public static void symlinkat(String target, Fd dir, String path) {
    byte[] first = OsString.encodeWithNul(target);
    byte[] data = joined(first, OsString.encodeWithNul(path));
    check(
        "make symbolic link",
        dir,
        path,
        call(Syscall.SYMLINKAT, data, 0b101, 0, dir.number(), first.length));
  }

  /** Returns what a symbolic link says; with an empty path, the link that {@code dir} is. */
  public static String readlinkat(Fd dir, String path) {
    byte[] data = linkRequest(path);
    int got = check("read link", dir, path, readlink(dir, data));
    return OsString.decode(data, 0, got);
  }

  /** Returns what a symbolic link says; empty if it cannot be read. */
  public static Optional<String> tryReadlink(Fd dir, String path) {
    byte[] data = linkRequest(path);
    long got = readlink(dir, data);
    return got < 0 ? Optional.empty() : Optional.of(OsString.decode(data, 0, (int) got));
  }

  private static final int LINK_MAX = 4096;

  /** The answer's place comes first, then the path. */
  private static byte[] linkRequest(String path) {
    return joined(new byte[LINK_MAX], OsString.encodeWithNul(path));
  }

  private static long readlink(Fd dir, byte[] data) {
    return call(Syscall.READLINKAT, data, 0b110, dir.number(), LINK_MAX, 0, LINK_MAX);
  }

  /**
   * Looks at a file; a final symbolic link is followed unless {@link At#SYMLINK_NOFOLLOW} is given.
   */
  public static Stat statx(Fd dir, String path, int flags) {
    byte[] data = statRequest(path);
    check("look at", dir, path, statx(dir, data, flags));
    return Stat.read(Bytes.wrap(data));
  }

  /** Looks at an open file. */
  public static Stat stat(Fd fd) {
    return statx(fd, "", At.EMPTY_PATH);
  }

  /** Looks at a file; empty if it is not there. */
  public static Optional<Stat> statIfThere(Fd dir, String path, int flags) {
    byte[] data = statRequest(path);
    long result = statx(dir, data, flags);
    if (result == -Errno.ENOENT) {
      return Optional.empty();
    }
    check("look at", dir, path, result);
    return Optional.of(Stat.read(Bytes.wrap(data)));
  }

  /** Whether a path, which may lead nowhere, leads to the root of a mount. */
  public static boolean isMountPoint(String path) {
    byte[] data = statRequest(path);
    return statx(Fd.CWD, data, At.SYMLINK_NOFOLLOW | At.NO_AUTOMOUNT) == 0
        && Stat.read(Bytes.wrap(data)).mountRoot();
  }

  private static byte[] statRequest(String path) {
    return joined(new byte[Stat.SIZE], OsString.encodeWithNul(path));
  }

  private static long statx(Fd dir, byte[] data, int flags) {
    return call(Syscall.STATX, data, 0b10010, dir.number(), Stat.SIZE, flags, Stat.MASK, 0);
  }

  /** Returns the names in an open directory, without {@code .} and {@code ..}, from its start. */
  public static List<String> list(Fd dir) {
    check("list", dir, "", call(Syscall.LSEEK, dir.number(), 0, 0));
    List<String> names = new ArrayList<>();
    byte[] data = new byte[CHUNK];
    while (true) {
      int got =
          check(
              "list", dir, "", call(Syscall.GETDENTS64, data, 0b10, dir.number(), 0, data.length));
      if (got == 0) {
        return names;
      }
      // struct linux_dirent64: inode 8, offset 8, length 2, type 1, name
      for (int at = 0; at < got; at += Bytes.getShort(data, at + 16)) {
        int start = at + 19;
        int end = start;
        while (data[end] != 0) {
          end++;
        }
        String name = OsString.decode(data, start, end - start);
        if (!name.equals(".") && !name.equals("..")) {
          names.add(name);
        }
      }
    }
  }

  // ---- locks, processes, waiting

  /** Locks or unlocks; returns false if LOCK_NB was given and another holds it. */
  public static boolean flock(Fd fd, int operation) {
    long result = call(Syscall.FLOCK, fd.number(), operation);
    if (result == -Errno.EAGAIN) {
      return false;
    }
    check("lock", fd, "", result);
    return true;
  }

  /**
   * Waits for an event on a descriptor.
   *
   * @param millis how long, -1 for ever
   * @return the events, 0 if the time is over
   */
  public static int poll(Fd fd, int events, long millis) {
    return poll(new Fd[] {fd}, events, millis)[0];
  }

  /** Returns the {@code nanoTime} in {@code millis}; for ever is a century. */
  static long deadline(long millis) {
    return System.nanoTime() + Math.min(millis, 100L * 365 * 86_400_000) * 1_000_000;
  }

  /** Waits for an event on any of several descriptors; returns the events of each. */
  public static int[] poll(Fd[] fds, int events, long millis) {
    long end = deadline(millis);
    int timeAt = fds.length * 8;
    byte[] data = new byte[timeAt + 16];
    for (int i = 0; i < fds.length; i++) {
      Bytes.putInt(data, i * 8, fds[i].number());
      Bytes.putInt(data, i * 8 + 4, events & 0xffff);
    }
    while (true) {
      long left = Math.max(0, end - System.nanoTime());
      Bytes.putLong(data, timeAt, left / 1_000_000_000);
      Bytes.putLong(data, timeAt + 8, left % 1_000_000_000);
      int pointers = millis < 0 ? 0b1 : 0b101;
      long result =
          Native.call(
              Syscall.PPOLL, data, pointers, 0, fds.length, millis < 0 ? 0 : timeAt, 0, 8, 0);
      if (result == -Errno.EINTR) {
        continue;
      }
      check("poll", result);
      int[] found = new int[fds.length];
      for (int i = 0; i < fds.length; i++) {
        found[i] = Bytes.getShort(data, i * 8 + 6);
      }
      return found;
    }
  }

  /**
   * Returns the raw wait status of a child; empty if it has not ended and {@code block} is false.
   */
  static OptionalInt waitPidFd(Fd fd, boolean block, boolean reap, String operation) {
    // siginfo_t: si_signo 0, si_errno 4, si_code 8, si_pid 16, si_uid 20, si_status 24
    byte[] info = new byte[128];
    int options = WEXITED | ALL_CHILDREN | (block ? 0 : WNOHANG) | (reap ? 0 : WNOWAIT);
    check(operation, call(Syscall.WAITID, info, 0b100, P_PIDFD, fd.number(), 0, options, 0));
    if (Bytes.getInt(info, 16) == 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(WaitStatus.of(Bytes.getInt(info, 8), Bytes.getInt(info, 24)));
  }

  /** Returns this process's id. */
  public static int getpid() {
    return (int) call(Syscall.GETPID);
  }

  /** Returns the parent's process id. */
  public static int getppid() {
    return (int) call(Syscall.GETPPID);
  }

  /** Returns the effective user id. */
  public static int geteuid() {
    return (int) call(Syscall.GETEUID);
  }

  /** Returns the effective group id. */
  public static int getegid() {
    return (int) call(Syscall.GETEGID);
  }

  /** Returns soft and hard limit of a resource of a process, 0 for this one; -1 is "no limit". */
  public static long[] prlimit(int pid, int resource) {
    byte[] data = new byte[16];
    check(
        "read limit " + resource + " of process " + pid,
        call(Syscall.PRLIMIT64, data, 0b1000, pid, resource, 0, 0));
    return new long[] {Bytes.getLong(data, 0), Bytes.getLong(data, 8)};
  }

  /** Returns when a process started, in clock ticks since the boot; empty if there is none. */
  public static Optional<Long> processStartTime(int pid) {
    return ProcStat.of(pid).map(ProcStat::startTime);
  }

  /** Returns the id of this boot. */
  public static String bootId() {
    byte[] text = readFile(Fd.CWD, "/proc/sys/kernel/random/boot_id", 256);
    return OsString.decode(text).strip();
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
