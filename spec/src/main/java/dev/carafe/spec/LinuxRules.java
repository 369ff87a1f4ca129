package dev.carafe.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The rules of the section for Linux (config-linux.md). */
final class LinuxRules {
  private static final At AT = At.ROOT.field("linux");

  /** The kernel's dev_t has 12 bits for the major and 20 for the minor number. */
  private static final long MAJOR_MAX = (1 << 12) - 1;

  private static final long MINOR_MAX = (1 << 20) - 1;

  private LinuxRules() {}

  static void validate(Spec spec, Linux linux) {
    namespaces(linux.namespaces());
    idMappings(linux);
    timeOffsets(linux);
    Sysctl.validate(spec, linux);
    devices(linux.devices());
    restrictedPaths(linux);
    Rules.text(AT.field("mountLabel"), linux.mountLabel().orElse(""));
    if (linux.cgroupsPath().isPresent()) {
      String path = linux.cgroupsPath().get();
      Rules.text(AT.field("cgroupsPath"), path);
      if (Rules.climbs(path)) {
        throw AT.field("cgroupsPath").fail("\"" + Source.excerpt(path) + "\" climbs by \"..\"");
      }
    }
    if (linux.resources().isPresent()) {
      ResourcesRules.validate(AT.field("resources"), linux.resources().get());
    }
    if (linux.personality().isPresent() && !linux.personality().get().flags().isEmpty()) {
      // config-linux.md, Personality: no flag values are supported yet.
      throw AT.field("personality").field("flags").fail("the spec knows no flags");
    }
    if (linux.memoryPolicy().isPresent()) {
      memoryPolicy(linux.memoryPolicy().get());
    }
    if (linux.seccomp().isPresent()) {
      seccomp(linux.seccomp().get());
    }
    if (linux.intelRdt().isPresent()) {
      intelRdt(AT.field("intelRdt"), linux.intelRdt().get());
    }
    for (Map.Entry<String, NetDevice> e : linux.netDevices().entrySet()) {
      interfaceName(AT.field("netDevices").field(e.getKey()), e.getKey());
      if (e.getValue().name().isPresent()) {
        interfaceName(
            AT.field("netDevices").field(e.getKey()).field("name"), e.getValue().name().get());
      }
    }
  }

  /** Namespaces: a type may be there once, and a path must be absolute. */
  private static void namespaces(List<Namespace> namespaces) {
    // Not an EnumSet, which calls values() by reflection.
    List<NamespaceType> seen = new ArrayList<>();
    for (int i = 0; i < namespaces.size(); i++) {
      Namespace namespace = namespaces.get(i);
      if (seen.contains(namespace.type())) {
        throw AT.field("namespaces")
            .item(i)
            .field("type")
            .fail(namespace.type().word() + " is there twice");
      }
      seen.add(namespace.type());
      if (namespace.path().isPresent()) {
        Rules.absolute(AT.field("namespaces").item(i).field("path"), namespace.path().get());
      }
    }
  }

  /** User namespace mappings. */
  private static void idMappings(Linux linux) {
    Rules.mappings(AT.field("uidMappings"), linux.uidMappings());
    Rules.mappings(AT.field("gidMappings"), linux.gidMappings());
    Optional<Namespace> user = linux.namespace(NamespaceType.USER);
    if (user.isEmpty()) {
      if (!linux.uidMappings().isEmpty()) {
        throw AT.field("uidMappings").fail("need a namespace of type user");
      }
      if (!linux.gidMappings().isEmpty()) {
        throw AT.field("gidMappings").fail("need a namespace of type user");
      }
    } else if (user.get().path().isEmpty()) {
      // Without them every id is the overflow id and no program can be started.
      if (linux.uidMappings().isEmpty()) {
        throw AT.field("uidMappings").fail("are missing for the new namespace of type user");
      }
      if (linux.gidMappings().isEmpty()) {
        throw AT.field("gidMappings").fail("are missing for the new namespace of type user");
      }
    }
  }

  /** Offset for Time Namespace. The kernel takes them only before a process is in it. */
  private static void timeOffsets(Linux linux) {
    if (linux.timeOffsets().isEmpty()) {
      return;
    }
    Optional<Namespace> time = linux.namespace(NamespaceType.TIME);
    if (time.isEmpty() || time.get().path().isPresent()) {
      throw AT.field("timeOffsets").fail("need a new namespace of type time");
    }
    for (Map.Entry<String, TimeOffset> e : linux.timeOffsets().entrySet()) {
      At at = AT.field("timeOffsets").field(e.getKey());
      if (!e.getKey().equals("monotonic") && !e.getKey().equals("boottime")) {
        throw at.fail("the kernel has offsets for monotonic and boottime only");
      }
      long nanosecs = e.getValue().nanosecs();
      if (nanosecs < 0 || nanosecs >= 1_000_000_000) {
        throw at.field("nanosecs").fail(nanosecs + " is not below a second");
      }
    }
  }

