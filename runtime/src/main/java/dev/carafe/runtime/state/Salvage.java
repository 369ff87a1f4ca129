package dev.carafe.runtime.state;

import dev.carafe.runtime.state.StoredState.SandboxRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What could be read of a damaged state file.
 *
 * @param init the container's first process
 * @param sandbox the sandbox it belongs to
 * @param cgroups controller to absolute path of the container's cgroup there
 * @param rdtGroups directories of resctrl that are the container's alone
 */
public record Salvage(
    Optional<ProcessIdentity> init,
    Optional<SandboxRef> sandbox,
    Map<String, String> cgroups,
    List<String> rdtGroups) {
  /** Nothing. */
  public static final Salvage NONE =
      new Salvage(Optional.empty(), Optional.empty(), Map.of(), List.of());

  /** Returns what of a whole state is needed to remove a container. */
  public static Salvage of(StoredState state) {
    return new Salvage(state.init(), state.sandbox(), state.cgroups(), state.rdtGroups());
  }

  /** Returns whether it belongs to a sandbox. */
  public boolean isIn(SandboxRef other) {
    return sandbox.isPresent()
        && sandbox.get().id().equals(other.id())
        && sandbox.get().instance().equals(other.instance());
  }
}
