package dev.carafe.runtime.container;

import dev.carafe.ContainerId;
import dev.carafe.ContainerNotice;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.state.ProcessIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Tells a listener what happens to containers, one thing at a time: all is done holding this
 * object's monitor. One thread waits for the ends of all processes, while there are some.
 */
final class Notices {
  /** Of containers that nobody listens to. */
  static final Notices NONE = new Notices(Optional.empty());

  private final Optional<Consumer<ContainerNotice>> listener;
  private final List<Watched> watched = new ArrayList<>();

  /** Instances of which something is not told yet that was before the end; once for each hold. */
  private final List<String> holds = new ArrayList<>();

  /** Wakes the thread when the list has changed; there while the thread is. */
  private Optional<Fd> wake = Optional.empty();

  private Notices(Optional<Consumer<ContainerNotice>> listener) {
    this.listener = listener;
  }

  static Notices to(Consumer<ContainerNotice> listener) {
    return new Notices(Optional.of(listener));
  }

  /** A process whose end is to be told. Only the thread closes it. */
  private static final class Watched {
    final Containers containers;
    final ContainerId id;
    final String instance;
    final ProcessIdentity process;
    final boolean first;

    /** Empty if it was gone before it could be watched. */
    final Optional<PidFd> open;

    boolean told;

    Watched(
        Containers containers,
        ContainerId id,
        String instance,
        ProcessIdentity process,
        boolean first) {
      this.containers = containers;
      this.id = id;
      this.instance = instance;
      this.process = process;
      this.first = first;
      this.open = process.open();
    }

    boolean hasEnded() {
      return open.isEmpty() || !open.get().isAlive();
    }

    OptionalInt status() {
      return open.isEmpty() ? Children.remembered(process) : Children.collect(process, open.get());
    }
  }

  boolean isNone() {
    return listener.isEmpty();
  }

  /** Tells that something has happened. What the listener throws is a warning. */
  synchronized void tell(ContainerNotice notice, Consumer<String> warnings) {
    if (listener.isEmpty()) {
      return;
    }
    try {
      listener.get().accept(notice);
    } catch (RuntimeException | Error e) {
      warn(warnings, "the listener has failed: " + e);
    }
  }

  private static void warn(Consumer<String> warnings, String message) {
    try {
      warnings.accept(message);
    } catch (RuntimeException | Error e) {
      // Nobody is left to tell, and the others' ends are still to be told.
    }
  }

  /** Tells something, and from then on the end of a process, unless that is told already. */
  synchronized void tellAndWatch(
      ContainerNotice notice,
      Containers containers,
      String instance,
      Optional<ProcessIdentity> process,
      boolean first) {
    if (listener.isEmpty()) {
      return;
    }
    tell(notice, containers.warnings());
    if (process.isPresent() && !isWatched(process.get())) {
      try {
        watch(containers, notice.id(), instance, process.get(), first);
      } catch (KernelException e) {
        // What was done is done, though this JVM may have no descriptor left.
        containers
            .warnings()
            .accept("the end of process " + process.get().pid() + " will not be told: " + e);
      }
    }
  }

  private void watch(
      Containers containers,
      ContainerId id,
      String instance,
      ProcessIdentity process,
      boolean first) {
    Watched one = new Watched(containers, id, instance, process, first);
    boolean done = false;
    try {
      if (wake.isPresent()) {
        wake();
      } else {
        begin(Sys.eventFd());
      }
      // The thread looks at the list when we have left the monitor.
      done = watched.add(one);
    } finally {
      if (!done) {
        one.open.ifPresent(PidFd::close);
      }
    }
  }

  private void begin(Fd woken) {
    wake = Optional.of(woken);
    boolean done = false;
    try {
      Thread ignored =
          Thread.ofPlatform().daemon().name("carafe-notices").start(() -> await(woken));
      done = true;
    } finally {
      if (!done) {
        leave(woken);
      }
    }
  }

  private boolean isWatched(ProcessIdentity process) {
    for (Watched each : watched) {
      if (each.process.same(process)) {
        return true;
      }
    }
    return false;
  }

  /** Keeps the end of a container's first process from being told, until {@link #release}. */
  synchronized void hold(String instance) {
    if (listener.isPresent()) {
      boolean ignored = holds.add(instance);
      wake();
    }
  }

  /** Takes back one {@link #hold}; another thread may have another. */
  synchronized void release(String instance) {
    if (listener.isPresent()) {
      boolean ignored = holds.remove(instance);
      wake();
    }
  }

  private boolean isHeld(Watched each) {
    return each.first && holds.contains(each.instance);
  }

  /** Tells that a container is gone, after the ends of its processes. */
  synchronized void deleted(ContainerId id, Consumer<String> warnings) {
    if (listener.isEmpty()) {
      return;
    }
    for (Watched each : List.copyOf(watched)) {
      if (each.id.value().equals(id.value()) && each.hasEnded()) {
        tellEnd(each);
      }
    }
    wake();
    tell(new ContainerNotice.Deleted(id), warnings);
  }

  private void tellEnd(Watched each) {
    if (each.told) {
      return;
    }
    each.told = true;
    OptionalInt raw = each.status();
    if (each.first && raw.isPresent() && Children.remembered(each.process).isPresent()) {
      // We were its parent, and nobody can ask the kernel any more.
      Wait.record(each.containers.store(), each.id.value(), each.instance, raw.getAsInt());
    }
    tell(
        new ContainerNotice.Exited(each.id, each.process.pid(), each.first, Wait.status(raw)),
        each.containers.warnings());
  }

  private void wake() {
    if (wake.isPresent()) {
      byte[] one = new byte[Long.BYTES];
      // In either byte order it is more than nothing, and far from the most.
      one[Long.BYTES / 2] = 1;
      Sys.writeFully(wake.get(), one);
    }
  }

  // ---- the thread

  private void await(Fd woken) {
    try {
      Fd[] fds = next(woken);
      while (fds.length > 0) {
        int[] ignored = Sys.poll(fds, Sys.POLLIN, -1);
        fds = next(woken);
      }
    } finally {
      // If it has failed, the next process to be watched gets a thread for all.
      leave(woken);
    }
  }

  /** Ends what a thread is woken by, unless that was done and there is another one. */
  private synchronized void leave(Fd woken) {
    if (wake.isPresent() && wake.get() == woken) {
      wake = Optional.empty();
      woken.close();
    }
  }

  /** Tells what has ended, and returns what to wait for; nothing when there is nothing left. */
  private synchronized Fd[] next(Fd woken) {
    if ((Sys.poll(woken, Sys.POLLIN, 0) & Sys.POLLIN) != 0) {
      byte[] ignored = Sys.read(woken, Long.BYTES);
    }
    for (Watched each : List.copyOf(watched)) {
      if (!isHeld(each) && !each.told && each.hasEnded()) {
        tellEnd(each);
      }
    }
    List<Fd> fds = new ArrayList<>();
    for (Watched each : List.copyOf(watched)) {
      if (each.told) {
        boolean ignored = watched.remove(each);
        each.open.ifPresent(PidFd::close);
      } else if (!isHeld(each)) {
        fds.add(each.open.orElseThrow().fd());
      }
    }
    if (watched.isEmpty()) {
      leave(woken);
      return new Fd[0];
    }
    fds.add(woken);
    return fds.toArray(new Fd[0]);
  }
}
