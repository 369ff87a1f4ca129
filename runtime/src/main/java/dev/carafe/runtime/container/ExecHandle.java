package dev.carafe.runtime.container;

import dev.carafe.ContainerProcess;
import dev.carafe.ExitStatus;
import dev.carafe.Signal;
import dev.carafe.linux.Fd;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.state.ProcessIdentity;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** A process that joined a container. */
public final class ExecHandle implements ContainerProcess {
  private final ProcessIdentity process;
  private final Streams streams;

  ExecHandle(ProcessIdentity process, Streams streams) {
    this.process = process;
    this.streams = streams;
  }

  @Override
  public int pid() {
    return process.pid();
  }

  ProcessIdentity identity() {
    return process;
  }

  /** Returns the side of the process's terminal that is its maker's; it stays this one's. */
  public Optional<Fd> terminal() {
    return streams.terminal();
  }

  @Override
  public boolean kill(Signal signal) {
    Optional<PidFd> opened = process.open();
    if (opened.isEmpty()) {
      return false;
    }
    try (PidFd fd = opened.get()) {
      return fd.isAlive() && fd.signal(signal.number());
    }
  }

  @Override
  public ExitStatus waitFor() throws InterruptedException {
    return await(-1).orElseThrow();
  }

  @Override
  public Optional<ExitStatus> waitFor(Duration time) throws InterruptedException {
    return await(Math.max(0, time.toMillis()));
  }

  private Optional<ExitStatus> await(long millis) throws InterruptedException {
    Optional<PidFd> opened = process.open();
    if (opened.isEmpty()) {
      return Optional.of(Wait.status(Children.remembered(process)));
    }
    try (PidFd fd = opened.get()) {
      if (!Wait.await(fd, millis)) {
        return Optional.empty();
      }
      OptionalInt raw = Children.collect(process, fd);
      return Optional.of(Wait.status(raw));
    }
  }

  @Override
  public OutputStream stdin() {
    return streams.toWrite();
  }

  @Override
  public InputStream stdout() {
    return streams.toRead();
  }

  @Override
  public InputStream stderr() {
    return streams.errorsToRead();
  }

  @Override
  public void close() {
    streams.close();
  }
}
