package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.ContainerBusyException;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.DeleteMode;
import dev.carafe.Status;
import dev.carafe.UnreadableStateException;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.rdt.RdtGroup;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.HeldSandbox;
import dev.carafe.runtime.state.Lease;
import dev.carafe.runtime.state.Salvage;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import dev.carafe.runtime.state.Transition;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Deletes a container. A mark comes first, then, without the lock, the end of its processes, of its
 * cgroup, and the poststop hooks; then the lock again, and if the mark is still ours the state is
 * removed. If it is broken off, the next delete goes on. Needs no space on the disk.
 */
final class Deletion {
  private static final long PAUSE_MILLIS = 5;

  private final StateStore store;
  private final Platform platform;
  private final Sandboxes sandboxes;
  private final Ending ending;
  private final Consumer<String> warnings;
  private final long patienceMillis;
  private final String id;
  private final Optional<String> instance;
  private final DeleteMode mode;

  Deletion(
      StateStore store,
      Platform platform,
      Ending ending,
      Consumer<String> warnings,
      long patienceMillis,
      String id,
      Optional<String> instance,
      DeleteMode mode) {
    this.store = store;
    this.platform = platform;
    this.sandboxes = new Sandboxes(store, platform);
    this.ending = ending;
    this.warnings = warnings;
    this.patienceMillis = patienceMillis;
    this.id = id;
    this.instance = instance;
    this.mode = mode;
  }

  /** What a deletion goes by: the state, or what is left of it. */
  private static final class Target {
    final String id;
    final Optional<StoredState> state;
    final Salvage salvage;
    final String generation;
    final Lease lease;

    Target(
        String id, Optional<StoredState> state, Salvage salvage, String generation, Lease lease) {
      this.id = id;
      this.state = state;
      this.salvage = salvage;
      this.generation = generation;
      this.lease = lease;
    }

    boolean taken() {
      return state.isPresent()
          && (state.get().taken() || state.get().transition() == Transition.CREATING);
    }

    /** Returns the sandbox that it is the first container of. */
    Optional<SandboxRef> ownSandbox() {
      Optional<SandboxRef> any = salvage.sandbox();
      return any.isPresent() && any.get().id().equals(id) ? any : Optional.empty();
    }
  }

  void run() {
    try {
      boolean deleted = false;
      while (!deleted) {
        Target target = mark();
        Lease lease = target.lease;
        try (lease) {
          deleted = attempt(target);
        }
      }
    } catch (UnreadableStateException e) {
      // Not even a directory: nothing that Carafe has made, and nothing to be locked.
      if (mode != DeleteMode.FORCE || !store.removeForeign(id)) {
        throw e;
      }
      warnings.accept(e.getMessage());
    }
  }

  /** Deletes; false if another deletion has taken the container from this one. */
  private boolean attempt(Target target) {
    boolean done = false;
    try {
      Optional<SandboxRef> ownSandbox = target.ownSandbox();
      if (ownSandbox.isPresent()) {
        sandboxes.endOthers(ownSandbox.get(), ending, warnings);
      }
      ending.killInit(target.salvage.init(), target.salvage.cgroups());
      ending.killSandbox(ownSandbox);
      // An operation that we took the container from finds that out, undoes its work and ends; if
      // not before, then with its process.
      waitForLease(target.lease);
      // Until we had the lease, another one may have had it and ended the container; from now on
      // what has this id and this cgroup is ours.
      boolean ours = isOurs(target);
      if (ours) {
        ending.removeCgroup(target.salvage.cgroups(), target.salvage.init().isPresent());
        RdtGroup.remove(target.salvage.rdtGroups());
        if (ownSandbox.isPresent() || target.state.isEmpty()) {
          platform.closeSandbox(store.directory(id));
        }
        if (target.state.isPresent() && target.state.get().init().isPresent()) {
          ending.runPoststop(target.state.get());
        }
        remove(target);
      }
      done = true;
      return ours;
    } finally {
      // One that was taken from its maker stays so: it has read as stopped.
      if (!done && !target.taken()) {
        unmark(target);
      }
    }
  }

  private boolean isOurs(Target target) {
    Optional<HeldContainer> locked = store.lock(id);
    if (locked.isEmpty()) {
      return false;
    }
    try (HeldContainer held = locked.get()) {
      return held.isMarked(target.generation) && held.owns(target.lease);
    }
  }

  private Target mark() {
    long end = System.nanoTime() + patienceMillis * 1_000_000;
    while (true) {
      Optional<Target> target = tryMark(System.nanoTime() > end);
      if (target.isPresent()) {
        return target.get();
      }
      // Another one deletes it: when that is done, there is no container of this id.
      pause();
    }
  }

  private Optional<Target> tryMark(boolean last) {
    try (HeldContainer held = lock()) {
      if (!isFirstOfSandbox(held)) {
        return tryMark(held, last);
      }
    }
    // From the mark on nobody may join.
    Optional<HeldSandbox> sandbox = store.lockSandbox(id);
    try (HeldContainer held = lock()) {
      return tryMark(held, last);
    } finally {
      if (sandbox.isPresent()) {
        sandbox.get().close();
      }
    }
  }

