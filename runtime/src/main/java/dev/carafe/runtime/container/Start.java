package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.hook.HookException;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.Lease;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import dev.carafe.runtime.state.Transition;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Starts a container's program. */
final class Start {
  private final StateStore store;
  private final Platform platform;
  private final Ending ending;
  private final Consumer<String> warnings;
  private final String id;
  private final String instance;

  Start(
      StateStore store,
      Platform platform,
      Ending ending,
      Consumer<String> warnings,
      String id,
      String instance) {
    this.store = store;
    this.platform = platform;
    this.ending = ending;
    this.warnings = warnings;
    this.id = id;
    this.instance = instance;
  }

  /** A start that has begun, with what it works on. */
  private static final class Begun {
    final StoredState state;
    final Lease lease;
    final Fd directory;

    Begun(StoredState state, Lease lease, Fd directory) {
      this.state = state;
      this.lease = lease;
      this.directory = directory;
    }
  }

  void run() {
    Begun begun = begin();
    try (Lease lease = begun.lease;
        Fd directory = begun.directory) {
      work(begun.state, directory, lease);
    }
  }

  private Begun begin() {
    Optional<SandboxRef> sandbox;
    try (HeldContainer held = Containers.lock(store, id, instance)) {
      sandbox = held.state().sandbox();
      if (sandbox.isEmpty()) {
        return begin(held);
      }
    }
    // That it is started counts for its sandbox, so it is written under the lock of that, too.
    Sandboxes sandboxes = new Sandboxes(store, platform);
    return sandboxes.counting(sandboxes.lock(sandbox), warnings, this::beginLocked);
  }

  private Begun beginLocked() {
    try (HeldContainer held = Containers.lock(store, id, instance)) {
      return begin(held);
    }
  }

  private Begun begin(HeldContainer held) {
    StoredState state = held.state();
    decide(held, state);
    StoredState begun = state.begin(Transition.STARTING).toBuilder().started(true).build();
    Fd directory = held.openDirectory();
    Lease lease = held.lease();
    if (!lease.tryTake()) {
      lease.close();
      directory.close();
      throw busy(state);
    }
    boolean done = false;
    try {
      held.write(begun);
      done = true;
      return new Begun(begun, lease, directory);
    } finally {
      if (!done) {
        lease.close();
        directory.close();
      }
    }
  }

  private void work(StoredState begun, Fd directory, Lease lease) {
    try {
      platform.start(directory);
      runPoststart(begun);
    } catch (RuntimeException | Error e) {
      settleAfter(begun, lease, e);
      if (e instanceof KernelException k
          && (k.errno() == Errno.ECONNREFUSED || k.errno() == Errno.ECONNRESET)) {
        // Since we looked, a kill has ended the process that listened, or that we had reached.
        throw wrong(Status.STOPPED, "cannot start a container that has stopped");
      }
      throw e;
    }
    try {
      settle(begun, lease);
    } catch (KernelException e) {
      // The program runs, and that is what a start is for. That the start is over is told by its
      // lease and the end of its process as well.
    }
  }

  private void decide(HeldContainer held, StoredState state) {
    Observer observer = new Observer(platform);
    Status status = observer.status(held, state);
    if (state.isChanging() && (state.transition() == Transition.DELETING || held.isLeased())) {
      throw busy(state);
    }
    // The words are runc's.
    switch (status) {
      case CREATED -> {}
      case CREATING -> throw busy(state);
      case RUNNING -> throw wrong(status, "cannot start an already running container");
      case PAUSED -> throw wrong(status, "cannot start a container in the paused state");
      case STOPPED ->
          throw wrong(
              status,
              state.transition() == Transition.CREATING
                  ? "cannot start a container whose creation was broken off; remove it with delete"
                  : "cannot start a container that has stopped");
    }
  }

  private WrongStatusException wrong(Status status, String words) {
    return new WrongStatusException(id, status, words);
  }

  private WrongStatusException busy(StoredState state) {
    String what =
        switch (state.transition()) {
          case CREATING -> "created";
          case DELETING -> "deleted";
          case STARTING, NONE -> "started";
        };
    String who =
        state.transitionOwner().isPresent()
            ? state.transitionOwner().get().describe()
            : "another process";
    return wrong(
        state.transition() == Transition.CREATING ? Status.CREATING : Status.CREATED,
        "cannot start container \"" + id + "\": it is being " + what + " by " + who);
  }

  /** Since version 1.3 of the spec a poststart hook that fails stops the container. */
  private void runPoststart(StoredState state) {
    List<Hook> hooks = state.poststart();
    for (int i = 0; i < hooks.size(); i++) {
      try {
        platform.runHook(
            HookKind.POSTSTART, hooks.get(i), Observer.report(state, Status.RUNNING).toOci());
      } catch (KernelException | CarafeException e) {
        ending.killInit(state.init(), state.cgroups());
        throw new HookException(
            "cannot start container \""
                + id
                + "\", which was stopped: poststart hook "
                + hooks.get(i).path()
                + ": "
                + e.getMessage(),
            e);
      }
    }
  }

  private void settleAfter(StoredState begun, Lease lease, Throwable why) {
    try {
      settle(begun, lease);
    } catch (KernelException | CarafeException | CgroupException e) {
      why.addSuppressed(e);
    }
  }

  /** Says that the start is over; if it was taken over by a delete, that goes its own way. */
  private void settle(StoredState begun, Lease lease) {
    Optional<HeldContainer> locked = store.lock(id);
    if (locked.isEmpty()) {
      return;
    }
    try (HeldContainer held = locked.get()) {
      StoredState now = held.state();
      if (now.generation().equals(begun.generation())) {
        held.write(now.settled());
      }
      // Under the lock, so that who gets it next finds the work done and the lease free.
      lease.close();
    }
  }
}
