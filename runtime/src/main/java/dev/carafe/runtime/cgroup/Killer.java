package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Sys;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Kills all that is in a cgroup: with {@code cgroup.kill} (version 2, Linux 5.14), which nothing
 * outruns, else by signals while it is frozen, since a program that forks quickly stays ahead of a
 * list of processes.
 */
final class Killer {
  private static final long PATIENCE_MILLIS = 10_000;

  private final String path;
  private final Optional<Freezer> freezer;
  private final Optional<String> unified;
  private final int self = Sys.getpid();

  Killer(String path, Optional<Freezer> freezer, Optional<String> unified) {
    this.path = path;
    this.freezer = freezer;
    this.unified = unified;
  }

  void run() {
    Waiting waiting = new Waiting(PATIENCE_MILLIS);
    List<Integer> all = CgroupTree.processes(path);
    boolean selfInside = all.contains(self);
    for (List<Integer> left = others(all); !left.isEmpty(); left = others()) {
      if (waiting.over()) {
        throw new CgroupException(
            "cannot kill the processes of cgroup "
                + path
                + ": "
                + left
                + " are still there after "
                + PATIENCE_MILLIS / 1000
                + " s");
      }
      if (selfInside) {
        signal(left);
      } else {
        if (!killFile()) {
          freezer.ifPresent(Freezer::tryFreeze);
          // Not all may be stopped yet, and there may be more of them by now.
          signal(others());
        }
        // Whoever is frozen dies only when it goes on; on version 1 also after cgroup.kill.
        freezer.ifPresent(Freezer::tryThaw);
      }
      waiting.step();
    }
  }

  private List<Integer> others() {
    return others(CgroupTree.processes(path));
  }

  private List<Integer> others(List<Integer> all) {
    List<Integer> others = new ArrayList<>(all);
    boolean _ = others.remove(Integer.valueOf(self));
    return others;
  }

  private boolean killFile() {
    if (unified.isEmpty() || !CgroupFiles.exists(unified.get() + "/cgroup.kill")) {
      return false;
    }
    // Somebody may have moved a process out of this hierarchy alone.
    if (!CgroupTree.processes(unified.get()).containsAll(others())) {
      return false;
    }
    try {
      Sys.writeFile(Fd.CWD, unified.get() + "/cgroup.kill", "1");
      return true;
    } catch (KernelException e) {
      // EOPNOTSUPP in a threaded cgroup, or it is gone.
      return false;
    }
  }

  private void signal(List<Integer> pids) {
    List<PidFd> held = new ArrayList<>();
    try {
      for (int pid : pids) {
        Optional<PidFd> process = PidFd.open(pid);
        process.ifPresent(held::add);
      }
      // A number counts only if it is still listed now that it is held: it may have gone to a
      // process elsewhere between the first look and the opening.
      List<Integer> still = others();
      for (PidFd each : held) {
        if (still.contains(each.pid())) {
          boolean _ = each.signal(Signal.SIGKILL);
        }
      }
    } finally {
      for (PidFd each : held) {
        each.close();
      }
    }
  }
}
