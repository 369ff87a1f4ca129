package dev.carafe.runtime.container;

import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.state.ProcessIdentity;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalInt;

/**
 * How processes ended that were children of this JVM. A child is reaped once, and its status known
 * no more after that, but any number of threads may ask for it. Nobody else's child is touched.
 */
final class Children {
  private static final int REMEMBERED = 1000;
  private static final Deque<Ended> ENDED = new ArrayDeque<>();

  private Children() {}

  private static final class Ended {
    final ProcessIdentity process;
    final int status;

    Ended(ProcessIdentity process, int status) {
      this.process = process;
      this.status = status;
    }
  }

  /** Returns the raw wait status of a process that has ended, if it can be known; reaps a child. */
  static OptionalInt collect(ProcessIdentity identity, PidFd process) {
    synchronized (ENDED) {
      OptionalInt known = remembered(identity);
      if (known.isPresent()) {
        return known;
      }
      OptionalInt status = process.exitStatus();
      if (status.isPresent() && reap(process)) {
        if (ENDED.size() == REMEMBERED) {
          Ended ignored = ENDED.removeFirst();
        }
        ENDED.addLast(new Ended(identity, status.getAsInt()));
      }
      return status;
    }
  }

  /** Returns the raw wait status of a child that was reaped. */
  static OptionalInt remembered(ProcessIdentity identity) {
    synchronized (ENDED) {
      for (Ended each : ENDED) {
        if (each.process.same(identity)) {
          return OptionalInt.of(each.status);
        }
      }
      return OptionalInt.empty();
    }
  }

  private static boolean reap(PidFd process) {
    try {
      int ignored = process.reap();
      return true;
    } catch (KernelException e) {
      if (e.errno() == Errno.ECHILD) {
        return false;
      }
      throw e;
    }
  }
}
