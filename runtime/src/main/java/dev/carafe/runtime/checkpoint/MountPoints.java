package dev.carafe.runtime.checkpoint;

import dev.carafe.linux.CloneFlags;
import dev.carafe.runtime.launch.Caller;
import dev.carafe.runtime.launch.ChildAgent;
import dev.carafe.runtime.launch.LaunchRequest;
import dev.carafe.runtime.root.RootBuilder;
import dev.carafe.runtime.root.RootOptions;
import dev.carafe.spec.Mount;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;

/**
 * The places that mounts need in a root file system. A creation makes those that are missing; CRIU
 * does not. So the mounts are made as for a creation, in a mount namespace that is thrown away.
 */
final class MountPoints {
  private final Caller caller;
  private final LaunchRequest launch;

  MountPoints(Caller caller, LaunchRequest launch) {
    this.caller = caller;
    this.launch = launch;
  }

  void make() {
    Spec spec = launch.spec().toBuilder().mounts(withoutCgroups(launch.spec().mounts())).build();
    if (needsUserNamespace(spec)) {
      // Who owns what is made would be another one here. Then they must be there.
      return;
    }
    RootOptions options = new RootOptions(false, false, launch.cgroup().mounts());
    try (RootBuilder root =
        new RootBuilder(spec, launch.bundle(), caller.host(), options, _ -> {})) {
      root.prepare();
      ChildAgent agent = caller.spawn(CloneFlags.NEWNS, launch.stdio(), "the agent for mounts");
      try {
        root.mounts(agent);
      } finally {
        agent.kill();
      }
    }
  }

  /**
   * Their places are in file systems that are the container's own; and who mounts them outside of a
   * cgroup namespace changes them for all.
   */
  private static List<Mount> withoutCgroups(List<Mount> mounts) {
    List<Mount> others = new ArrayList<>();
    for (Mount each : mounts) {
      String type = each.type().orElse("");
      if (!type.equals("cgroup") && !type.equals("cgroup2")) {
        others.add(each);
      }
    }
    return others;
  }

  private static boolean needsUserNamespace(Spec spec) {
    if (spec.linux().flatMap(linux -> linux.namespace(NamespaceType.USER)).isPresent()) {
      return true;
    }
    for (Mount each : spec.mounts()) {
      if (!each.uidMappings().isEmpty()
          || each.options().contains("idmap")
          || each.options().contains("ridmap")) {
        return true;
      }
    }
    return false;
  }
}
