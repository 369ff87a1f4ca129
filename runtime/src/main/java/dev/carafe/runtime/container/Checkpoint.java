package dev.carafe.runtime.container;

import dev.carafe.CheckpointRequest;
import dev.carafe.ContainerBusyException;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.InvalidInputException;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.checkpoint.Dump;
import dev.carafe.runtime.sandbox.SharedVolumes;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.Lease;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import dev.carafe.spec.Spec;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Checkpoints a container. Whether it may is decided under its lock; while CRIU works only the
 * lease is held, so that the container can be killed. A pause and a resume are refused meanwhile,
 * for CRIU has the freezer; what joins or changes the container is not, and CRIU sees it or not.
 */
final class Checkpoint {
  private final StateStore store;
  private final Platform platform;
  private final Consumer<String> warnings;
  private final String id;
  private final String instance;

  Checkpoint(
      StateStore store, Platform platform, Consumer<String> warnings, String id, String instance) {
    this.store = store;
    this.platform = platform;
    this.warnings = warnings;
    this.id = id;
    this.instance = instance;
  }

  void run(CheckpointRequest request) {
    StoredState state;
    Lease lease;
    try (HeldContainer held = Containers.lock(store, id, instance)) {
      state = held.state();
      check(new Observer(platform).status(held, state));
      lease = held.lease();
      if (!lease.tryTake()) {
        lease.close();
        throw new ContainerBusyException(
            id,
            "cannot checkpoint container \"" + id + "\": another process starts or checkpoints it");
      }
    }
    try (lease) {
      Spec spec = spec();
      checkVolumes(state, spec);
      ProcessIdentity init = state.init().orElseThrow();
      Dump.Target target =
          new Dump.Target(id, spec, state.rootfs(), init, platform.cgroup(state.cgroups()).paths());
      platform.checkpoint(target, request, warnings);
      if (!request.leaveRunning() && !request.preDump()) {
        awaitEnd(init);
      }
    }
  }

  private void check(Status status) {
    if (status != Status.RUNNING && status != Status.PAUSED) {
      // The words are runc's.
      throw new WrongStatusException(
          id, status, "Container cannot be checkpointed in " + status.word() + " state");
    }
  }

  /** The configuration that the container was made from, not that of the bundle by now. */
  private Spec spec() {
    try (SeenContainer seen =
        store.look(id).orElseThrow(() -> new ContainerNotFoundException(id))) {
      return KeptConfig.read(id, seen.config());
    }
  }

  /** What the pod has for its containers has another name in each pod, and is not in the images. */
  private void checkVolumes(StoredState state, Spec spec) {
    Optional<SandboxRef> sandbox = state.sandbox();
    Optional<StoredState> first =
        sandbox.isEmpty() || state.isFirstOfSandbox()
            ? Optional.of(state)
            : store.read(sandbox.get().id()).filter(other -> other.isIn(sandbox.get()));
    Optional<String> shared =
        first.isEmpty()
            ? Optional.empty()
            : SharedVolumes.mountedBy(spec, first.get().annotations());
    if (shared.isPresent()) {
      throw new InvalidInputException(
          "cannot checkpoint container \""
              + id
              + "\": its mount on "
              + shared.get()
              + " is of a volume that its pod shares in memory, which a checkpoint cannot have");
    }
  }

  private static void awaitEnd(ProcessIdentity init) {
    Optional<PidFd> opened = init.open();
    if (opened.isPresent()) {
      try (PidFd process = opened.get()) {
        boolean ignored = process.waitExit(Containers.PATIENCE_MILLIS);
      }
    }
  }
}
