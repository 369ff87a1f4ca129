package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.CheckpointRequest;
import dev.carafe.Container;
import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerNotice;
import dev.carafe.ContainerState;
import dev.carafe.ContainerStats;
import dev.carafe.DeleteMode;
import dev.carafe.ExecRequest;
import dev.carafe.ExitStatus;
import dev.carafe.InvalidInputException;
import dev.carafe.KillScope;
import dev.carafe.Signal;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.hook.HookException;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.spec.IntelRdt;
import dev.carafe.spec.Resources;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** One container of a {@link Containers}. */
public final class ContainerHandle extends StreamHolder implements Container {
  private final Containers containers;
  private final ContainerId id;
  private final String instance;

  ContainerHandle(Containers containers, ContainerId id, String instance, Streams streams) {
    super(streams);
    this.containers = containers;
    this.id = id;
    this.instance = instance;
  }

  @Override
  public ContainerId id() {
    return id;
  }

  /** Returns what tells this container from others of its id. */
  public String instance() {
    return instance;
  }

  @Override
  public ContainerState state() {
    return Failures.telling("read the state of container \"" + id + "\"", this::look);
  }

  /** Returns the first process's id, which may have ended and not been waited for. */
  public OptionalInt firstProcess() {
    Optional<StoredState> state =
        Failures.telling(
            "read container \"" + id + "\"", () -> containers.store().read(id.value()));
    return state.isPresent() && state.get().init().isPresent()
        ? OptionalInt.of(state.get().init().get().pid())
        : OptionalInt.empty();
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

  /**
   * Listens to what the program will say of its readiness, before it is started; empty if it was
   * not made with {@link dev.carafe.ContainerRequest.Builder#notifySocket}. The caller closes it.
   */
  public Optional<NotifySocket> notifySocket() {
    return Failures.telling(
        "listen to container \"" + id + "\"",
        () -> {
          try (HeldContainer held = Containers.lock(containers.store(), id.value(), instance);
              Fd directory = held.openDirectory()) {
            return NotifySocket.open(directory, held.state().init());
          }
        });
  }

  /** Tells the listener, if there is one, and from then on the end of the first process. */
  void tellAndWatch(ContainerNotice notice) {
    if (containers.notices().isNone()) {
      return;
    }
    Optional<ProcessIdentity> init = Optional.empty();
    try {
      Optional<StoredState> state = containers.store().read(id.value());
      init = state.filter(s -> s.instance().equals(instance)).flatMap(StoredState::init);
    } catch (CarafeException | KernelException e) {
      containers.warnings().accept("the end of container \"" + id + "\" will not be told: " + e);
    }
    containers.notices().tellAndWatch(notice, containers, instance, init, true);
  }

  /** Tells that it was made, and runs already. */
  void tellRestored() {
    if (!containers.notices().isNone()) {
      tell(new ContainerNotice.Created(id));
      tellAndWatch(new ContainerNotice.Started(id));
    }
  }

  private void tell(ContainerNotice notice) {
    containers.notices().tell(notice, containers.warnings());
  }

  @Override
  public void start() {
    // A program may have ended before it is told that it was started.
    containers.notices().hold(instance);
    try {
      begin();
      tellAndWatch(new ContainerNotice.Started(id));
    } finally {
      containers.notices().release(instance);
    }
  }

  private void begin() {
    try {
      Failures.doing(
          "start container \"" + id + "\"",
          () ->
              new Start(
                      containers.store(),
                      containers.platform(),
                      containers.ending(),
                      message -> userLog().warning(message),
                      id.value(),
                      instance)
                  .run());
    } catch (CarafeException e) {
      userLog().error(e);
      if (e instanceof HookException) {
        // runtime.md, Lifecycle, steps 7 and 9: an error, and on with step 12, the destruction.
        deleteAfter(e);
      }
      throw e;
    }
  }

  /** Read when there is something to tell: most starts have nothing. */
  private UserLog userLog() {
    Optional<String> path = Optional.empty();
    try {
      Optional<StoredState> state = containers.store().read(id.value());
      if (state.isPresent() && state.get().instance().equals(instance)) {
        path = state.get().userLog();
      }
    } catch (CarafeException | KernelException e) {
      // Gone or damaged: then nobody knows where the user would look.
    }
    return new UserLog(path, containers.warnings());
  }

  private void deleteAfter(CarafeException e) {
    try {
      delete(DeleteMode.FORCE);
    } catch (CarafeException left) {
      e.addSuppressed(left);
    }
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
  public void update(Resources limits) {
    update(limits, Optional.empty());
  }

  @Override
  public void update(Resources limits, IntelRdt schemata) {
    update(limits, Optional.of(schemata));
  }

  private void update(Resources limits, Optional<IntelRdt> schemata) {
    Failures.doing(
        "update container \"" + id + "\"",
        () ->
            new Update(
                    containers.store(),
                    containers.platform(),
                    containers.warnings(),
                    id.value(),
                    instance)
                .run(limits, schemata));
    tell(new ContainerNotice.Updated(id));
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
  public ExecHandle exec(ExecRequest request) {
    ExecHandle process =
        Failures.telling(
            "exec in container \"" + id + "\"",
            () ->
                new Exec(containers.store(), containers.platform(), containers.warnings(), request)
                    .run(id.value(), instance));
    containers
        .notices()
        .tellAndWatch(
            new ContainerNotice.Executed(id, process.pid()),
            containers,
            instance,
            Optional.of(process.identity()),
            false);
    return process;
  }

  @Override
  public List<Integer> processes() {
    return Failures.telling(
        "list the processes of container \"" + id + "\"",
        () -> containers.platform().cgroup(stored().cgroups()).processes());
  }

  private StoredState stored() {
    Optional<StoredState> state = containers.store().read(id.value());
    if (state.isEmpty()) {
      throw new ContainerNotFoundException(id.value());
    }
    Containers.checkInstance(state.get(), instance);
    return state.get();
  }

  private Members members() {
    StoredState state = stored();
    return new Members(containers.platform().cgroup(state.cgroups()), state.init());
  }

  @Override
  public ContainerStats stats() {
    return Failures.telling("read the statistics of container \"" + id + "\"", usage()::read);
  }

  @Override
  public Events events(Duration interval) {
    return Failures.telling(
        "watch container \"" + id + "\"", () -> Events.open(id.value(), usage(), interval));
  }

  private Usage usage() {
    return new Usage(containers.store(), containers.platform(), id.value(), instance);
  }

  @Override
  public ExitStatus waitFor(int pid) throws InterruptedException {
    Optional<PidFd> opened =
        Failures.telling(
            "find process " + pid,
            () -> {
              Members members = members();
              Optional<PidFd> live = members.open(pid);
              return live.isPresent() ? live : members.openEnded(pid);
            });
    try (PidFd process = opened.orElseThrow(() -> noSuch(pid))) {
      Optional<ProcessIdentity> identity = ProcessIdentity.of(pid);
      boolean ignored = Wait.await(process, -1);
      // Our own children are reaped once for all who ask.
      return Wait.status(
          identity.isPresent() ? Children.collect(identity.get(), process) : process.exitStatus());
    }
  }

  @Override
  public int processId(int innerPid) {
    Optional<PidFd> opened =
        Failures.telling(
            "find process " + innerPid,
            () -> {
              Members members = members();
              Optional<PidFd> live = members.openInner(innerPid);
              return live.isPresent() ? live : members.openEndedInner(innerPid);
            });
    try (PidFd process = opened.orElseThrow(() -> noSuch(innerPid))) {
      return process.pid();
    }
  }

  private InvalidInputException noSuch(int pid) {
    return new InvalidInputException("no process " + pid + " in container \"" + id + "\"");
  }

  @Override
  public void pause() {
    Failures.doing("pause container \"" + id + "\"", pausing()::pause);
    tell(new ContainerNotice.Paused(id));
  }

  @Override
  public void resume() {
    Failures.doing("resume container \"" + id + "\"", pausing()::resume);
    tell(new ContainerNotice.Resumed(id));
  }

  @Override
  public void checkpoint(CheckpointRequest request) {
    Failures.doing(
        "checkpoint container \"" + id + "\"",
        () ->
            new Checkpoint(
                    containers.store(),
                    containers.platform(),
                    containers.warnings(),
                    id.value(),
                    instance)
                .run(request));
  }

  private Pause pausing() {
    return new Pause(containers.store(), containers.platform(), id.value(), instance);
  }
}
