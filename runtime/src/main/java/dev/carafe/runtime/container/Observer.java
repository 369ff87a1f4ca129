package dev.carafe.runtime.container;

import dev.carafe.ContainerId;
import dev.carafe.ContainerState;
import dev.carafe.Status;
import dev.carafe.linux.Fd;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.Transition;
import java.util.Optional;
import java.util.OptionalInt;

/** Derives what a container does from what is stored of it and what the kernel shows. */
final class Observer {
  private final Platform platform;

  Observer(Platform platform) {
    this.platform = platform;
  }

  /** Derives the status of a container whose lock is held. */
  Status status(HeldContainer held, StoredState state) {
    try (Fd directory = held.openDirectory()) {
      Optional<Status> status = derive(state, directory);
      // Nobody can start it now: what is not held any more has ended, or is about to.
      return status.orElse(Status.STOPPED);
    }
  }

  /** Looks at a container without its lock. */
  ContainerState look(SeenContainer seen) {
    StoredState state = seen.state();
    Optional<Status> status = derive(state, seen.directory());
    while (status.isEmpty()) {
      Optional<StoredState> again = seen.again();
      boolean settled =
          again.isPresent()
              && state.transition() == Transition.CREATING
              && again.get().transition() != Transition.CREATING;
      if (settled || (again.isPresent() && again.get().started())) {
        state = again.get();
        status = derive(state, seen.directory());
      } else {
        status = Optional.of(Status.STOPPED);
      }
    }
    return report(state, status.get());
  }

  /**
   * Derives the status. Empty when only the state of now can tell. Either the first process lives,
   * is not held, and was not started when the state was read: then it was started since, or it is
   * ending and only its socket is gone yet. Or who was making the container is gone: then it was
   * settled since, as a command does just before it ends, or the making was broken off.
   */
  private Optional<Status> derive(StoredState state, Fd directory) {
    if (state.transition() == Transition.CREATING) {
      // Broken off, it is of no use, whatever is left of it: then it counts as stopped.
      return state.isChanging() ? Optional.of(Status.CREATING) : Optional.empty();
    }
    Optional<ProcessIdentity> init = state.init();
    // Its maker may still open the start socket before it notices; nobody will start it.
    if (state.taken() || init.isEmpty() || !init.get().isAlive()) {
      return Optional.of(Status.STOPPED);
    }
    if (platform.cgroup(state.cgroups()).frozen()) {
      return Optional.of(Status.PAUSED);
    }
    if (platform.awaitsStart(directory)) {
      return Optional.of(Status.CREATED);
    }
    return state.started() ? Optional.of(Status.RUNNING) : Optional.empty();
  }

  static ContainerState report(StoredState state, Status status) {
    Optional<ProcessIdentity> init = state.init();
    boolean shown = init.isPresent() && (status.isLive() || status == Status.CREATING);
    return new ContainerState(
        ContainerId.of(state.id()),
        status,
        shown ? OptionalInt.of(init.get().pid()) : OptionalInt.empty(),
        state.ociVersion(),
        state.bundle(),
        state.rootfs(),
        state.created(),
        state.annotations(),
        Users.name(state.uid()));
  }
}
