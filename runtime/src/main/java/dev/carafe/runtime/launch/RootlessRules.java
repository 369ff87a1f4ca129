package dev.carafe.runtime.launch;

import dev.carafe.CarafeException;
import dev.carafe.linux.Caps;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Process;

/** What a caller without rights over the machine cannot have, told before anything is made. */
final class RootlessRules {
  private RootlessRules() {}

  static void check(CallerWorld world, NamespacePlan namespaces, Process process, IdMaps maps) {
    if (!world.may(Caps.SYS_ADMIN) && !namespaces.has(NamespaceType.USER)) {
      throw new CarafeException(
          "rootless container requires user namespaces: add {\"type\": \"user\"} to"
              + " linux.namespaces, and id mappings, as \"carafe spec --rootless\" does");
    }
    if (namespaces.isNew(NamespaceType.USER)
        && !process.user().additionalGids().isEmpty()
        && !maps.mayChangeGroups()) {
      // user_namespaces(7), /proc/[pid]/setgroups
      throw new CarafeException(
          "cannot set any additional groups in a rootless container: a caller that maps only its own"
              + " group may not change groups; remove process.user.additionalGids, or map more"
              + " groups with newgidmap");
    }
  }
}
