package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.InvalidInputException;
import dev.carafe.KillScope;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.UnreadableStateException;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.sandbox.Membership;
import dev.carafe.runtime.sandbox.OomScore;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.HeldSandbox;
import dev.carafe.runtime.state.Salvage;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.StoredState.SandboxProcess;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import dev.carafe.runtime.state.Transition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Which sandbox a container is in: joins it, finds it again, ends what is in it. */
final class Sandboxes {
  private final StateStore store;
  private final Platform platform;

  Sandboxes(StateStore store, Platform platform) {
    this.store = store;
    this.platform = platform;
  }

  // ---- joining

  /**
   * Locks the sandbox that a container is to join, and which may be joined.
   *
   * @return it; empty if the container is to stand alone
   */
  Optional<HeldSandbox> lockToJoin(String id, Membership.Joining wanted) {
    Optional<HeldSandbox> locked = store.lockSandbox(wanted.sandbox());
    if (locked.isEmpty()) {
      if (store.read(wanted.sandbox()).isPresent()) {
        throw noSandbox(id, wanted.sandbox());
      }
      if (wanted.mayStandAlone()) {
        return Optional.empty();
      }
      throw new ContainerNotFoundException(
          wanted.sandbox(), cannot(id) + "sandbox \"" + wanted.sandbox() + "\" does not exist");
    }
    boolean done = false;
    try {
      checkMayBeJoined(id, locked.get().first());
      done = true;
      return locked;
    } finally {
      if (!done) {
        locked.get().close();
      }
    }
  }

  private void checkMayBeJoined(String id, StoredState first) {
    if (!(Membership.of(first.annotations()) instanceof Membership.First)) {
      throw noSandbox(id, first.id());
    }
    checkNotDeleted(id, first);
    Status status = status(first);
    if (!status.isLive()) {
      throw new WrongStatusException(
          first.id(),
          status,
          cannot(id)
              + "sandbox \""
              + first.id()
              + (status == Status.CREATING ? "\" is being created" : "\" has stopped"));
    }
  }

  private Status status(StoredState first) {
    Optional<SandboxProcess> process = first.sandbox().orElseThrow().process();
    if (process.isPresent() && !process.get().identity().isAlive()) {
      return Status.STOPPED;
    }
    Optional<SeenContainer> seen = store.look(first.id());
    if (seen.isEmpty()) {
      return Status.STOPPED;
    }
    try (SeenContainer container = seen.get()) {
      return new Observer(platform).look(container).status();
    }
  }

  private static void checkNotDeleted(String id, StoredState first) {
    if (first.transition() == Transition.DELETING) {
      throw new WrongStatusException(
          first.id(),
          Status.STOPPED,
          cannot(id)
              + "sandbox \""
              + first.id()
              + "\" is being deleted"
              + (first.transitionOwner().isPresent()
                  ? " by " + first.transitionOwner().get().describe()
                  : ""));
    }
  }

  private static String cannot(String id) {
    return "cannot create container \"" + id + "\": ";
  }

  private static InvalidInputException noSandbox(String id, String other) {
    return new InvalidInputException(
        cannot(id) + "container \"" + other + "\" is no sandbox that others can join");
  }

  // ---- belonging

  /**
   * Locks the sandbox that a container is in; empty if it is in none, or that is gone or damaged,
   * and then nothing is computed over it.
   */
  Optional<HeldSandbox> lock(Optional<SandboxRef> of) {
    if (of.isEmpty()) {
      return Optional.empty();
    }
    SandboxRef sandbox = of.get();
    Optional<HeldSandbox> locked = lockIfWhole(sandbox.id());
    if (locked.isEmpty()) {
      return Optional.empty();
    }
    boolean done = false;
    try {
      // There may be a later one of that id.
      if (locked.get().first().isIn(sandbox)) {
        done = true;
        return locked;
      }
      return Optional.empty();
    } finally {
      if (!done) {
        locked.get().close();
      }
    }
  }

