package dev.carafe.runtime.container;

import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.ProcStat;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.state.ProcessIdentity;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;

/**
 * How processes ended that were children of this JVM. A child is reaped once, and its status known
 * no more after that, but any number of threads may ask for it. Nobody else's child is touched.
 */
final class Children {
  private static final int REMEMBERED = 1000;
  // More than one, so that those that ended are found faster than new ones come.
  private static final int AT_ONCE = 3;
  private static final Deque<ProcessIdentity> ADOPTED = new ArrayDeque<>();
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

  /**
   * Takes note of a first process that this JVM has started. Somebody else may end its container,
   * and nobody here ask for it ever again: then it is reaped when others are made.
   */
  static void adopt(ProcessIdentity identity) {
    Optional<ProcStat> stat = ProcStat.of(identity.pid());
    if (stat.isPresent() && stat.get().parent() == Sys.getpid()) {
      synchronized (ENDED) {
        ADOPTED.addLast(identity);
        reap(AT_ONCE);
      }
    }
  }

  /**
   * Reaps a process that joined a container as soon as it ends, whether or not somebody waits for
   * it: the kernel keeps the first process of a pid namespace until all others are reaped.
   *
   * @param reaped takes the raw wait status, which the kernel tells nobody any more
   */
  static void watch(ProcessIdentity identity, IntConsumer reaped) {
    Optional<ProcStat> stat = ProcStat.of(identity.pid());
    if (stat.isPresent() && stat.get().parent() == Sys.getpid()) {
      Thread ignored =
          Thread.ofPlatform()
              .daemon()
              .name("carafe-reaper-" + identity.pid())
              .start(() -> reapAtItsEnd(identity, reaped));
    }
  }

  private static void reapAtItsEnd(ProcessIdentity identity, IntConsumer reaped) {
    OptionalInt status = OptionalInt.empty();
    Optional<PidFd> opened = identity.open();
    if (opened.isPresent()) {
      try (PidFd process = opened.get()) {
        boolean ended = process.waitExit(-1);
        status = ended ? collect(identity, process) : OptionalInt.empty();
      }
    }
    if (status.isPresent()) {
      reaped.accept(status.getAsInt());
    }
  }

  /** Reaps those that have ended, of so many that were not looked at for the longest time. */
  static void reap(int most) {
    synchronized (ENDED) {
      for (int i = Math.min(most, ADOPTED.size()); i > 0; i--) {
        ProcessIdentity each = ADOPTED.removeFirst();
        Optional<PidFd> opened = each.open();
        if (opened.isPresent()) {
          try (PidFd process = opened.get()) {
            if (process.isAlive() || collect(each, process).isEmpty()) {
              ADOPTED.addLast(each);
            }
          }
        }
      }
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
