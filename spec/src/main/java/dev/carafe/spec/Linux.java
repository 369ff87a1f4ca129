package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is particular to Linux (config-linux.md).
 *
 * @param uidMappings the user namespace's user ids.
 * @param gidMappings the user namespace's group ids.
 * @param sysctl the kernel parameters, in the order of the file.
 * @param resources the limits of the cgroup.
 * @param cgroupsPath the cgroup's path.
 * @param namespaces the namespaces that are made or joined; the others are the runtime's.
 * @param devices device nodes beside the default ones.
 * @param netDevices network devices of the host that move into the container, by their names there.
 * @param seccomp the system call filter.
 * @param rootfsPropagation how mounts spread from and to the root.
 * @param maskedPaths the paths that cannot be read.
 * @param readonlyPaths the paths that cannot be written.
 * @param mountLabel the SELinux label of mounts.
 * @param intelRdt Intel's Resource Director Technology.
 * @param memoryPolicy the NUMA memory policy.
 * @param personality the execution domain.
 * @param timeOffsets the time namespace's offsets, by the clock's name.
 */
public record Linux(
    List<IdMapping> uidMappings,
    List<IdMapping> gidMappings,
    Map<String, String> sysctl,
    Optional<Resources> resources,
    Optional<String> cgroupsPath,
    List<Namespace> namespaces,
    List<Device> devices,
    Map<String, NetDevice> netDevices,
    Optional<Seccomp> seccomp,
    Optional<Propagation> rootfsPropagation,
    List<String> maskedPaths,
    List<String> readonlyPaths,
    Optional<String> mountLabel,
    Optional<IntelRdt> intelRdt,
    Optional<MemoryPolicy> memoryPolicy,
    Optional<Personality> personality,
    Map<String, TimeOffset> timeOffsets) {
  /** Keeps copies that nobody can change. */
  public Linux {
    uidMappings = List.copyOf(uidMappings);
    gidMappings = List.copyOf(gidMappings);
    sysctl = Copies.of(sysctl);
    namespaces = List.copyOf(namespaces);
    devices = List.copyOf(devices);
    netDevices = Copies.of(netDevices);
    maskedPaths = List.copyOf(maskedPaths);
    readonlyPaths = List.copyOf(readonlyPaths);
    timeOffsets = Copies.of(timeOffsets);
  }

  /** Finds the entry for a kind of namespace. */
  public Optional<Namespace> namespace(NamespaceType type) {
    for (Namespace n : namespaces) {
      if (n.type() == type) {
        return Optional.of(n);
      }
    }
    return Optional.empty();
  }

  /** Begins one with nothing but the required parts. */
  public static Builder builder() {
    return new Builder();
  }

  /** Begins one with all parts of this. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.uidMappings = uidMappings;
    b.gidMappings = gidMappings;
    b.sysctl = sysctl;
    b.resources = resources;
    b.cgroupsPath = cgroupsPath;
    b.namespaces = namespaces;
    b.devices = devices;
    b.netDevices = netDevices;
    b.seccomp = seccomp;
    b.rootfsPropagation = rootfsPropagation;
    b.maskedPaths = maskedPaths;
    b.readonlyPaths = readonlyPaths;
    b.mountLabel = mountLabel;
    b.intelRdt = intelRdt;
    b.memoryPolicy = memoryPolicy;
    b.personality = personality;
    b.timeOffsets = timeOffsets;
    return b;
  }

  /** Makes one part by part. */
  public static final class Builder {
    private List<IdMapping> uidMappings = List.of();
    private List<IdMapping> gidMappings = List.of();
    private Map<String, String> sysctl = Map.of();
    private Optional<Resources> resources = Optional.empty();
    private Optional<String> cgroupsPath = Optional.empty();
    private List<Namespace> namespaces = List.of();
    private List<Device> devices = List.of();
    private Map<String, NetDevice> netDevices = Map.of();
    private Optional<Seccomp> seccomp = Optional.empty();
    private Optional<Propagation> rootfsPropagation = Optional.empty();
    private List<String> maskedPaths = List.of();
    private List<String> readonlyPaths = List.of();
    private Optional<String> mountLabel = Optional.empty();
    private Optional<IntelRdt> intelRdt = Optional.empty();
    private Optional<MemoryPolicy> memoryPolicy = Optional.empty();
    private Optional<Personality> personality = Optional.empty();
    private Map<String, TimeOffset> timeOffsets = Map.of();

    private Builder() {}

    /** Sets the user namespace's user ids. */
    public Builder uidMappings(List<IdMapping> uidMappings) {
      this.uidMappings = uidMappings;
      return this;
    }

    /** Sets the user namespace's group ids. */
    public Builder gidMappings(List<IdMapping> gidMappings) {
      this.gidMappings = gidMappings;
      return this;
    }

    /** Sets the kernel parameters, in the order of the file. */
    public Builder sysctl(Map<String, String> sysctl) {
      this.sysctl = sysctl;
      return this;
    }

    /** Sets the limits of the cgroup. */
    public Builder resources(Resources resources) {
      this.resources = Optional.of(resources);
      return this;
    }

    /** Sets the cgroup's path. */
    public Builder cgroupsPath(String cgroupsPath) {
      this.cgroupsPath = Optional.of(cgroupsPath);
      return this;
    }

    /** Sets the namespaces that are made or joined; the others are the runtime's. */
    public Builder namespaces(List<Namespace> namespaces) {
      this.namespaces = namespaces;
      return this;
    }

    /** Sets device nodes beside the default ones. */
    public Builder devices(List<Device> devices) {
      this.devices = devices;
      return this;
    }

    /** Sets network devices of the host that move into the container, by their names there. */
    public Builder netDevices(Map<String, NetDevice> netDevices) {
      this.netDevices = netDevices;
      return this;
    }

    /** Sets the system call filter. */
    public Builder seccomp(Seccomp seccomp) {
      this.seccomp = Optional.of(seccomp);
      return this;
    }

    /** Sets how mounts spread from and to the root. */
    public Builder rootfsPropagation(Propagation rootfsPropagation) {
      this.rootfsPropagation = Optional.of(rootfsPropagation);
      return this;
    }

    /** Sets the paths that cannot be read. */
    public Builder maskedPaths(List<String> maskedPaths) {
      this.maskedPaths = maskedPaths;
      return this;
    }

    /** Sets the paths that cannot be written. */
    public Builder readonlyPaths(List<String> readonlyPaths) {
      this.readonlyPaths = readonlyPaths;
      return this;
    }

    /** Sets the SELinux label of mounts. */
    public Builder mountLabel(String mountLabel) {
      this.mountLabel = Optional.of(mountLabel);
      return this;
    }

    /** Sets Intel's Resource Director Technology. */
    public Builder intelRdt(IntelRdt intelRdt) {
      this.intelRdt = Optional.of(intelRdt);
      return this;
    }

    /** Sets the NUMA memory policy. */
    public Builder memoryPolicy(MemoryPolicy memoryPolicy) {
      this.memoryPolicy = Optional.of(memoryPolicy);
      return this;
    }

    /** Sets the execution domain. */
    public Builder personality(Personality personality) {
      this.personality = Optional.of(personality);
      return this;
    }

    /** Sets the time namespace's offsets, by the clock's name. */
    public Builder timeOffsets(Map<String, TimeOffset> timeOffsets) {
      this.timeOffsets = timeOffsets;
      return this;
    }

    /** Makes the record. */
    public Linux build() {
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
  }
}
