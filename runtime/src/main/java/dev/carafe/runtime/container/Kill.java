package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.KillScope;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.Transition;
import java.util.List;
import java.util.Optional;

/** Sends a signal to a container's processes, and to no other. Needs no space on the disk. */
final class Kill {
  private final StateStore store;
  private final Platform platform;
  private final String id;
  private final String instance;

  Kill(StateStore store, Platform platform, String id, String instance) {
    this.store = store;
    this.platform = platform;
    this.id = id;
    this.instance = instance;
  }

  void run(Signal signal, KillScope scope) {
    try (HeldContainer held = Containers.lock(store, id, instance)) {
      StoredState state = held.state();
      if (state.init().isEmpty() && state.isChanging()) {
        throw new WrongStatusException(
            id, Status.CREATING, "cannot signal container \"" + id + "\": it is being created");
      }
      if (scope instanceof KillScope.All) {
        signalAll(state, signal);
      } else if (scope instanceof KillScope.One one) {
        signalSome(state, signal, members(state).openInner(one.pid()).stream().toList());
      } else if (scope instanceof KillScope.Group group) {
        signalSome(state, signal, members(state).openGroup(group.pgid()));
      } else if (signal.number() == dev.carafe.linux.Signal.SIGKILL && !state.ownPidNamespace()) {
        killWhole(state, signal);
      } else {
        signalInit(state, signal);
      }
    }
  }

  private void signalInit(StoredState state, Signal signal) {
    Optional<PidFd> opened = state.init().isEmpty() ? Optional.empty() : state.init().get().open();
    if (opened.isEmpty()) {
      throw notRunning();
    }
    try (PidFd process = opened.get()) {
      // A zombie takes signals too, and nothing comes of it.
      if (!process.isAlive() || !process.signal(signal.number())) {
        throw notRunning();
      }
    }
    thawForKill(state, signal);
  }

  /**
   * Elsewhere the kernel ends the others together with the first process; here they would go on. As
   * under runc, also when that has ended before.
   */
  private void killWhole(StoredState state, Signal signal) {
    Optional<PidFd> opened = state.init().isEmpty() ? Optional.empty() : state.init().get().open();
    boolean lives = false;
    if (opened.isPresent()) {
      try (PidFd process = opened.get()) {
        lives = process.isAlive();
      }
    }
    if (!lives
        && (state.init().isEmpty() || platform.cgroup(state.cgroups()).processes().isEmpty())) {
      throw notRunning();
    }
    signalAll(state, signal);
  }

  private Members members(StoredState state) {
    return new Members(platform.cgroup(state.cgroups()), state.init());
  }

  private void signalSome(StoredState state, Signal signal, List<PidFd> processes) {
    boolean any = false;
    for (PidFd process : processes) {
      try (process) {
        any |= process.signal(signal.number());
      }
    }
    if (!any) {
      throw new CarafeException(
          "cannot send " + signal + " to container \"" + id + "\": no such process in it");
    }
    thawForKill(state, signal);
  }

  private WrongStatusException notRunning() {
    // The words are runc's: containerd and Podman look for them.
    return new WrongStatusException(id, Status.STOPPED, "container not running");
  }

  /** Signals each process; that there is none is no error, as under runc. */
  private void signalAll(StoredState state, Signal signal) {
    boolean ours = state.init().isPresent();
    Cgroup cgroup = platform.cgroup(state.cgroups());
    if (ours && signal.number() == dev.carafe.linux.Signal.SIGKILL) {
      if (!cgroup.processes().isEmpty()) {
        cgroup.killAll();
      }
    } else if (ours) {
      List<Integer> pids = cgroup.processes();
      for (int i = 0; i < pids.size(); i++) {
        signalMember(members(state), pids.get(i), signal);
      }
    }
    // Where there is no cgroup, or its first process was moved out of it.
    Optional<PidFd> opened = ours ? state.init().get().open() : Optional.empty();
    if (opened.isPresent()) {
      try (PidFd process = opened.get()) {
        boolean member = cgroup.processes().contains(process.pid());
        if (!member && process.isAlive()) {
          boolean ignored = process.signal(signal.number());
        }
      }
    }
    if (state.transition() != Transition.CREATING) {
      thawForKill(state, signal);
    }
  }

  private static void signalMember(Members members, int pid, Signal signal) {
    Optional<PidFd> opened = members.open(pid);
    if (opened.isPresent()) {
      try (PidFd process = opened.get()) {
        boolean ignored = process.signal(signal.number());
      }
    }
  }

  private void thawForKill(StoredState state, Signal signal) {
    if (signal.number() == dev.carafe.linux.Signal.SIGKILL) {
      Cgroup cgroup = platform.cgroup(state.cgroups());
      if (cgroup.frozen()) {
        // On version 1 what is frozen does not die before it is thawed.
        cgroup.thaw();
      }
    }
  }
}
