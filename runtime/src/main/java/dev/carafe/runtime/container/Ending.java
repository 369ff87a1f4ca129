package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Signal;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.OciState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Ends what a container has outside its state: processes and cgroup; and runs what comes after. */
final class Ending {
  private final Platform platform;
  private final Consumer<String> warnings;
  private final long patienceMillis;

  Ending(Platform platform, Consumer<String> warnings, long patienceMillis) {
    this.platform = platform;
    this.warnings = warnings;
    this.patienceMillis = patienceMillis;
  }

  /** Kills the first process, if it lives, waits for its end, and reaps it if it is our child. */
  void killInit(Optional<ProcessIdentity> init, Map<String, String> cgroups) {
    Optional<PidFd> opened = init.isEmpty() ? Optional.empty() : init.get().open();
    if (opened.isEmpty()) {
      return;
    }
    try (PidFd process = opened.get()) {
      if (process.isAlive() && process.signal(Signal.SIGKILL)) {
        Cgroup cgroup = platform.cgroup(cgroups);
        if (cgroup.frozen()) {
          // On version 1 what is frozen does not die before it is thawed.
          cgroup.thaw();
        }
      }
      awaitEnd(init.get(), process);
    }
  }

  /** Kills the process of a sandbox, waits for its end, and reaps it if it is our child. */
  void killSandbox(Optional<SandboxRef> sandbox) {
    if (sandbox.isEmpty() || sandbox.get().process().isEmpty()) {
      return;
    }
    ProcessIdentity identity = sandbox.get().process().get().identity();
    Optional<PidFd> opened = identity.open();
    if (opened.isPresent()) {
      try (PidFd process = opened.get()) {
        boolean ignored = process.isAlive() && process.signal(Signal.SIGKILL);
        awaitEnd(identity, process);
      }
    }
  }

  private void awaitEnd(ProcessIdentity identity, PidFd process) {
    if (!process.waitExit(patienceMillis)) {
      throw new CarafeException(
          identity.describe()
              + " was killed and has not ended after "
              + patienceMillis
              + " ms; it may wait in the kernel for a disk or another process");
    }
    OptionalInt ignored = Children.collect(identity, process);
  }

  /**
   * Ends what is left in the cgroup, and removes it.
   *
   * @param ours whether the container's first process was in it; else what is in it is not ours to
   *     kill, as when containers of two roots have one id
   */
  void removeCgroup(Map<String, String> saved, boolean ours) {
    if (saved.isEmpty()) {
      return;
    }
    Cgroup cgroup = platform.cgroup(saved);
    if (ours) {
      if (!cgroup.processes().isEmpty()) {
        cgroup.killAll();
      }
      cgroup.remove();
      return;
    }
    try {
      cgroup.remove();
    } catch (KernelException | CgroupException e) {
      warnings.accept("the cgroup was not removed: " + e.getMessage());
    }
  }

  /** Runs the hooks for the end; what goes wrong is only told (config.md, Poststop). */
  void runPoststop(StoredState state) {
    List<Hook> hooks = state.poststop();
    for (int i = 0; i < hooks.size(); i++) {
      try {
        platform.runHook(HookKind.POSTSTOP, hooks.get(i), stopped(state));
      } catch (KernelException | CarafeException e) {
        warnings.accept("poststop hook " + hooks.get(i).path() + ": " + e.getMessage());
      }
    }
  }

  private static OciState stopped(StoredState state) {
    return Observer.report(state, dev.carafe.Status.STOPPED).toOci();
  }
}
