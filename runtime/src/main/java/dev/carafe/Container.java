package dev.carafe;

import dev.carafe.runtime.container.ContainerHandle;
import dev.carafe.spec.IntelRdt;
import dev.carafe.spec.Resources;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A container. This means the very one that was made or found, not a later one of the same id: when
 * it was deleted, every method throws {@link ContainerNotFoundException}.
 *
 * <p>To close this closes the streams that the caller has of it; the container goes on.
 */
public sealed interface Container extends AutoCloseable permits ContainerHandle {

  /** Returns its id. */
  ContainerId id();

  /** Looks at the container, without a lock. */
  ContainerState state();

  /** Looks at what the container does, without a lock. */
  default Status status() {
    return state().status();
  }

  /**
   * Starts the program; returns when it runs. If a startContainer or poststart hook fails, the
   * container is deleted (runtime.md, Lifecycle).
   *
   * @throws WrongStatusException if it was started before
   */
  void start();

  /** Sends a signal to the first process. */
  default void kill(Signal signal) {
    kill(signal, KillScope.INIT);
  }

  /**
   * Sends a signal.
   *
   * @throws WrongStatusException if the scope is the first process, and that has ended
   */
  void kill(Signal signal, KillScope scope);

  /**
   * Starts one more process in the container, and returns when its program runs.
   *
   * @throws WrongStatusException if the container has stopped, or is paused
   */
  ContainerProcess exec(ExecRequest request);

  /** Returns the ids of all processes in the container, as the caller sees them. */
  List<Integer> processes();

  /**
   * Returns what the container uses now.
   *
   * @throws WrongStatusException if the container has stopped
   */
  ContainerStats stats();

  /**
   * Subscribes to the container's events: out of memory, and what it uses, for the first time after
   * one interval. The caller closes it.
   *
   * @throws WrongStatusException if the container has stopped
   * @throws InvalidInputException if the interval is not positive
   */
  ContainerEvents events(Duration interval);

  /**
   * Stops all processes of the container, until {@link #resume}.
   *
   * @throws WrongStatusException if it is neither created nor running
   */
  void pause();

  /**
   * Lets a paused container go on.
   *
   * @throws WrongStatusException if it is not paused
   */
  void resume();

  /**
   * Writes images of all processes of the container, by CRIU, from which {@link Carafe#restore}
   * makes them again. Then they are ended, unless they are to go on. If it fails they go on.
   *
   * @throws WrongStatusException if the container is neither running nor paused
   */
  void checkpoint(CheckpointRequest request);

  /**
   * Changes limits of the container (config-linux.md, Control groups): those that are given, all of
   * them or, when one is refused, none. What is not given stays; so does a number whose 0 means
   * "not set". Device rules that are given take the place of all others.
   *
   * @throws WrongStatusException if the container has stopped
   * @throws InvalidInputException if the values break a rule of the spec
   * @throws CarafeException if one cannot be had here, or the kernel refused it
   */
  void update(Resources limits);

  /**
   * Changes limits as {@link #update(Resources)}, and schemata of the container's class of service
   * (config-linux.md, IntelRdt), also where it shares that with others: all or none.
   *
   * @param schemata only {@code l3CacheSchema} and {@code memBwSchema} count, where they are given
   * @throws InvalidInputException if the container was made without {@code intelRdt}, or a rule of
   *     the spec is broken
   */
  void update(Resources limits, IntelRdt schemata);

  /**
   * Deletes the container and all that belongs to it.
   *
   * @throws WrongStatusException if the mode does not allow its status
   */
  void delete(DeleteMode mode);

  /** Waits until the first process has ended. */
  ExitStatus waitFor() throws InterruptedException;

  /** Waits until the first process has ended; empty if it has not after that time. */
  Optional<ExitStatus> waitFor(Duration time) throws InterruptedException;

  /**
   * Waits until a process of the container has ended, whoever started it. How it ended is known to
   * its parent, and to a kernel that keeps it; else it is {@link ExitStatus#UNKNOWN}.
   *
   * @param pid its id as the caller sees it, one of {@link #processes}
   * @throws InvalidInputException if there is no such process in the container
   */
  ExitStatus waitFor(int pid) throws InterruptedException;

  /**
   * Returns the id that the caller sees of the process that has this id in the container's own pid
   * namespace.
   *
   * @throws InvalidInputException if there is no such process in the container
   */
  int processId(int innerPid);

  /**
   * Returns the stream that is the container's standard input, if that is a pipe of its maker's.
   */
  OutputStream stdin();

  /**
   * Returns the stream that is the container's standard output, if that is a pipe of its maker's.
   */
  InputStream stdout();

  /**
   * Returns the stream that is the container's standard error, if that is a pipe of its maker's.
   */
  InputStream stderr();

  /** Closes the streams. */
  @Override
  void close();
}
