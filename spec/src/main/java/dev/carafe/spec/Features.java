package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a runtime can do (features.md and features-linux.md). It says what is built in, not what the
 * machine has.
 *
 * @param ociVersionMin the oldest version of the spec that is known.
 * @param ociVersionMax the newest.
 * @param hooks the hooks.
 * @param mountOptions the mount options, without those of single file systems.
 * @param linux what is particular to Linux.
 * @param annotations whatever else is to be told.
 * @param potentiallyUnsafeConfigAnnotations annotations of a {@code config.json} that change what
 *     the runtime does; one that ends with a dot is a prefix.
 */
public record Features(
    String ociVersionMin,
    String ociVersionMax,
    List<HookKind> hooks,
    List<String> mountOptions,
    Linux linux,
    Map<String, String> annotations,
    List<String> potentiallyUnsafeConfigAnnotations) {
  /** Keeps copies that nobody can change. */
  public Features {
    hooks = List.copyOf(hooks);
    mountOptions = List.copyOf(mountOptions);
    annotations = Copies.of(annotations);
    potentiallyUnsafeConfigAnnotations = List.copyOf(potentiallyUnsafeConfigAnnotations);
  }

  /**
   * What is particular to Linux (features-linux.md).
   *
   * @param namespaces the namespaces.
   * @param capabilities the capabilities.
   * @param cgroup what is known of cgroups.
   * @param seccomp what is known of system call filters; absent when there are none.
   * @param apparmor whether AppArmor profiles can be set.
   * @param selinux whether SELinux labels can be set.
   * @param intelRdt what is known of Intel's Resource Director Technology.
   * @param memoryPolicy what is known of NUMA memory policies; absent when there are none.
   * @param idmap whether mounts can be idmapped.
   * @param netDevices whether network devices can be moved.
   */
  public record Linux(
      List<NamespaceType> namespaces,
      List<String> capabilities,
      Cgroup cgroup,
      Optional<SystemCallFilter> seccomp,
      boolean apparmor,
      boolean selinux,
      Rdt intelRdt,
      Optional<NumaPolicy> memoryPolicy,
      boolean idmap,
      boolean netDevices) {
    /** Keeps copies that nobody can change. */
    public Linux {
      namespaces = List.copyOf(namespaces);
      capabilities = List.copyOf(capabilities);
    }
  }

  /**
   * What is known of cgroups (features-linux.md, Cgroup).
   *
   * @param v1 whether version 1 is.
   * @param v2 whether version 2 is.
   * @param systemd whether systemd can be asked for them.
   * @param systemdUser whether a user's systemd can.
   * @param rdma whether the RDMA controller is.
   */
  public record Cgroup(
      boolean v1, boolean v2, boolean systemd, boolean systemdUser, boolean rdma) {}

  /**
   * What is known of system call filters (features-linux.md, Seccomp).
   *
   * @param actions the actions.
   * @param operators the operators.
   * @param archs the architectures.
   * @param knownFlags the flags that are known.
   * @param supportedFlags the flags that the kernel and libseccomp take.
   */
  public record SystemCallFilter(
      List<SeccompAction> actions,
      List<SeccompOperator> operators,
      List<SeccompArch> archs,
      List<SeccompFlag> knownFlags,
      List<SeccompFlag> supportedFlags) {
    /** Keeps copies that nobody can change. */
    public SystemCallFilter {
      actions = List.copyOf(actions);
      operators = List.copyOf(operators);
      archs = List.copyOf(archs);
      knownFlags = List.copyOf(knownFlags);
      supportedFlags = List.copyOf(supportedFlags);
    }
  }

  /**
   * What is known of Intel's Resource Director Technology (features-linux.md, Intel RDT).
   *
   * @param enabled whether classes of service can be set.
   * @param schemata whether whole schemata can.
   * @param monitoring whether monitoring groups can be made.
   */
  public record Rdt(boolean enabled, boolean schemata, boolean monitoring) {}

  /**
   * What is known of NUMA memory policies (features-linux.md, Memory policy).
   *
   * @param modes the modes.
   * @param flags the mode flags.
   */
  public record NumaPolicy(List<MemoryPolicyMode> modes, List<MemoryPolicyFlag> flags) {
    /** Keeps copies that nobody can change. */
    public NumaPolicy {
      modes = List.copyOf(modes);
      flags = List.copyOf(flags);
    }
  }

  /** Writes what {@code features} prints. */
  public void writeTo(JsonOut out) {
    out.beginObject();
    out.field("ociVersionMin", ociVersionMin).field("ociVersionMax", ociVersionMax);
    Fields.words(out, "hooks", hooks);
    Fields.strings(out, "mountOptions", mountOptions);
    out.name("linux").beginObject();
    Fields.words(out, "namespaces", linux.namespaces);
    Fields.strings(out, "capabilities", linux.capabilities);
    Cgroup cgroup = linux.cgroup;
    out.name("cgroup").beginObject().field("v1", cgroup.v1).field("v2", cgroup.v2);
    out.field("systemd", cgroup.systemd).field("systemdUser", cgroup.systemdUser);
    out.field("rdma", cgroup.rdma).endObject();
    out.name("seccomp").beginObject().field("enabled", linux.seccomp.isPresent());
    if (linux.seccomp.isPresent()) {
      SystemCallFilter filter = linux.seccomp.get();
      Fields.words(out, "actions", filter.actions);
      Fields.words(out, "operators", filter.operators);
      Fields.words(out, "archs", filter.archs);
      Fields.words(out, "knownFlags", filter.knownFlags);
      Fields.words(out, "supportedFlags", filter.supportedFlags);
    }
    out.endObject();
    enabled(out, "apparmor", linux.apparmor);
    enabled(out, "selinux", linux.selinux);
    Rdt rdt = linux.intelRdt;
    out.name("intelRdt").beginObject().field("enabled", rdt.enabled);
    out.field("schemata", rdt.schemata).field("monitoring", rdt.monitoring).endObject();
    if (linux.memoryPolicy.isPresent()) {
      out.name("memoryPolicy").beginObject();
      Fields.words(out, "modes", linux.memoryPolicy.get().modes);
      Fields.words(out, "flags", linux.memoryPolicy.get().flags);
      out.endObject();
    }
    enabled(out.name("mountExtensions").beginObject(), "idmap", linux.idmap);
    out.endObject();
    enabled(out, "netDevices", linux.netDevices);
    out.endObject();
    Fields.stringMap(out, "annotations", annotations);
    Fields.strings(out, "potentiallyUnsafeConfigAnnotations", potentiallyUnsafeConfigAnnotations);
    out.endObject();
  }

  private static void enabled(JsonOut out, String name, boolean enabled) {
    out.name(name).beginObject().field("enabled", enabled).endObject();
  }
}
