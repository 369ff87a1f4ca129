package dev.carafe.runtime.container;

import dev.carafe.linux.Fd;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * The caller's ends of the streams of a container's process, which this owns.
 *
 * @param in the pipe that the process reads
 * @param out the pipe that it writes
 * @param err the pipe that it writes of errors
 * @param terminal the other side of its terminal, which stands for all that are no pipes
 */
record Streams(Optional<Fd> in, Optional<Fd> out, Optional<Fd> err, Optional<Fd> terminal)
    implements AutoCloseable {
  static final Streams NONE =
      new Streams(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  Streams withTerminal(Optional<Fd> other) {
    return new Streams(in, out, err, other);
  }

  OutputStream toWrite() {
    return new FdOutputStream(ours(in, "input"));
  }

  InputStream toRead() {
    return new FdInputStream(ours(out, "output"));
  }

  InputStream errorsToRead() {
    return new FdInputStream(ours(err, "error output"));
  }

  private Fd ours(Optional<Fd> stream, String name) {
    if (stream.isPresent()) {
      return stream.get();
    }
    if (terminal.isPresent()) {
      return terminal.get();
    }
    throw new IllegalStateException("the standard " + name + " is no pipe of this one's");
  }

  @Override
  public void close() {
    close(in);
    close(out);
    close(err);
    close(terminal);
  }

  private static void close(Optional<Fd> fd) {
    if (fd.isPresent()) {
      fd.get().close();
    }
  }
}