  private static boolean isFirstOfSandbox(HeldContainer held) {
    try {
      return held.state().isFirstOfSandbox();
    } catch (UnreadableStateException e) {
      return false;
    }
  }

  /** Marks the container; empty if another one deletes it. */
  private Optional<Target> tryMark(HeldContainer held, boolean last) {
    Optional<StoredState> state = read(held);
    if (state.isPresent() && instance.isPresent()) {
      Containers.checkInstance(state.get(), instance.get());
    }
    if (state.isPresent() && isBeingDeleted(held, state.get())) {
      if (last) {
        throw new ContainerBusyException(
            id,
            "cannot delete container \""
                + id
                + "\": it is being deleted by "
                + state.get().transitionOwner().orElseThrow().describe());
      }
      return Optional.empty();
    }
    if (state.isPresent()) {
      decide(held, state.get());
    }
    Salvage salvage = state.isPresent() ? Salvage.of(state.get()) : held.salvage();
    Lease lease = held.lease();
    boolean done = false;
    try {
      // Free, unless we take the container from an operation that is at work.
      boolean ignored = lease.tryTake();
      Target target = new Target(id, state, salvage, held.markDeleting(), lease);
      done = true;
      return Optional.of(target);
    } finally {
      if (!done) {
        lease.close();
      }
    }
  }

  private HeldContainer lock() {
    Optional<HeldContainer> locked = store.lock(id);
    if (locked.isEmpty()) {
      // Maybe somebody was killed just before it was there, or just after it was gone.
      store.sweep();
      throw new ContainerNotFoundException(id);
    }
    return locked.get();
  }

  private Optional<StoredState> read(HeldContainer held) {
    try {
      return Optional.of(held.state());
    } catch (UnreadableStateException e) {
      if (mode == DeleteMode.FORCE) {
        warnings.accept(e.getMessage());
        return Optional.empty();
      }
      throw e;
    }
  }

  private static boolean isBeingDeleted(HeldContainer held, StoredState state) {
    return state.transition() == Transition.DELETING && state.isChanging() && held.isLeased();
  }

  private void decide(HeldContainer held, StoredState state) {
    if (mode == DeleteMode.FORCE) {
      return;
    }
    Status status = new Observer(platform).status(held, state);
    boolean changing = state.isChanging() && held.isLeased();
    if (status == Status.CREATING && !changing) {
      // Its maker lives and has given it up.
      status = Status.STOPPED;
    } else if (state.transition() == Transition.STARTING && changing) {
      status = Status.RUNNING;
    }
    if (!status.canDelete()) {
      // The words are runc's.
      throw new WrongStatusException(
          id, status, "cannot delete container " + id + " that is not stopped: " + status.word());
    }
  }

  private void waitForLease(Lease lease) {
    try {
      Lease ignored = lease.take(patienceMillis);
    } catch (KernelException e) {
      if (e.errno() == Errno.ETIMEDOUT) {
        throw new ContainerBusyException(
            id, "cannot delete container \"" + id + "\": " + e.getMessage());
      }
      throw e;
    }
  }

  /** That it is gone counts for its sandbox, so it is removed under the lock of that, too. */
  private void remove(Target target) {
    if (target.ownSandbox().isPresent()) {
      // The sandbox ends with it.
      boolean ignored = removeLocked(target);
      return;
    }
    Optional<HeldSandbox> sandbox = lockUnlessBusy(target.salvage.sandbox());
    boolean ignored = sandboxes.counting(sandbox, warnings, () -> removeLocked(target));
  }

  /**
   * The poststop hooks have run: a delete that failed now would run them again when it is tried
   * again. The next one who starts or deletes a container there sets the score right.
   */
  private Optional<HeldSandbox> lockUnlessBusy(Optional<SandboxRef> of) {
    try {
      return sandboxes.lock(of);
    } catch (ContainerBusyException | KernelException e) {
      warnings.accept("the OOM score of a sandbox was not adjusted: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Returns false if it is gone, or another one's to remove. */
  private boolean removeLocked(Target target) {
    Optional<HeldContainer> locked = store.lock(id);
    if (locked.isEmpty()) {
      return false;
    }
    try (HeldContainer held = locked.get()) {
      boolean ours = held.isMarked(target.generation);
      if (ours) {
        held.remove();
      }
      target.lease.close();
      return ours;
    }
  }

  private void unmark(Target target) {
    try {
      Optional<HeldContainer> locked = store.lock(id);
      if (locked.isPresent()) {
        try (HeldContainer held = locked.get()) {
          held.unmarkDeleting(target.generation);
          target.lease.close();
        }
      }
    } catch (KernelException | CarafeException | CgroupException e) {
      warnings.accept(
          "container \"" + id + "\" is still marked as being deleted: " + e.getMessage());
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CarafeException("cannot delete container \"" + id + "\": interrupted", e);
    }
  }
}
