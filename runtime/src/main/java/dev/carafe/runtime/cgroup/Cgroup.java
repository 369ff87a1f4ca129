package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.spec.Resources;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The cgroup of a container, in every hierarchy of the machine. */
public interface Cgroup {

  /** Returns the absolute path for each controller; the controller of version 2 is "". */
  Map<String, String> paths();

  /** Makes it. */
  void create(Executor host);

  /** Sets its limits. */
  void apply(Executor host, Resources resources);

  /** Moves a process into it. */
  void join(Executor host, int pid);

  /** Returns a descriptor of it, for a clone that starts in it; empty where that cannot be. */
  Optional<Fd> intoFd();

  /** Returns whether it is frozen. */
  boolean frozen();

  /** Stops all that is in it. */
  void freeze();

  /** Lets all that is in it go on. */
  void thaw();

  /** Kills all that is in it. */
  void killAll();

  /** Returns the processes in it. */
  List<Integer> processes();

  /** Removes it and what is below it. */
  void remove();
}
