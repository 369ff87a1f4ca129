package dev.carafe.runtime.state;

import dev.carafe.InvalidInputException;
import dev.carafe.linux.At;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Flock;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Open;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.spec.JsonIn;
import java.util.List;
import java.util.Optional;

/** The real one. */
final class LinuxDisk implements Disk {
  private static final int DIRECTORY = Open.RDONLY | Open.DIRECTORY | Open.NOFOLLOW;
  private static final int WRITABLE_BY_OTHERS = 022;

  @Override
  public Optional<Dir> openRoot(String path) {
    Optional<Fd> fd = Sys.openIfThere(Fd.CWD, path, Open.RDONLY | Open.DIRECTORY);
    return fd.isEmpty() ? Optional.empty() : Optional.of(new Dir(fd.get(), path));
  }

  @Override
  public void makeRoot(String path) {
    if (!path.isEmpty() && Sys.statIfThere(Fd.CWD, path, 0).isEmpty()) {
      int slash = path.lastIndexOf('/');
      if (slash > 0) {
        makeRoot(path.substring(0, slash));
      }
      boolean ignored = Sys.mkdirIfMissing(Fd.CWD, path, 0700);
    }
  }

  @Override
  public void checkOwner(Dir dir) {
    Stat stat = Sys.stat(dir.fd());
    if (stat.uid() != Sys.geteuid()) {
      throw new InvalidInputException(
          "cannot keep state in "
              + dir.path()
              + ": it belongs to user "
              + Integer.toUnsignedString(stat.uid())
              + "; use --root with a directory of your own");
    }
    if ((stat.mode() & WRITABLE_BY_OTHERS) != 0) {
      throw new InvalidInputException(
          "cannot keep state in "
              + dir.path()
              + ": others may write to it (mode "
              + Integer.toOctalString(stat.mode() & 07777)
              + "); take that away with chmod go-w, or use --root with another directory");
    }
  }

  @Override
  public Optional<Dir> open(Dir parent, String name) {
    Optional<Fd> fd = Sys.openIfThere(parent.fd(), name, DIRECTORY);
    return fd.isEmpty()
        ? Optional.empty()
        : Optional.of(new Dir(fd.get(), parent.path() + "/" + name));
  }

  @Override
  public boolean makeDirectory(Dir parent, String name) {
    return Sys.mkdirIfMissing(parent.fd(), name, 0700);
  }

  @Override
  public Fd makeFile(Dir dir, String name) {
    return Sys.openat(dir.fd(), name, Open.WRONLY | Open.CREAT | Open.EXCL | Open.NOFOLLOW, 0600);
  }

  @Override
  public void write(Fd file, byte[] content, String shown) {
    Sys.writeFully(file, content, "write " + shown);
  }

  @Override
  public void syncFile(Fd file, String shown) {
    Sys.fsync(file);
  }

  @Override
  public void syncDirectory(Dir dir) {
    Sys.fsync(dir.fd());
  }

  @Override
  public void rename(Dir dir, String from, String to) {
    Sys.renameat2(dir.fd(), from, dir.fd(), to, 0);
  }

  @Override
  public boolean move(Dir fromDir, String from, Dir toDir, String to) {
    try {
      Sys.renameat2(fromDir.fd(), from, toDir.fd(), to, Sys.RENAME_NOREPLACE);
      return true;
    } catch (KernelException e) {
      if (e.errno() == Errno.EEXIST) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public Optional<byte[]> read(Dir dir, String name) {
    Optional<Fd> opened = Sys.openIfThere(dir.fd(), name, Open.RDONLY | Open.NOFOLLOW);
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    try (Fd file = opened.get()) {
      return Optional.of(Sys.readFully(file, JsonIn.MAX_BYTES));
    }
  }

  @Override
  public Fd openLockFile(Dir dir, String name) {
    return Sys.openat(dir.fd(), name, Open.RDWR | Open.CREAT | Open.NOFOLLOW, 0600);
  }

  @Override
  public List<String> names(Dir dir) {
    // A descriptor has one position, which threads that share it would move for each other; here
    // nobody shares one. The kernel holds the directory's lock during a getdents, so that no rename
    // comes in between.
    try {
      return Sys.list(dir.fd());
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOENT) {
        // It was removed since it was opened.
        return List.of();
      }
      throw e;
    }
  }

  @Override
  public boolean removeFile(Dir dir, String name) {
    return Sys.unlinkIfThere(dir.fd(), name, 0);
  }

  @Override
  public void removeTree(Dir dir, String name) {
    Optional<Stat> stat = Sys.statIfThere(dir.fd(), name, At.SYMLINK_NOFOLLOW);
    if (stat.isEmpty()) {
      return;
    }
    if (!stat.get().is(Mode.DIRECTORY)) {
      boolean ignored = Sys.unlinkIfThere(dir.fd(), name, 0);
      return;
    }
    // NO_XDEV: what is mounted in there is not ours to empty.
    int resolve = Open.RESOLVE_NO_XDEV | Open.RESOLVE_NO_SYMLINKS | Open.RESOLVE_BENEATH;
    try (Dir inner =
        new Dir(Sys.openat2(dir.fd(), name, DIRECTORY, 0, resolve), dir.path() + "/" + name)) {
      List<String> names = Sys.list(inner.fd());
      for (int i = 0; i < names.size(); i++) {
        removeTree(inner, names.get(i));
      }
    }
    boolean ignored = Sys.unlinkIfThere(dir.fd(), name, At.REMOVEDIR);
  }

  @Override
  public Flock lock(Dir dir, long timeoutMillis) {
    return Flock.acquire(dir.fd(), dir.path(), true, timeoutMillis);
  }

  @Override
  public boolean tryLock(Fd file) {
    return Sys.flock(file, Sys.LOCK_EX | Sys.LOCK_NB);
  }

  @Override
  public boolean isNamed(Dir dir, Dir parent, String name) {
    Optional<Stat> named = Sys.statIfThere(parent.fd(), name, At.SYMLINK_NOFOLLOW);
    return named.isPresent() && named.get().sameFile(Sys.stat(dir.fd()));
  }
}
