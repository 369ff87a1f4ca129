package dev.carafe.runtime.container;

import dev.carafe.Container;
import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerState;
import dev.carafe.DeleteMode;
import dev.carafe.ExitStatus;
import dev.carafe.KillScope;
import dev.carafe.Signal;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.state.SeenContainer;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;

/** One container of a {@link Containers}. */
public final class ContainerHandle implements Container {
  private final Containers containers;
  private final ContainerId id;
  private final String instance;
  private final Streams streams;
  private final Optional<Fd> terminal;

  ContainerHandle(
      Containers containers,
      ContainerId id,
      String instance,
      Streams streams,
      Optional<Fd> terminal) {
    this.containers = containers;
    this.id = id;
    this.instance = instance;
    this.streams = streams;
    this.terminal = terminal;
  }

  @Override
  public ContainerId id() {
    return id;
  }

  /** Returns what tells this container from others of its id. */
  public String instance() {
    return instance;
  }

  /** Returns the side of the container's terminal that is its maker's; it stays this one's. */
  public Optional<Fd> terminal() {
    return terminal;
  }

  @Override
  public ContainerState state() {
    return Failures.telling("read the state of container \"" + id + "\"", this::look);
  }

  private ContainerState look() {
    Optional<SeenContainer> seen = containers.store().look(id.value());
    if (seen.isEmpty()) {
      throw new ContainerNotFoundException(id.value());
    }
    try (SeenContainer container = seen.get()) {
      Containers.checkInstance(container.state(), instance);
      return new Observer(containers.platform()).look(container);
    }
  }

  @Override
  public void start() {
    Failures.doing(
        "start container \"" + id + "\"",
        () ->
            new Start(
                    containers.store(),
                    containers.platform(),
                    containers.ending(),
                    id.value(),
                    instance)
                .run());
  }

  @Override
  public void kill(Signal signal, KillScope scope) {
    Failures.doing(
        "send " + signal + " to container \"" + id + "\"",
        () ->
            new Kill(containers.store(), containers.platform(), id.value(), instance)
                .run(signal, scope));
  }

  @Override
  public void delete(DeleteMode mode) {
    containers.delete(id.value(), Optional.of(instance), mode);
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
    try {
      return new Wait(containers.store(), id.value(), instance).run(millis);
    } catch (KernelException e) {
      throw Failures.of("wait for container \"" + id + "\"", e);
    }
  }

  @Override
  public OutputStream stdin() {
    return new FdOutputStream(ours(streams.in(), "input"));
  }

  @Override
  public InputStream stdout() {
    return new FdInputStream(ours(streams.out(), "output"));
  }

  @Override
  public InputStream stderr() {
    return new FdInputStream(ours(streams.err(), "error output"));
  }

  private Fd ours(Optional<Fd> stream, String name) {
    if (stream.isPresent()) {
      return stream.get();
    }
    if (terminal.isPresent()) {
      return terminal.get();
    }
    throw new IllegalStateException(
        "the standard " + name + " of container \"" + id + "\" is no pipe of this one's");
  }

  @Override
  public void close() {
    close(streams.in());
    close(streams.out());
    close(streams.err());
    close(terminal);
  }

  private static void close(Optional<Fd> fd) {
    if (fd.isPresent()) {
      fd.get().close();
    }
  }
}
