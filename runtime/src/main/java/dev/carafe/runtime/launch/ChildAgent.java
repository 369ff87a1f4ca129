package dev.carafe.runtime.launch;

import dev.carafe.linux.Batch;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Reply;
import dev.carafe.runtime.state.ProcessIdentity;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An agent that was started for a launch: the container's first process, or one on the way to it.
 */
public interface ChildAgent extends Executor, AutoCloseable {

  /** Returns its process id, as this process sees it. */
  int pid();

  /** Returns what names the process for good. */
  ProcessIdentity identity();

  /** Gives the ownership of the process to the caller; empty in a plan. */
  Optional<PidFd> detachProcess();

  /**
   * Clones this agent. The clone is a child of this one's parent.
   *
   * @param flags the namespaces that it has of its own, see {@link dev.carafe.linux.CloneFlags}
   * @param cgroup the cgroup of version 2 that it starts in; empty: this one's
   * @param who what it is, for an error: {@code the container's first process}
   */
  ChildAgent cloneSibling(long flags, Optional<Fd> cgroup, String who);

  /**
   * Performs a batch that ends with an exec; returns when the agent has become the program.
   *
   * @param listener takes the listener of a seccomp filter that is loaded before the exec
   */
  void exec(Batch batch, Consumer<Fd> listener);

  /** Performs a batch like {@link #run}, but waits no longer than so long for the answer. */
  default Reply runWithin(long millis, Batch batch, Fd... passed) {
    return run(batch, passed);
  }

  /** Clones this agent in its own cgroups. */
  default ChildAgent cloneSibling(long flags, String who) {
    return cloneSibling(flags, Optional.empty(), who);
  }

  /**
   * Waits until an agent that answered that it will hold does so, and has nothing of ours any more.
   */
  void awaitHeld();

  /** Ends an agent that has done its work, and reaps it. */
  void dismiss();

  /**
   * Kills the process, waits for its end and reaps it; also what an agent became. Throws nothing.
   */
  void kill();

  /**
   * Kills the process without waiting for its end, which somebody may keep from coming: one in a
   * frozen cgroup of version 1 ends when that is thawed. Throws nothing.
   */
  void abandon();

  /** Closes what is open on this side; an agent that does not hold ends then. */
  @Override
  void close();
}
