package dev.carafe;

import dev.carafe.runtime.container.ExecHandle;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;

/**
 * A process that joined a container by {@link Container#exec}. It is a child of the JVM that made
 * it, and nobody else's to wait for.
 *
 * <p>To close this closes the streams that the caller has of it; the process goes on.
 */
public sealed interface ContainerProcess extends AutoCloseable permits ExecHandle {

  /** Returns its process id, as the caller sees it. */
  int pid();

  /**
   * Sends it a signal, and to no other process.
   *
   * @return false if it has ended
   */
  boolean kill(Signal signal);

  /** Waits until it has ended. Any number of threads may, at any time, also after its end. */
  ExitStatus waitFor() throws InterruptedException;

  /** Waits until it has ended; empty if it has not after that time. */
  Optional<ExitStatus> waitFor(Duration time) throws InterruptedException;

  /** Returns the stream that is its standard input, if that is a pipe of its maker's. */
  OutputStream stdin();

  /** Returns the stream that is its standard output, if that is a pipe of its maker's. */
  InputStream stdout();

  /** Returns the stream that is its standard error, if that is a pipe of its maker's. */
  InputStream stderr();

  /** Closes the streams. */
  @Override
  void close();
}
