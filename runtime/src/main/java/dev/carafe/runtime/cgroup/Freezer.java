package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import java.util.Optional;

/**
 * Stops and resumes what is in a cgroup: {@code freezer.state} of v1, {@code cgroup.freeze} of v2.
 */
final class Freezer {
  private static final long PATIENCE_MILLIS = 10_000;

  /** Where version 1 is stuck half-way, it is thawed for a moment each so many looks. */
  private static final int LOOKS = 25;

  private final String path;
  private final boolean version1;

  Freezer(Place place) {
    path = place.path();
    version1 = place.version() == 1;
  }

  String path() {
    return path;
  }

  /** Returns whether all is stopped, by this cgroup or one above it; not if there is no cgroup. */
  boolean frozen() {
    if (version1) {
      return CgroupFiles.read(path + "/freezer.state").orElse("").equals("FROZEN");
    }
    Optional<String> events = CgroupFiles.read(path + "/cgroup.events");
    return Layout.split(events.orElse(""), '\n').contains("frozen 1");
  }

  void freeze() {
    try {
      order(true);
      Waiting waiting = new Waiting(PATIENCE_MILLIS);
      for (int look = 1; !frozen(); look++) {
        if (waiting.over()) {
          throw new CgroupException(
              "cannot freeze cgroup "
                  + path
                  + ": some of its processes did not stop within "
                  + PATIENCE_MILLIS / 1000
                  + " s; one may be in an uninterruptible wait");
        }
        waiting.step();
        if (version1 && look % LOOKS == 0) {
          // A task that forks while it is being frozen can leave the state at FREEZING for ever.
          order(false);
          order(true);
        }
      }
    } catch (CgroupException | KernelException e) {
      tryThaw();
      throw e;
    }
  }

  void thaw() {
    order(false);
    if (!version1) {
      return;
    }
    Waiting waiting = new Waiting(PATIENCE_MILLIS);
    while (!CgroupFiles.read(path + "/freezer.state").orElse("THAWED").equals("THAWED")) {
      if (waiting.over()) {
        throw new CgroupException(
            "cannot thaw cgroup " + path + ": it stays frozen, thaw the cgroup above it");
      }
      waiting.step();
    }
  }

  /** Orders all to stop, without waiting; whatever refuses that is passed over. */
  void tryFreeze() {
    tryOrder(true);
  }

  /** Orders all to go on; whatever refuses that is passed over. */
  void tryThaw() {
    tryOrder(false);
  }

  private void order(boolean stop) {
    String file = version1 ? "/freezer.state" : "/cgroup.freeze";
    String word = version1 ? (stop ? "FROZEN" : "THAWED") : (stop ? "1" : "0");
    Sys.writeFile(Fd.CWD, path + file, word);
  }

  private void tryOrder(boolean stop) {
    try {
      order(stop);
    } catch (KernelException e) {
      // Gone, or not ours to stop: what this prepares or mends goes on without it.
      if (e.errno() == Errno.EBADF) {
        throw e;
      }
    }
  }
}
