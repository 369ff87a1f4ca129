package dev.carafe.runtime.container;

import dev.carafe.linux.OsString;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.cgroup.Cgroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The processes in a container's cgroup, by the ids that they have in their own pid namespace. */
final class Members {
  private static final int STATUS_MAX = 65536;

  private final Cgroup cgroup;

  Members(Cgroup cgroup) {
    this.cgroup = cgroup;
  }

  /** Opens a process that has this id inside; empty if there is none. */
  Optional<PidFd> openInner(int pid) {
    List<PidFd> found = open("NSpid:", pid);
    for (int i = 1; i < found.size(); i++) {
      // Pid namespaces within the container's: the first in the cgroup's order is meant.
      found.get(i).close();
    }
    return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
  }

  /** Opens the processes of the group that has this id inside. */
  List<PidFd> openGroup(int pgid) {
    return open("NSpgid:", pgid);
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

  private List<PidFd> open(String field, int value) {
    List<PidFd> found = new ArrayList<>();
    for (int pid : cgroup.processes()) {
      if (inner(pid, field) == value) {
        Optional<PidFd> opened = open(pid);
        if (opened.isPresent() && inner(pid, field) == value) {
          found.add(opened.get());
        } else if (opened.isPresent()) {
          opened.get().close();
        }
      }
    }
    return found;
  }

  /** Returns the last number of a field of a process's status: the one in its own namespace. */
  private static int inner(int pid, String field) {
    Optional<byte[]> read = Sys.tryReadFile("/proc/" + pid + "/status", STATUS_MAX);
    if (read.isEmpty()) {
      return -1;
    }
    String text = OsString.decode(read.get());
    int at = text.indexOf("\n" + field);
    int end = text.indexOf('\n', at + 1);
    if (at < 0 || end < 0) {
      return -1;
    }
    int last = Math.max(text.lastIndexOf('\t', end), text.lastIndexOf(' ', end));
    return Integer.parseInt(text.substring(last + 1, end));
  }
}
