package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Inotify;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import java.util.Map;
import java.util.Optional;

/**
 * Sees that the kernel ends processes of a cgroup because it finds no memory for them. What was
 * before it is not seen.
 */
public abstract sealed class OomWatch implements AutoCloseable {
  private OomWatch() {}

  /**
   * Begins to watch; empty if memory is not limited here.
   *
   * @param paths as {@link Cgroup#paths}
   */
  public static Optional<OomWatch> open(Map<String, String> paths) {
    boolean unified = CgroupStats.isUnified(paths);
    Optional<String> directory = CgroupStats.directory(paths, unified ? "" : "memory");
    String needed = unified ? "/memory.events" : "/memory.oom_control";
    if (directory.isEmpty() || !CgroupFiles.exists(directory.get() + needed)) {
      return Optional.empty();
    }
    return Optional.of(unified ? new Version2(directory.get()) : new Version1(directory.get()));
  }

  /** Returns what can be read when there may be something new. */
  public abstract Fd fd();

  /** Returns whether it happened since this was asked before; never waits. */
  public abstract boolean happened();

  /** Ends it. */
  @Override
  public abstract void close();

  /** An eventfd that the kernel is told to count on. */
  private static final class Version1 extends OomWatch {
    private static final String CONTROL = "/cgroup.event_control";

    private final String path;
    private final Fd event;

    Version1(String path) {
      this.path = path;
      this.event = Sys.eventFd();
      boolean done = false;
      try (Fd oom = Sys.open(path + "/memory.oom_control", Open.RDONLY, 0)) {
        Sys.writeFile(Fd.CWD, path + CONTROL, event.number() + " " + oom.number());
        done = true;
      } finally {
        if (!done) {
          event.close();
        }
      }
    }

    @Override
    public Fd fd() {
      return event;
    }

    @Override
    public boolean happened() {
      if ((Sys.poll(event, Sys.POLLIN, 0) & Sys.POLLIN) == 0) {
        return false;
      }
      byte[] ignored = Sys.read(event, Long.BYTES);
      // The kernel also counts when the cgroup is removed.
      return CgroupFiles.exists(path + CONTROL);
    }

    @Override
    public void close() {
      event.close();
    }
  }

  /** A counter in a file that is watched. */
  private static final class Version2 extends OomWatch {
    private final StatFiles files;
    private final Inotify changes;
    private long seen;

    Version2(String path) {
      this.files = new StatFiles(path);
      this.changes = Inotify.modified(path + "/memory.events");
      this.seen = count();
    }

    private long count() {
      return StatFiles.get(files.named("memory.events"), "oom_kill");
    }

    @Override
    public Fd fd() {
      return changes.fd();
    }

    @Override
    public boolean happened() {
      changes.drain();
      // Not only when the file is said to have changed: that is told with a delay.
      long now = count();
      boolean more = now > seen;
      seen = Math.max(seen, now);
      return more;
    }

    @Override
    public void close() {
      changes.close();
    }
  }
}