  /**
   * Does what counts for a sandbox under its lock, adjusts its OOM score, and unlocks it.
   *
   * @param locked what {@link #lock} returned
   */
  <T> T counting(Optional<HeldSandbox> locked, Consumer<String> warnings, Supplier<T> change) {
    try {
      T result = change.get();
      if (locked.isPresent()) {
        OomScore.adjust(locked.get(), store, warnings);
      }
      return result;
    } finally {
      if (locked.isPresent()) {
        locked.get().close();
      }
    }
  }

  private Optional<HeldSandbox> lockIfWhole(String id) {
    try {
      return store.lockSandbox(id);
    } catch (UnreadableStateException e) {
      return Optional.empty();
    }
  }

  /** Locks the sandbox of a container that is being made in it; fails when it is ending. */
  HeldSandbox lockMaking(StoredState member) {
    Optional<HeldSandbox> locked = lock(member.sandbox());
    if (locked.isEmpty()) {
      throw new CarafeException(
          cannot(member.id())
              + "sandbox \""
              + member.sandbox().orElseThrow().id()
              + "\" was deleted meanwhile");
    }
    boolean done = false;
    try {
      checkNotDeleted(member.id(), locked.get().first());
      done = true;
      return locked.get();
    } finally {
      if (!done) {
        locked.get().close();
      }
    }
  }

  // ---- ending

  /**
   * Ends all processes of a sandbox's containers but the first one. That is marked as being
   * deleted, so that no more come. Those that are still being made find that out themselves. One
   * that cannot be ended does not keep the others alive; why is thrown when all were tried.
   */
  void endOthers(SandboxRef sandbox, Ending ending, Consumer<String> warnings) {
    List<RuntimeException> failures = new ArrayList<>();
    List<Salvage> members = new ArrayList<>();
    List<String> ids = store.ids();
    for (int i = 0; i < ids.size(); i++) {
      if (!ids.get(i).equals(sandbox.id())) {
        try {
          kill(ids.get(i), sandbox, members, warnings);
        } catch (ContainerNotFoundException e) {
          // Somebody has deleted it meanwhile.
        } catch (KernelException | CarafeException | CgroupException e) {
          failures.add(e);
        }
      }
    }
    for (int i = 0; i < members.size(); i++) {
      try {
        ending.killInit(members.get(i).init(), members.get(i).cgroups());
      } catch (KernelException | CarafeException | CgroupException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      RuntimeException first = failures.get(0);
      for (int i = 1; i < failures.size(); i++) {
        first.addSuppressed(failures.get(i));
      }
      throw first;
    }
  }

  /**
   * Kills all processes of a container, if it is of that sandbox; then it is one of the members.
   */
  private void kill(
      String id, SandboxRef sandbox, List<Salvage> members, Consumer<String> warnings) {
    try {
      Optional<StoredState> state = store.read(id);
      if (state.isPresent() && state.get().isIn(sandbox) && state.get().init().isPresent()) {
        members.add(Salvage.of(state.get()));
        new Kill(store, platform, id, state.get().instance()).run(Signal.KILL, KillScope.ALL);
      }
    } catch (UnreadableStateException e) {
      warnings.accept(e.getMessage());
      killDamaged(id, sandbox, members);
    }
  }

  private void killDamaged(String id, SandboxRef sandbox, List<Salvage> members) {
    Optional<HeldContainer> locked;
    try {
      locked = store.lock(id);
    } catch (UnreadableStateException e) {
      // Not even a directory, so of no sandbox.
      return;
    }
    if (locked.isPresent()) {
      try (HeldContainer held = locked.get()) {
        Salvage salvage = held.salvage();
        if (salvage.isIn(sandbox) && salvage.init().isPresent()) {
          members.add(salvage);
          Cgroup cgroup = platform.cgroup(salvage.cgroups());
          if (!cgroup.processes().isEmpty()) {
            cgroup.killAll();
          }
        }
      }
    }
  }
}
