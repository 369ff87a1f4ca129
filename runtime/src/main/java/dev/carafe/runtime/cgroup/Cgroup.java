package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Executor;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The cgroup of a container, in every hierarchy of the machine. Errors are {@link CgroupException},
 * and {@link dev.carafe.linux.KernelException} where the kernel refused something.
 *
 * <p>Not for use by several threads at once.
 */
public interface Cgroup {

  /** Returns the absolute path for each controller; the controller of version 2 is "". */
  Map<String, String> paths();

  /**
   * Returns what the container's state keeps, for {@link Cgroups#load}: the paths, and which of
   * them are not ours to remove because they were there before.
   */
  Map<String, String> saved();

  /** Returns what a mount of type {@code cgroup} shows; only for a planned cgroup. */
  CgroupMounts mounts();

  /**
   * Returns the name of something in {@code resources} that cannot be had here, with the reason;
   * empty if all can.
   */
  Optional<String> unsupported(Resources resources);

  /**
   * Makes it. What it made before a failure is left for {@link #remove}.
   *
   * @throws CgroupException if it is frozen, or this process is in it
   */
  void create(Executor host);

  /**
   * Sets its limits. Also to be called without any ({@code Resources.builder().build()}): device
   * access is always limited, to the default devices and what the rules allow.
   */
  void apply(Executor host, Resources resources);

  /**
   * Changes limits: those that are given, and no others. When one is refused all are as before.
   *
   * @param before what was applied until now; needed for the device rules
   * @return what makes all as before, and never throws
   */
  Runnable update(Executor host, Resources given, Resources before);

  /** Moves a process into it, from outside. */
  void join(Executor host, int pid);

  /**
   * Moves one more process into it. Where it was divided from inside into cgroups below it, the
   * process goes where the first one is.
   *
   * @param init the container's first process
   * @param below which cgroup below it instead, by controller; for the key "" in each hierarchy
   * @throws CgroupException if such a path leads out of it, or there is no such controller
   */
  void join(Executor host, int pid, int init, Map<String, String> below);

  /**
   * Gives it to the user who is to have it by config-linux.md, Cgroup ownership, if there is one.
   * Only on version 2: there who owns a cgroup may divide it.
   */
  void giveToOwner(Executor host, Spec spec);

  /**
   * Opens the way in for a process that goes there itself, which costs less than {@link #join};
   * there may be none.
   */
  Entrance entrance(Executor host);

  /** Returns whether all that is in it is stopped by the freezer. */
  boolean frozen();

  /** Stops all that is in it, and waits for that. When it fails nothing stays stopped. */
  void freeze();

  /** Lets all that is in it go on. */
  void thaw();

  /**
   * Kills all that is in it and below it, also what is frozen, and waits until all are gone. This
   * process is spared.
   */
  void killAll();

  /** Returns the processes in it and below it; none if it does not exist. */
  List<Integer> processes();

  /**
   * Removes it and what is below it, and the cgroups above it that were made for a container and
   * are empty. It may be gone already. Its processes must have ended; a short wait allows for those
   * that are about to.
   */
  void remove();
}
