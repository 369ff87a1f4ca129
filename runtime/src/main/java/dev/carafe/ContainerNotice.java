package dev.carafe;

/** Something that happened to a container, as {@link Carafe#withListener} tells it. */
public sealed interface ContainerNotice {

  /** Returns the container's id. */
  ContainerId id();

  /** It was made. */
  record Created(ContainerId id) implements ContainerNotice {}

  /** Its program runs. */
  record Started(ContainerId id) implements ContainerNotice {}

  /** All its processes are stopped. */
  record Paused(ContainerId id) implements ContainerNotice {}

  /** They go on. */
  record Resumed(ContainerId id) implements ContainerNotice {}

  /** Its limits were changed. */
  record Updated(ContainerId id) implements ContainerNotice {}

  /** One more process has joined it. */
  record Executed(ContainerId id, int pid) implements ContainerNotice {}

  /**
   * A process has ended: the first one, or one that has joined.
   *
   * @param id the container's id
   * @param pid the process's id, as the caller sees it
   * @param first whether it was the container's first process
   * @param status how it ended
   */
  record Exited(ContainerId id, int pid, boolean first, ExitStatus status)
      implements ContainerNotice {}

  /** It is gone. */
  record Deleted(ContainerId id) implements ContainerNotice {}
}
