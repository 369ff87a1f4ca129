package dev.carafe.runtime.cgroup;

import dev.carafe.linux.At;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A cgroup and what is below it. What is below was made by the container and may be so deep that a
 * path is too long for the kernel and a descriptor for each level too many: this goes up and down
 * one level at a time with one descriptor.
 */
final class CgroupTree {
  private static final int FLAGS = Open.RDONLY | Open.DIRECTORY | Open.NOFOLLOW;

  private CgroupTree() {}

  /** Returns the processes in a cgroup and below it; none if it does not exist. */
  static List<Integer> processes(String path) {
    List<Integer> all = new ArrayList<>();
    walk(path, dir -> addProcesses(dir, all), (_, _) -> {});
    return all;
  }

  /** Removes what is below a cgroup, deepest first; what is in use stays. */
  static void removeBelow(String path) {
    walk(path, _ -> {}, CgroupTree::tryRemove);
  }

  private interface Visit {
    void to(Fd directory);
  }

  private interface Leave {
    void child(Fd directory, String name);
  }

  /** A level that is being walked through: the names that are left to visit. */
  private static final class Level {
    private final String name;
    private final List<String> left;

    Level(String name, List<String> left) {
      this.name = name;
      this.left = left;
    }
  }

  private static void walk(String path, Visit visit, Leave leave) {
    Optional<Fd> top = Sys.openIfThere(Fd.CWD, path, FLAGS);
    if (top.isEmpty()) {
      return;
    }
    Deque<Level> levels = new ArrayDeque<>();
    Fd at = top.get();
    try {
      visit.to(at);
      levels.push(new Level("", children(at)));
      while (true) {
        Level level = levels.element();
        if (!level.left.isEmpty()) {
          String name = level.left.remove(level.left.size() - 1);
          Optional<Fd> child = Sys.openIfThere(at, name, FLAGS);
          if (child.isPresent()) {
            at.close();
            at = child.get();
            visit.to(at);
            levels.push(new Level(name, children(at)));
          }
        } else {
          levels.pop();
          if (levels.isEmpty()) {
            return;
          }
          // No cgroup can be moved below another parent, so this leads back to where we came from.
          Fd up = Sys.openat(at, "..", FLAGS, 0);
          at.close();
          at = up;
          leave.child(at, level.name);
        }
      }
    } catch (KernelException e) {
      // Removed by somebody else under our feet: what is left is found at the next look.
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENODEV) {
        throw e;
      }
    } finally {
      at.close();
    }
  }

  private static List<String> children(Fd dir) {
    List<String> children = new ArrayList<>();
    // A directory of a cgroup has a link for each one in it, and two more.
    if (Sys.stat(dir).links() > 2) {
      for (String name : Sys.list(dir)) {
        Optional<Stat> stat = Sys.statIfThere(dir, name, At.SYMLINK_NOFOLLOW);
        if (stat.isPresent() && stat.get().is(Mode.DIRECTORY)) {
          children.add(name);
        }
      }
    }
    return children;
  }

  private static void addProcesses(Fd dir, List<Integer> to) {
    byte[] text;
    try {
      text = Sys.readFile(dir, "cgroup.procs", CgroupFiles.MAX);
    } catch (KernelException e) {
      // EOPNOTSUPP: a threaded cgroup; its processes are listed above it.
      if (e.errno() == Errno.EOPNOTSUPP || e.errno() == Errno.ENOENT || e.errno() == Errno.ENODEV) {
        return;
      }
      throw e;
    }
    for (String line : Layout.split(OsString.decode(text), '\n')) {
      // 0 stands for a process that this PID namespace does not see.
      if (!line.isEmpty() && !line.equals("0")) {
        to.add(Integer.parseInt(line));
      }
    }
  }

  private static void tryRemove(Fd dir, String name) {
    try {
      boolean _ = Sys.unlinkIfThere(dir, name, At.REMOVEDIR);
    } catch (KernelException e) {
      if (e.errno() != Errno.EBUSY && e.errno() != Errno.ENOTEMPTY) {
        throw e;
      }
    }
  }
}
