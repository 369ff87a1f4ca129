package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.CheckpointRequest;
import dev.carafe.ContainerBusyException;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.checkpoint.Dump;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.Lease;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecException;
import dev.carafe.spec.SpecReader;
import java.util.Optional;

/**
 * Checkpoints a container. Whether it may is decided under its lock; while CRIU works only the
 * lease is held, so that the container can be killed, and no other work on it begins.
 */
final class Checkpoint {
  private final StateStore store;
  private final Platform platform;
  private final String id;
  private final String instance;

  Checkpoint(StateStore store, Platform platform, String id, String instance) {
    this.store = store;
    this.platform = platform;
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
      ProcessIdentity init = state.init().orElseThrow();
      Dump.Target target =
          new Dump.Target(
              id, spec(), state.rootfs(), init, platform.cgroup(state.cgroups()).paths());
      platform.checkpoint(target, request);
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
      byte[] kept =
          seen.config()
              .orElseThrow(() ->
                  new CarafeException(
                      "the configuration that container \""
                          + id
                          + "\" was made from is gone from its state"));
      return SpecReader.read(kept, "config.json");
    } catch (SpecException e) {
      throw new CarafeException("container \"" + id + "\": " + e.getMessage(), e);
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
