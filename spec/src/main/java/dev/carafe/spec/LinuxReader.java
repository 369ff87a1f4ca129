package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads the section for Linux (config-linux.md). */
final class LinuxReader {
  private LinuxReader() {}

  static Linux linux(JsonIn in) {
    List<IdMapping> uidMappings = List.of();
    List<IdMapping> gidMappings = List.of();
    Map<String, String> sysctl = Map.of();
    Optional<Resources> resources = Optional.empty();
    Optional<String> cgroupsPath = Optional.empty();
    List<Namespace> namespaces = List.of();
    List<Device> devices = List.of();
    Map<String, NetDevice> netDevices = Map.of();
    Optional<Seccomp> seccomp = Optional.empty();
    Optional<Propagation> rootfsPropagation = Optional.empty();
    List<String> maskedPaths = List.of();
    List<String> readonlyPaths = List.of();
    Optional<String> mountLabel = Optional.empty();
    Optional<IntelRdt> intelRdt = Optional.empty();
    Optional<MemoryPolicy> memoryPolicy = Optional.empty();
    Optional<Personality> personality = Optional.empty();
    Map<String, TimeOffset> timeOffsets = Map.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "uidMappings" -> uidMappings = in.list(LinuxReader::idMapping);
        case "gidMappings" -> gidMappings = in.list(LinuxReader::idMapping);
        case "sysctl" -> sysctl = in.stringMap();
        case "resources" -> resources = Optional.of(ResourcesReader.resources(in));
        case "cgroupsPath" -> cgroupsPath = in.optionalString();
        case "namespaces" -> namespaces = in.list(LinuxReader::namespace);
        case "devices" -> devices = in.list(LinuxReader::device);
        case "netDevices" -> netDevices = in.map(LinuxReader::netDevice);
        case "seccomp" -> seccomp = Optional.of(SeccompReader.seccomp(in));
        case "rootfsPropagation" -> rootfsPropagation = in.optionalWord(Propagation.values());
        case "maskedPaths" -> maskedPaths = in.strings();
        case "readonlyPaths" -> readonlyPaths = in.strings();
        case "mountLabel" -> mountLabel = in.optionalString();
        case "intelRdt" -> intelRdt = Optional.of(intelRdt(in));
        case "memoryPolicy" -> memoryPolicy = Optional.of(memoryPolicy(in));
        case "personality" -> personality = Optional.of(personality(in));
        case "timeOffsets" -> timeOffsets = in.map(LinuxReader::timeOffset);
        default -> in.skip();
      }
    }
    return new Linux(
        uidMappings,
        gidMappings,
        sysctl,
        resources,
        cgroupsPath,
        namespaces,
        devices,
        netDevices,
        seccomp,
        rootfsPropagation,
        maskedPaths,
        readonlyPaths,
        mountLabel,
        intelRdt,
        memoryPolicy,
        personality,
        timeOffsets);
  }

  static IdMapping idMapping(JsonIn in) {
    @Nullable Long containerId = null;
    @Nullable Long hostId = null;
    @Nullable Long size = null;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "containerID" -> containerId = in.uint32();
        case "hostID" -> hostId = in.uint32();
        case "size" -> size = in.uint32();
        default -> in.skip();
      }
    }
    return new IdMapping(
        in.required(containerId, "containerID"),
        in.required(hostId, "hostID"),
        in.required(size, "size"));
  }

  private static Namespace namespace(JsonIn in) {
    @Nullable NamespaceType type = null;
    Optional<String> path = Optional.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "type" -> type = in.word(NamespaceType.values());
        case "path" -> path = in.optionalString();
        default -> in.skip();
      }
    }
    return new Namespace(in.required(type, "type"), path);
  }

  private static Device device(JsonIn in) {
    @Nullable DeviceType type = null;
    @Nullable String path = null;
    @Nullable Long major = null;
    @Nullable Long minor = null;
    OptionalLong fileMode = OptionalLong.empty();
    OptionalLong uid = OptionalLong.empty();
    OptionalLong gid = OptionalLong.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "type" -> type = in.word(DeviceType.values());
        case "path" -> path = in.string();
        case "major" -> major = in.int64();
        case "minor" -> minor = in.int64();
        case "fileMode" -> fileMode = OptionalLong.of(in.uint32());
        case "uid" -> uid = OptionalLong.of(in.uint32());
        case "gid" -> gid = OptionalLong.of(in.uint32());
        default -> in.skip();
      }
    }
    DeviceType kind = in.required(type, "type");
    // config-linux.md, Devices: the numbers are required unless it is a FIFO.
    Long absent = kind == DeviceType.FIFO ? 0L : null;
    return new Device(
        kind,
        in.required(path, "path"),
        in.required(major == null ? absent : major, "major"),
        in.required(minor == null ? absent : minor, "minor"),
        fileMode,
        uid,
        gid);
  }

  private static NetDevice netDevice(JsonIn in) {
    Optional<String> name = Optional.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "name" -> name = in.optionalString();
        default -> in.skip();
      }
    }
    return new NetDevice(name);
  }

  private static IntelRdt intelRdt(JsonIn in) {
    Optional<String> closId = Optional.empty();
    List<String> schemata = List.of();
    Optional<String> l3CacheSchema = Optional.empty();
    Optional<String> memBwSchema = Optional.empty();
    boolean enableMonitoring = false;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "closID" -> closId = in.optionalString();
        case "schemata" -> schemata = in.strings();
        case "l3CacheSchema" -> l3CacheSchema = in.optionalString();
        case "memBwSchema" -> memBwSchema = in.optionalString();
        case "enableMonitoring" -> enableMonitoring = in.bool();
        default -> in.skip();
      }
    }
    return new IntelRdt(closId, schemata, l3CacheSchema, memBwSchema, enableMonitoring);
  }

  private static MemoryPolicy memoryPolicy(JsonIn in) {
    @Nullable MemoryPolicyMode mode = null;
    String nodes = "";
    List<MemoryPolicyFlag> flags = List.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "mode" -> mode = in.word(MemoryPolicyMode.values());
        case "nodes" -> nodes = in.string();
        case "flags" -> flags = in.list(i -> i.word(MemoryPolicyFlag.values()));
        default -> in.skip();
      }
    }
    return new MemoryPolicy(in.required(mode, "mode"), nodes, flags);
  }

  private static Personality personality(JsonIn in) {
    @Nullable PersonalityDomain domain = null;
    List<String> flags = List.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "domain" -> domain = in.word(PersonalityDomain.values());
        case "flags" -> flags = in.strings();
        default -> in.skip();
      }
    }
    return new Personality(in.required(domain, "domain"), flags);
  }

  private static TimeOffset timeOffset(JsonIn in) {
    long secs = 0;
    long nanosecs = 0;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "secs" -> secs = in.int64();
        case "nanosecs" -> nanosecs = in.uint32();
        default -> in.skip();
      }
    }
    return new TimeOffset(secs, nanosecs);
  }
}
