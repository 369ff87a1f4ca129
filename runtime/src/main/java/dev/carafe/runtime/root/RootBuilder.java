package dev.carafe.runtime.root;

import dev.carafe.linux.Batch;
import dev.carafe.linux.Executor;
import dev.carafe.spec.Spec;
import java.util.function.Consumer;

/**
 * Builds a container's root file system, in the mount namespace of its init agent. The order is
 * {@link #prepare}, {@link #mounts}, {@link #pivot}, {@link #close}.
 */
public final class RootBuilder implements AutoCloseable {
  private boolean built;

  /**
   * Makes one.
   *
   * @param spec what to build
   * @param bundle the bundle's directory, absolute
   * @param host opens what the host gives: sources of mounts, devices
   * @param options what the spec does not say
   * @param warnings takes what the user should know, one sentence each
   */
  public RootBuilder(
      Spec spec, String bundle, Executor host, RootOptions options, Consumer<String> warnings) {
    throw new UnsupportedOperationException(
        "is being built: " + spec + bundle + host + options + warnings);
  }

  /**
   * Checks all of the spec's mounts and devices and opens the root file system, on the host; before
   * there is an init agent. Nothing is changed.
   */
  public void prepare() {
    refuse();
  }

  /**
   * Makes the mount tree: root, mounts, devices; in batches of its own. Before: the agent is in all
   * its namespaces, is user 0 of its user namespace and in its cgroup. After, until {@link #pivot},
   * the agent still sees the host's root, and the container's is mounted on its own path.
   */
  public void mounts(Executor init) {
    refuse();
  }

  /**
   * Adds to {@code batch}, of the agent that was given to {@link #mounts}: read-only and masked
   * paths, the change of the root, the end of the host's tree, a read-only root. After, the agent's
   * root and working directory are the container's {@code /}. With a terminal {@code /dev/console}
   * is there, an empty file to mount on.
   */
  public void pivot(Batch batch) {
    refuse();
  }

  /** Closes what is still open on the host's side. */
  @Override
  public void close() {
    refuse();
  }

  private void refuse() {
    if (!built) {
      throw new UnsupportedOperationException("is being built");
    }
  }
}
