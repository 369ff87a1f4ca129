package dev.carafe.runtime.launch;

import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import java.util.Optional;

/**
 * Who stands behind an operation: the front of a command, a JVM that uses the API, or nobody, when
 * only a plan is made. Used by one thread at a time.
 */
public interface Caller extends AutoCloseable {

  /** Returns what the caller is and has. */
  CallerWorld world();

  /** Returns the executor for work on the host's side, in this process. */
  Executor host();

  /**
   * Starts an agent as a child of the caller.
   *
   * @param cloneFlags the namespaces that it has of its own, see {@link
   *     dev.carafe.linux.CloneFlags}
   * @param cgroup the cgroup of version 2 that it starts in; empty: its parent's
   * @param stdio its standard streams
   * @param who what it is, for an error: {@code the container's first process}
   */
  ChildAgent spawn(long cloneFlags, Optional<Fd> cgroup, Stdio stdio, String who);

  /** Starts an agent in the caller's own cgroups. */
  default ChildAgent spawn(long cloneFlags, Stdio stdio, String who) {
    return spawn(cloneFlags, Optional.empty(), stdio, who);
  }

  /** Returns an agent in the caller's own namespaces, for hooks; it stays this caller's. */
  Executor hookAgent();

  /** Lets go of what this caller holds. */
  @Override
  void close();
}