  /** Devices. */
  private static void devices(List<Device> devices) {
    for (int i = 0; i < devices.size(); i++) {
      Device device = devices.get(i);
      At at = AT.field("devices").item(i);
      Rules.absolute(at.field("path"), device.path());
      if (Rules.climbs(device.path())) {
        throw at.field("path").fail("\"" + Source.excerpt(device.path()) + "\" climbs by \"..\"");
      }
      if (device.type() == DeviceType.ALL) {
        throw at.field("type").fail("\"a\" is for rules, not for nodes");
      }
      if (device.major() < 0 || device.major() > MAJOR_MAX) {
        throw at.field("major").fail(device.major() + " is not between 0 and " + MAJOR_MAX);
      }
      if (device.minor() < 0 || device.minor() > MINOR_MAX) {
        throw at.field("minor").fail(device.minor() + " is not between 0 and " + MINOR_MAX);
      }
      Rules.id(at.field("uid"), device.uid().orElse(0));
      Rules.id(at.field("gid"), device.gid().orElse(0));
    }
  }

  /** Masked Paths and Readonly Paths: they must be absolute, and are mounts. */
  private static void restrictedPaths(Linux linux) {
    Rules.absolutes(AT.field("maskedPaths"), linux.maskedPaths());
    Rules.absolutes(AT.field("readonlyPaths"), linux.readonlyPaths());
    if (linux.namespace(NamespaceType.MOUNT).isEmpty()) {
      String problem = "need a namespace of type mount or they would be the host's";
      if (!linux.maskedPaths().isEmpty()) {
        throw AT.field("maskedPaths").fail(problem);
      }
      if (!linux.readonlyPaths().isEmpty()) {
        throw AT.field("readonlyPaths").fail(problem);
      }
    }
  }

  /** IntelRdt. The class "/" is the default one. */
  static void intelRdt(At at, IntelRdt rdt) {
    String id = rdt.closId().orElse("/");
    if (!id.equals("/") && !Rules.isFileName(id)) {
      throw at.field("closID").fail("\"" + Source.excerpt(id) + "\" is not a directory's name");
    }
    oneLine(at.field("l3CacheSchema"), rdt.l3CacheSchema().orElse(""));
    String memory = rdt.memBwSchema().orElse("");
    oneLine(at.field("memBwSchema"), memory);
    if (!memory.isEmpty() && !memory.startsWith("MB:")) {
      throw at.field("memBwSchema").fail("does not start with \"MB:\"");
    }
    for (int i = 0; i < rdt.schemata().size(); i++) {
      oneLine(at.field("schemata").item(i), rdt.schemata().get(i));
    }
  }

  private static void oneLine(At at, String text) {
    Rules.text(at, text);
    if (text.indexOf('\n') >= 0) {
      throw at.fail("has a line break");
    }
  }

  /** Memory policy. The kernel would answer a mere EINVAL: set_mempolicy(2). */
  private static void memoryPolicy(MemoryPolicy policy) {
    At at = AT.field("memoryPolicy");
    Rules.numbers(at.field("nodes"), policy.nodes());
    boolean none = NumberList.mask(policy.nodes()).length == 0;
    switch (policy.mode()) {
      case DEFAULT, LOCAL -> {
        if (!none) {
          throw at.field("nodes").fail(policy.mode().word() + " takes no nodes");
        }
      }
      case BIND, INTERLEAVE, WEIGHTED_INTERLEAVE, PREFERRED_MANY -> {
        if (none) {
          throw at.field("nodes").fail(policy.mode().word() + " needs nodes");
        }
      }
      case PREFERRED -> {}
    }
    if (policy.flags().contains(MemoryPolicyFlag.STATIC_NODES)
        && policy.flags().contains(MemoryPolicyFlag.RELATIVE_NODES)) {
      throw at.field("flags").fail("nodes cannot be both static and relative");
    }
  }

  /** Seccomp. */
  private static void seccomp(Seccomp seccomp) {
    At at = AT.field("seccomp");
    if (seccomp.defaultErrnoRet().isPresent() && !hasErrno(seccomp.defaultAction())) {
      throw at.field("defaultErrnoRet").fail(seccomp.defaultAction().word() + " returns no errno");
    }
    if (seccomp.listenerMetadata().isPresent() && seccomp.listenerPath().isEmpty()) {
      throw at.field("listenerMetadata").fail("must not be set without listenerPath");
    }
    Rules.text(at.field("listenerPath"), seccomp.listenerPath().orElse(""));
    for (int i = 0; i < seccomp.syscalls().size(); i++) {
      SeccompRule rule = seccomp.syscalls().get(i);
      At place = at.field("syscalls").item(i);
      if (rule.names().isEmpty()) {
        throw place.field("names").fail("is empty");
      }
      Rules.texts(place.field("names"), rule.names());
      if (rule.errnoRet().isPresent() && !hasErrno(rule.action())) {
        throw place.field("errnoRet").fail(rule.action().word() + " returns no errno");
      }
      for (int j = 0; j < rule.args().size(); j++) {
        long index = rule.args().get(j).index();
        if (index < 0 || index > 5) {
          throw place.field("args").item(j).field("index").fail(index + " is not between 0 and 5");
        }
      }
    }
  }

  private static boolean hasErrno(SeccompAction action) {
    return action == SeccompAction.ERRNO || action == SeccompAction.TRACE;
  }

  /**
   * The kernel's dev_valid_name: at most 15 bytes, and nothing that a path or sysctl could trip.
   */
  private static void interfaceName(At at, String name) {
    boolean valid = Rules.isFileName(name) && name.length() <= 15 && name.indexOf(':') < 0;
    for (int i = 0; valid && i < name.length(); i++) {
      valid = name.charAt(i) > ' ';
    }
    if (!valid) {
      throw at.fail("\"" + Source.excerpt(name) + "\" is not a network device's name");
    }
  }
}
