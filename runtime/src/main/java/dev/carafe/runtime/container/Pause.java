package dev.carafe.runtime.container;

import dev.carafe.ContainerBusyException;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;

/** Stops all processes of a container, and lets them go on. The freezer is the state. */
final class Pause {
  private final StateStore store;
  private final Platform platform;
  private final String id;
  private final String instance;

  Pause(StateStore store, Platform platform, String id, String instance) {
    this.store = store;
    this.platform = platform;
    this.id = id;
    this.instance = instance;
  }

  void pause() {
    try (HeldContainer held = Containers.lock(store, id, instance)) {
      StoredState state = held.state();
      Status status = new Observer(platform).status(held, state);
      if (status != Status.RUNNING && status != Status.CREATED) {
        // The words are runc's.
        throw new WrongStatusException(id, status, "container not running");
      }
      checkFree(held, state, "pause");
      platform.cgroup(state.cgroups()).freeze();
    }
  }

  void resume() {
    try (HeldContainer held = Containers.lock(store, id, instance)) {
      StoredState state = held.state();
      Status status = new Observer(platform).status(held, state);
      if (status != Status.PAUSED) {
        throw new WrongStatusException(id, status, "container not paused");
      }
      checkFree(held, state, "resume");
      platform.cgroup(state.cgroups()).thaw();
    }
  }

  /** While CRIU works, the freezer is its own. Of what has a lease only that has no transition. */
  private void checkFree(HeldContainer held, StoredState state, String what) {
    if (!state.isChanging() && held.isLeased()) {
      throw new ContainerBusyException(
          id, "cannot " + what + " container \"" + id + "\": it is being checkpointed");
    }
  }
}
