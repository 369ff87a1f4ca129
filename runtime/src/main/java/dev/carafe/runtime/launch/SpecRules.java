package dev.carafe.runtime.launch;

import dev.carafe.InvalidConfigException;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Linux;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.NetDevice;
import dev.carafe.spec.Process;
import dev.carafe.spec.Rlimit;
import dev.carafe.spec.RlimitType;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Rules between the parts of a spec, which each part by itself cannot tell; known before anything
 * is made. The words are runc's where it has the same rule.
 */
final class SpecRules {
  private static final int OOM_SCORE_LIMIT = 1000;

  private final Spec spec;
  private final NamespacePlan namespaces;

  private SpecRules(Spec spec) {
    this.spec = spec;
    this.namespaces = NamespacePlan.of(spec);
  }

  static void check(Spec spec) {
    SpecRules rules = new SpecRules(spec);
    rules.process(
        spec.process()
            .orElseThrow(() ->
                new InvalidConfigException("config.json: $: the required \"process\" is missing")));
    require(spec.root().isPresent(), "config.json: $: the required \"root\" is missing");
    rules.namespaces();
    spec.linux().ifPresent(rules::linux);
  }

  private void process(Process process) {
    require(!process.args().isEmpty(), "args must not be empty");
    Labels.check(process);
    require(process.cwd().startsWith("/"), "Cwd must be an absolute path");
    int score = process.oomScoreAdj().orElse(0);
    require(
        score >= -OOM_SCORE_LIMIT && score <= OOM_SCORE_LIMIT,
        "process.oomScoreAdj " + score + " is not between -1000 and 1000");
    Environment.check(process.env());
    List<RlimitType> seen = new ArrayList<>();
    for (Rlimit limit : process.rlimits()) {
      // config.md, POSIX process: "If rlimits contains duplicated entries with same type, the
      // runtime MUST generate an error."
      require(
          !seen.contains(limit.type()), "process.rlimits has " + limit.type().word() + " twice");
      require(
          Long.compareUnsigned(limit.soft(), limit.hard()) <= 0,
          "process.rlimits: the soft limit of " + limit.type().word() + " is above its hard limit");
      seen.add(limit.type());
    }
  }

  private void namespaces() {
    require(
        namespaces.has(NamespaceType.MOUNT),
        "a container without a mount namespace is not supported; add {\"type\": \"mount\"} to"
            + " linux.namespaces");
    require(
        (spec.hostname().isEmpty() && spec.domainname().isEmpty())
            || namespaces.has(NamespaceType.UTS),
        "unable to set hostname without a private UTS namespace");
  }

  private void linux(Linux linux) {
    boolean mapped = !linux.uidMappings().isEmpty() || !linux.gidMappings().isEmpty();
    if (namespaces.isNew(NamespaceType.USER)) {
      require(
          !linux.uidMappings().isEmpty(), "User namespaces enabled, but no uid mappings found.");
      require(
          !linux.gidMappings().isEmpty(), "User namespaces enabled, but no gid mappings found.");
      mappedUser(linux);
    } else {
      require(
          !mapped || namespaces.joins(NamespaceType.USER),
          "User namespace mappings specified, but USER namespace isn't enabled in the config");
    }
    for (String clock : linux.timeOffsets().keySet()) {
      require(
          namespaces.isNew(NamespaceType.TIME),
          "linux.timeOffsets needs a new time namespace in linux.namespaces");
      require(
          clock.equals("monotonic") || clock.equals("boottime"),
          "linux.timeOffsets: clock \"" + clock + "\" is neither monotonic nor boottime");
    }
    netDevices(linux.netDevices());
    for (Map.Entry<String, String> sysctl : linux.sysctl().entrySet()) {
      Sysctls.check(sysctl.getKey(), sysctl.getValue(), spec, namespaces);
    }
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
    for (IdMapping each : mappings) {
      if (id >= each.containerId() && id - each.containerId() < each.size()) {
        return true;
      }
    }
    return false;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new InvalidConfigException(otherwise);
    }
  }
}
