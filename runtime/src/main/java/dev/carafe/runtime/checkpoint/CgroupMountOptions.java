package dev.carafe.runtime.checkpoint;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Flock;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.MountInfo;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Sys;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The options of the machine's cgroup version 2, such as {@code nsdelegate}. Who mounts it outside
 * of a cgroup namespace sets them for all, and CRIU mounts it without any; so they are looked at
 * before, and set again. In between the mount point is locked, for all processes and state roots:
 * who looked while another one's CRIU is at work would see the options gone, and keep them so.
 */
final class CgroupMountOptions implements AutoCloseable {
  /** How long is waited for others, which may have much memory to write. */
  private static final long PATIENCE_MILLIS = 120_000;

  private static final long STEP_MILLIS = 500;

  private final Executor host;
  private final Consumer<String> warnings;
  private final Optional<Flock> lock;
  private final Optional<MountInfo> before;
  private boolean closed;

  /**
   * Looks at them, when no other checkpoint or restore is at work on this machine.
   *
   * @param wanted whether this is still worth waiting for
   * @param warnings is told why they could not be set again
   */
  CgroupMountOptions(Executor host, BooleanSupplier wanted, Consumer<String> warnings) {
    this.host = host;
    this.warnings = warnings;
    Optional<MountInfo> found = find();
    lock = found.isEmpty() ? Optional.empty() : Optional.of(lock(found.get().point(), wanted));
    boolean done = false;
    try {
      before = found.isEmpty() ? Optional.empty() : find();
      done = true;
    } finally {
      if (!done && lock.isPresent()) {
        lock.get().close();
      }
    }
  }

  private static Flock lock(String point, BooleanSupplier wanted) {
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (true) {
      try {
        Fd directory = Sys.open(point, Open.RDONLY | Open.DIRECTORY, 0);
        return Flock.acquire(directory, point, true, STEP_MILLIS);
      } catch (KernelException e) {
        if (e.errno() != Errno.ETIMEDOUT) {
          throw e;
        }
        if (System.nanoTime() - end >= 0 || !wanted.getAsBoolean()) {
          throw new CriuException(
              "another checkpoint or restore is at work on this machine: " + e.getMessage());
        }
      }
    }
  }

  private static Optional<MountInfo> find() {
    for (MountInfo each : MountInfo.read()) {
      if (each.isType("cgroup2") && each.isVisible()) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  /** Sets them again if they have changed, and lets others do their work; once. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      setAgain();
    } catch (KernelException e) {
      // What was done with CRIU is done all the same.
      warnings.accept("the options of the cgroups' mount are not as before: " + e.getMessage());
    } finally {
      if (lock.isPresent()) {
        lock.get().close();
      }
    }
  }

  private void setAgain() {
    Optional<MountInfo> now = before.isEmpty() ? Optional.empty() : find();
    if (now.isEmpty() || now.get().superOptions().equals(before.get().superOptions())) {
      return;
    }
    Batch batch = host.batch();
    Calls calls = new Calls(batch);
    String point = before.get().point();
    Ref mount = calls.fspick("look at the cgroups' mount " + point, Arg.CWD, point, 0);
    for (String option : before.get().superOptions().split(",", -1)) {
      if (!option.equals("rw") && !option.equals("ro")) {
        calls.fsconfigFlag("set " + option + " of " + point, mount, option);
      }
    }
    calls.fsconfigReconfigure("set the options of " + point + " again", mount);
    calls.close("close " + point, mount);
    Reply _ = host.run(batch);
  }
}
