package dev.carafe.runtime.launch;

import dev.carafe.InvalidConfigException;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Linux;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.NetDevice;
import dev.carafe.spec.Process;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Rules of a launch, of a spec that is good by {@link dev.carafe.spec.SpecValidator}; known before
 * anything is made. The words are runc's where it has the same rule.
 */
final class SpecRules {
  private final Spec spec;
  private final NamespacePlan namespaces;

  private SpecRules(Spec spec) {
    this.spec = spec;
    this.namespaces = NamespacePlan.of(spec);
  }

  static void check(Spec spec) {
    SpecRules rules = new SpecRules(spec);
    require(spec.process().isPresent(), "config.json: $: the required \"process\" is missing");
    Labels.check(spec.process().orElseThrow());
    require(spec.root().isPresent(), "config.json: $: the required \"root\" is missing");
    require(
        rules.namespaces.has(NamespaceType.MOUNT),
        "a container without a mount namespace is not supported; add {\"type\": \"mount\"} to"
            + " linux.namespaces");
    spec.linux().ifPresent(rules::linux);
  }

  private void linux(Linux linux) {
    if (namespaces.isNew(NamespaceType.USER)) {
      mappedUser(linux);
    }
    netDevices(linux.netDevices());
    Sysctls.check(linux);
  }

  private void netDevices(Map<String, NetDevice> devices) {
    require(
        devices.isEmpty() || namespaces.has(NamespaceType.NETWORK),
        "linux.netDevices needs a network namespace in linux.namespaces");
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, NetDevice> each : devices.entrySet()) {
      String name = each.getValue().name().orElse(each.getKey());
      require(!names.contains(name), "linux.netDevices has two devices that are to be " + name);
      if (!name.contains("%d")) {
        names.add(name);
      }
    }
  }

  private void mappedUser(Linux linux) {
    Process process = spec.process().orElseThrow();
    require(
        maps(linux.uidMappings(), process.user().uid()),
        "cannot set uid to unmapped user in user namespace");
    require(
        maps(linux.gidMappings(), process.user().gid()),
        "cannot set gid to unmapped user in user namespace");
    for (long gid : process.user().additionalGids()) {
      require(
          maps(linux.gidMappings(), gid),
          "cannot set additional gid " + gid + ", which is not mapped in the user namespace");
    }
  }

  /** Tells whether an id of the container is in one of the ranges. */
  static boolean maps(List<IdMapping> mappings, long id) {
    return IdMapping.toHost(mappings, id).isPresent();
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new InvalidConfigException(otherwise);
    }
  }
}
