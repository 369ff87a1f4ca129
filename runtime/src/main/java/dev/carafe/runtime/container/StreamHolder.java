package dev.carafe.runtime.container;

import dev.carafe.linux.Fd;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/** Holds the caller's side of a process's streams, until it is closed. */
abstract sealed class StreamHolder implements AutoCloseable permits ContainerHandle, ExecHandle {
  private final Streams streams;

  StreamHolder(Streams streams) {
    this.streams = streams;
  }

  /** Returns the side of the process's terminal that is its maker's; it stays this one's. */
  public final Optional<Fd> terminal() {
    return streams.terminal();
  }

  /** Returns the stream that is its standard input. */
  public final OutputStream stdin() {
    return streams.toWrite();
  }

  /** Returns the stream that is its standard output. */
  public final InputStream stdout() {
    return streams.toRead();
  }

  /** Returns the stream that is its standard error. */
  public final InputStream stderr() {
    return streams.errorsToRead();
  }

  @Override
  public final void close() {
    streams.close();
  }
}
