package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import java.util.ArrayList;
import java.util.List;

/** Removes the cgroups of a container that were made for it. */
final class Removal {
  private static final long PATIENCE_MILLIS = 10_000;

  private final List<Place> places;

  Removal(List<Place> places) {
    this.places = places;
  }

  void run() {
    List<String> left = new ArrayList<>();
    for (Place place : places) {
      if (!place.kept()) {
        left.add(place.path());
      } else {
        // Not ours, but what the container made in it is.
        CgroupTree.removeBelow(place.path());
      }
    }
    List<String> parents = new ArrayList<>();
    for (String path : left) {
      parents.add(Paths.parent(path));
    }
    Waiting waiting = new Waiting(PATIENCE_MILLIS);
    left = remove(left);
    while (!left.isEmpty()) {
      for (String path : left) {
        CgroupTree.removeBelow(path);
      }
      List<String> still = remove(left);
      if (!still.isEmpty()) {
        // The kernel takes a moment to let go of the last process.
        if (waiting.over()) {
          throw new KernelException(
              "remove cgroup " + still.get(0) + processes(still.get(0)), Errno.EBUSY);
        }
        waiting.step();
      }
      left = still;
    }
    while (!parents.isEmpty()) {
      parents = removeMarked(parents);
    }
  }

  private static String processes(String path) {
    List<Integer> inside = CgroupTree.processes(path);
    return inside.isEmpty() ? "" : ", which still holds processes " + inside;
  }

  /** Removes what can be removed; returns what is in use. */
  private static List<String> remove(List<String> paths) {
    List<String> busy = new ArrayList<>();
    if (paths.isEmpty()) {
      return busy;
    }
    Executor local = Local.get();
    Batch batch = local.batch();
    Calls may = new Calls(batch).trying();
    List<Ref> removed = new ArrayList<>();
    for (String path : paths) {
      removed.add(may.unlinkat("remove cgroup " + path, Arg.CWD, path, At.REMOVEDIR));
    }
    Reply reply = local.run(batch);
    for (int i = 0; i < paths.size(); i++) {
      int errno = (int) -reply.value(removed.get(i));
      if (errno == Errno.EBUSY || errno == Errno.ENOTEMPTY) {
        busy.add(paths.get(i));
      } else if (errno > 0 && errno != Errno.ENOENT) {
        throw new KernelException("remove cgroup " + paths.get(i), errno);
      }
    }
    return busy;
  }

  /**
   * Removes those that were made on the way to a container's cgroup and are empty now; returns what
   * is above the removed ones. The mark is on the cgroup itself, so whichever container goes last
   * removes what another one's creation made.
   */
  private static List<String> removeMarked(List<String> paths) {
    Executor local = Local.get();
    Batch batch = local.batch();
    Calls may = new Calls(batch).trying();
    List<Ref> removed = new ArrayList<>();
    Data value = batch.space(1);
    for (String path : paths) {
      Data name = batch.string(Creation.MARK);
      Ref mark =
          may.call(
              "look for the mark of " + path,
              Syscall.GETXATTR,
              batch.string(path),
              name,
              value,
              Arg.of(value.length()));
      Batch.Skip skip = batch.skip("is it marked", mark, Batch.When.FAILED, 0);
      removed.add(may.unlinkat("remove cgroup " + path, Arg.CWD, path, At.REMOVEDIR));
      batch.endSkip(skip);
      // What was skipped reads as 0, as a success does: the mark tells them apart.
      removed.add(mark);
    }
    Reply reply = local.run(batch);
    List<String> above = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      boolean marked = reply.value(removed.get(2 * i + 1)) >= 0;
      if (marked && reply.value(removed.get(2 * i)) == 0) {
        above.add(Paths.parent(paths.get(i)));
      }
    }
    return above;
  }
}
