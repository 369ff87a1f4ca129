package dev.carafe.runtime.launch;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.hook.HookRunner;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.OciState;
import dev.carafe.spec.Spec;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is launched.
 *
 * @param id the container's id
 * @param spec what the bundle asks for, as {@link Launcher#check} found it good
 * @param bundle the bundle's directory, absolute
 * @param directory the container's private directory, open; the start socket is made in it
 * @param cgroup where it goes; already made, with its limits set
 * @param stdio the standard streams
 * @param options what the caller asks beside
 */
public record LaunchRequest(
    String id,
    Spec spec,
    String bundle,
    Fd directory,
    Cgroup cgroup,
    Stdio stdio,
    LaunchOptions options) {

  /** Returns what hooks and others are told of the container (runtime.md, State). */
  public OciState state(String status, int pid) {
    return new OciState(
        spec.ociVersion(),
        id,
        status,
        OptionalInt.of(pid),
        bundle,
        spec.annotations(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** Runs hooks in the runtime's namespaces, for a first process that is being made. */
  public void runHooks(Caller caller, HookKind kind, int pid) {
    List<Hook> hooks = spec.hooks().of(kind);
    if (!hooks.isEmpty()) {
      new HookRunner(caller.hookAgent(), caller.host())
          .run(kind, hooks, state("creating", pid), caller.world().environment(), bundle);
    }
  }
}
