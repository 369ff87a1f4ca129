package dev.carafe.runtime.container;

import dev.carafe.linux.Fd;
import dev.carafe.linux.MountInfo;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.ProcStat;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.state.ProcessIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The processes in a container's cgroup, by the ids that they have in the pid namespace of its
 * first process. What is in a pid namespace within that has another id there, which does not count.
 */
final class Members {
  private static final int STATUS_MAX = 65536;

  private static final String PROCESS = "NSpid:";
  private static final String GROUP = "NSpgid:";

  private final Cgroup cgroup;

  /** How many pid namespaces the first process is in, seen from here; 0 if it has ended. */
  private final int depth;

  Members(Cgroup cgroup, Optional<ProcessIdentity> init) {
    this.cgroup = cgroup;
    this.depth =
        init.isPresent() && init.get().isAlive() ? ids(init.get().pid(), PROCESS).size() : 0;
  }

  /** Opens a process that has this id inside; empty if there is none. */
  Optional<PidFd> openInner(int pid) {
    List<PidFd> found = open(PROCESS, pid);
    for (int i = 1; i < found.size(); i++) {
      // Without the first process it is not known whose number is meant.
      found.get(i).close();
    }
    return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
  }

  /** Opens the processes of the group that has this id inside. */
  List<PidFd> openGroup(int pgid) {
    return open(GROUP, pgid);
  }

  /** Opens the process that has this id here, if it is one of the container's. */
  Optional<PidFd> open(int pid) {
    Optional<PidFd> opened = PidFd.open(pid);
    // Looked up again after opening: the number might have come to mean another process.
    if (opened.isPresent() && !cgroup.processes().contains(pid)) {
      opened.get().close();
      return Optional.empty();
    }
    return opened;
  }

  /**
   * Opens a process of the container that has ended and whose parent has not asked how: the cgroup
   * does not list it any more.
   */
  Optional<PidFd> openEnded(int pid) {
    Optional<PidFd> opened = PidFd.open(pid);
    if (opened.isPresent() && !isEnded(pid)) {
      opened.get().close();
      return Optional.empty();
    }
    return opened;
  }

  /** As {@link #openEnded}, by the id that it had inside. */
  Optional<PidFd> openEndedInner(int pid) {
    try (Fd proc = Sys.openat(Fd.CWD, "/proc", Open.RDONLY | Open.DIRECTORY, 0)) {
      for (String name : Sys.list(proc)) {
        if (Character.isDigit(name.charAt(0))) {
          int outer = Integer.parseInt(name);
          if (has(outer, PROCESS, pid) && isEnded(outer)) {
            return openEnded(outer);
          }
        }
      }
    }
    return Optional.empty();
  }

  private boolean isEnded(int pid) {
    Optional<ProcStat> stat = ProcStat.of(pid);
    return stat.isPresent() && stat.get().ended() && wasHere(pid);
  }

  /** Returns whether a process that has ended was in the cgroup; only version 2 tells. */
  private boolean wasHere(int pid) {
    Optional<byte[]> read = Sys.tryReadFile("/proc/" + pid + "/cgroup", STATUS_MAX);
    String text = "\n" + OsString.decode(read.orElse(new byte[0]));
    int begin = text.indexOf("\n0::");
    int end = text.indexOf('\n', begin + 1);
    if (begin < 0 || end < 0) {
      return false;
    }
    String path = text.substring(begin + 4, end);
    return isPlace(MountInfo.read(), path, cgroup.paths().getOrDefault("", ""));
  }

  /**
   * Returns whether the cgroup of version 2 that a process tells, below the root of the caller's
   * cgroup namespace, is the directory; a mount may show only what is below its own root.
   */
  static boolean isPlace(List<MountInfo> mounts, String told, String directory) {
    for (int i = 0; i < mounts.size(); i++) {
      MountInfo each = mounts.get(i);
      if (each.isType("cgroup2") && isBelow(directory, each.point())) {
        String root = each.root().equals("/") ? "" : each.root();
        if (told.equals(root + directory.substring(each.point().length()))) {
          return true;
        }
      }
    }
    return false;
  }

  /** The mount point itself is nobody's: every process would be a member. */
  private static boolean isBelow(String path, String top) {
    return path.startsWith(top + "/");
  }

  private List<PidFd> open(String field, int value) {
    List<PidFd> found = new ArrayList<>();
    for (int pid : cgroup.processes()) {
      if (has(pid, field, value)) {
        Optional<PidFd> opened = open(pid);
        if (opened.isPresent() && has(pid, field, value)) {
          found.add(opened.get());
        } else if (opened.isPresent()) {
          opened.get().close();
        }
      }
    }
    return found;
  }

  private boolean has(int pid, String field, int value) {
    List<Integer> ids = ids(pid, field);
    int at = depth == 0 ? ids.size() - 1 : depth - 1;
    return at >= 0 && at < ids.size() && ids.get(at) == value;
  }

  /** Returns a field of a process's status: its id in each pid namespace, the innermost last. */
  private static List<Integer> ids(int pid, String field) {
    List<Integer> ids = new ArrayList<>();
    Optional<byte[]> read = Sys.tryReadFile("/proc/" + pid + "/status", STATUS_MAX);
    String text = read.isEmpty() ? "" : OsString.decode(read.get());
    int at = text.indexOf("\n" + field);
    int end = text.indexOf('\n', at + 1);
    if (at < 0 || end < 0) {
      return ids;
    }
    // Each has a tab before it.
    int from = at + 1 + field.length() + 1;
    while (from < end) {
      int tab = text.indexOf('\t', from);
      int to = tab < 0 ? end : Math.min(tab, end);
      ids.add(Integer.valueOf(text.substring(from, to)));
      from = to + 1;
    }
    return ids;
  }
}
