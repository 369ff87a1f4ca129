package dev.carafe.spec;

/** Writes the section for Linux. */
final class LinuxWriter {
  private LinuxWriter() {}

  static void linux(JsonOut out, Linux linux) {
    Fields.list(out, "uidMappings", linux.uidMappings(), LinuxWriter::idMapping);
    Fields.list(out, "gidMappings", linux.gidMappings(), LinuxWriter::idMapping);
    Fields.stringMap(out, "sysctl", linux.sysctl());
    Fields.object(out, "resources", linux.resources(), ResourcesWriter::resources);
    out.field("cgroupsPath", linux.cgroupsPath());
    Fields.list(out, "namespaces", linux.namespaces(), LinuxWriter::namespace);
    Fields.list(out, "devices", linux.devices(), LinuxWriter::device);
    Fields.map(out, "netDevices", linux.netDevices(), (o, d) -> o.field("name", d.name()));
    Fields.object(out, "seccomp", linux.seccomp(), LinuxWriter::seccomp);
    Fields.word(out, "rootfsPropagation", linux.rootfsPropagation());
    Fields.strings(out, "maskedPaths", linux.maskedPaths());
    Fields.strings(out, "readonlyPaths", linux.readonlyPaths());
    out.field("mountLabel", linux.mountLabel());
    Fields.object(out, "intelRdt", linux.intelRdt(), LinuxWriter::intelRdt);
    Fields.object(out, "memoryPolicy", linux.memoryPolicy(), LinuxWriter::memoryPolicy);
    Fields.object(out, "personality", linux.personality(), LinuxWriter::personality);
    Fields.map(
        out,
        "timeOffsets",
        linux.timeOffsets(),
        (o, t) -> o.field("secs", t.secs()).field("nanosecs", t.nanosecs()));
  }

  static void idMapping(JsonOut out, IdMapping mapping) {
    out.field("containerID", mapping.containerId());
    out.field("hostID", mapping.hostId());
    out.field("size", mapping.size());
  }

  private static void namespace(JsonOut out, Namespace namespace) {
    out.field("type", namespace.type().word());
    out.field("path", namespace.path());
  }

  private static void device(JsonOut out, Device device) {
    out.field("path", device.path());
    out.field("type", device.type().word());
    out.field("major", device.major());
    out.field("minor", device.minor());
    out.field("fileMode", device.fileMode());
    out.field("uid", device.uid());
    out.field("gid", device.gid());
  }

  private static void seccomp(JsonOut out, Seccomp seccomp) {
    out.field("defaultAction", seccomp.defaultAction().word());
    out.field("defaultErrnoRet", seccomp.defaultErrnoRet());
    Fields.words(out, "architectures", seccomp.architectures());
    Fields.words(out, "flags", seccomp.flags());
    out.field("listenerPath", seccomp.listenerPath());
    out.field("listenerMetadata", seccomp.listenerMetadata());
    Fields.list(out, "syscalls", seccomp.syscalls(), LinuxWriter::seccompRule);
  }

  private static void seccompRule(JsonOut out, SeccompRule rule) {
    out.strings("names", rule.names());
    out.field("action", rule.action().word());
    out.field("errnoRet", rule.errnoRet());
    Fields.list(out, "args", rule.args(), LinuxWriter::seccompArg);
  }

  private static void seccompArg(JsonOut out, SeccompArg arg) {
    out.field("index", arg.index());
    out.name("value").unsigned(arg.value());
    out.name("valueTwo").unsigned(arg.valueTwo());
    out.field("op", arg.op().word());
  }

  private static void intelRdt(JsonOut out, IntelRdt rdt) {
    out.field("closID", rdt.closId());
    Fields.strings(out, "schemata", rdt.schemata());
    out.field("l3CacheSchema", rdt.l3CacheSchema());
    out.field("memBwSchema", rdt.memBwSchema());
    Fields.flag(out, "enableMonitoring", rdt.enableMonitoring());
  }

  private static void memoryPolicy(JsonOut out, MemoryPolicy policy) {
    out.field("mode", policy.mode().word());
    out.field("nodes", policy.nodes());
    Fields.words(out, "flags", policy.flags());
  }

  private static void personality(JsonOut out, Personality personality) {
    out.field("domain", personality.domain().word());
    Fields.strings(out, "flags", personality.flags());
  }
}
