package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.ContainerEvent;
import dev.carafe.ContainerEvents;
import dev.carafe.InvalidInputException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.cgroup.CgroupStats;
import dev.carafe.runtime.cgroup.OomWatch;
import java.time.Duration;
import java.util.Optional;

/** The events of a container: of its memory's end, of its own end, and of the time. */
public final class Events implements ContainerEvents {
  // A native poll does not see a Java interrupt; an event is seen at once.
  private static final long SLICE_MILLIS = 100;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final String id;
  private final Usage.Live container;
  private final Optional<OomWatch> oom;
  private final long intervalNanos;
  private long due;

  private Events(String id, Usage.Live container, Optional<OomWatch> oom, long intervalNanos) {
    this.id = id;
    this.container = container;
    this.oom = oom;
    this.intervalNanos = intervalNanos;
    this.due = System.nanoTime() + intervalNanos;
  }

  static Events open(String id, Usage usage, Duration interval) {
    if (interval.isNegative() || interval.isZero()) {
      // The words are runc's.
      throw new InvalidInputException("duration interval must be greater than 0");
    }
    Usage.Live container = usage.open();
    boolean done = false;
    try {
      Events events = new Events(id, container, OomWatch.open(container.cgroups), nanos(interval));
      done = true;
      return events;
    } finally {
      if (!done) {
        container.close();
      }
    }
  }

  /** For ever is a century. */
  private static long nanos(Duration interval) {
    return interval.toDays() > 36_500 ? Duration.ofDays(36_500).toNanos() : interval.toNanos();
  }

  @Override
  public Optional<ContainerEvent> next() throws InterruptedException {
    try {
      return await();
    } catch (KernelException e) {
      throw Failures.of("watch container \"" + id + "\"", e);
    } catch (CgroupException e) {
      throw new CarafeException("cannot watch container \"" + id + "\": " + e.getMessage(), e);
    }
  }

  private Optional<ContainerEvent> await() throws InterruptedException {
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while watching a container");
      }
      boolean ended = !container.init.isAlive();
      // Asked after its end was seen, so that what ended it is told before.
      if (oom.isPresent() && oom.get().happened()) {
        return Optional.of(new ContainerEvent.OutOfMemory());
      }
      if (ended) {
        return Optional.empty();
      }
      long left = due - System.nanoTime();
      if (left <= 0) {
        // A late one does not make the others come faster.
        due = System.nanoTime() + intervalNanos + Math.max(left, -intervalNanos);
        return Optional.of(new ContainerEvent.Stats(CgroupStats.read(container.cgroups)));
      }
      waitAtMost((left + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI);
    }
  }

  private void waitAtMost(long millis) {
    Fd process = container.init.fd();
    Fd[] fds = oom.isPresent() ? new Fd[] {process, oom.get().fd()} : new Fd[] {process};
    int[] ignored = Sys.poll(fds, Sys.POLLIN, Math.min(millis, SLICE_MILLIS));
  }

  @Override
  public void close() {
    if (oom.isPresent()) {
      oom.get().close();
    }
    container.close();
  }
}
