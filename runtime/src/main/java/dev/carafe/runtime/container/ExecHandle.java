package dev.carafe.runtime.container;

import dev.carafe.ContainerProcess;
import dev.carafe.ExitStatus;
import dev.carafe.Signal;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.state.ProcessIdentity;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** A process that joined a container. */
public final class ExecHandle extends StreamHolder implements ContainerProcess {
  private final ProcessIdentity process;

  ExecHandle(ProcessIdentity process, Streams streams) {
    super(streams);
    this.process = process;
  }

  @Override
  public int pid() {
    return process.pid();
  }

  ProcessIdentity identity() {
    return process;
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
}
