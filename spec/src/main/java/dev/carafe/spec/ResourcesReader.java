package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads the limits of a cgroup (config-linux.md, Control groups). */
final class ResourcesReader {
  private ResourcesReader() {}

  static Resources resources(JsonIn in) {
    List<DeviceRule> devices = List.of();
    Optional<Memory> memory = Optional.empty();
    Optional<Cpu> cpu = Optional.empty();
    Optional<Pids> pids = Optional.empty();
    Optional<BlockIo> blockIo = Optional.empty();
    List<HugepageLimit> hugepageLimits = List.of();
    Optional<Network> network = Optional.empty();
    Map<String, Rdma> rdma = Map.of();
    Map<String, String> unified = Map.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "devices" -> devices = in.list(ResourcesReader::deviceRule);
        case "memory" -> memory = Optional.of(memory(in));
        case "cpu" -> cpu = Optional.of(cpu(in));
        case "pids" -> pids = Optional.of(pids(in));
        case "blockIO" -> blockIo = Optional.of(blockIo(in));
        case "hugepageLimits" -> hugepageLimits = in.list(ResourcesReader::hugepageLimit);
        case "network" -> network = Optional.of(network(in));
        case "rdma" -> rdma = in.map(ResourcesReader::rdma);
        case "unified" -> unified = in.stringMap();
        default -> in.skip();
      }
    }
    return new Resources(
        devices, memory, cpu, pids, blockIo, hugepageLimits, network, rdma, unified);
  }

  private static DeviceRule deviceRule(JsonIn in) {
    @Nullable Boolean allow = null;
    Optional<DeviceType> type = Optional.empty();
    OptionalLong major = OptionalLong.empty();
    OptionalLong minor = OptionalLong.empty();
    Optional<String> access = Optional.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "allow" -> allow = in.bool();
        case "type" -> type = in.optionalWord(DeviceType.values());
        case "major" -> major = OptionalLong.of(in.int64());
        case "minor" -> minor = OptionalLong.of(in.int64());
        case "access" -> access = in.optionalString();
        default -> in.skip();
      }
    }
    return new DeviceRule(in.required(allow, "allow"), type, major, minor, access);
  }

  private static Memory memory(JsonIn in) {
    OptionalLong limit = OptionalLong.empty();
    OptionalLong reservation = OptionalLong.empty();
    OptionalLong swap = OptionalLong.empty();
    OptionalLong kernel = OptionalLong.empty();
    OptionalLong kernelTcp = OptionalLong.empty();
    OptionalLong swappiness = OptionalLong.empty();
    Optional<Boolean> disableOomKiller = Optional.empty();
    Optional<Boolean> useHierarchy = Optional.empty();
    Optional<Boolean> checkBeforeUpdate = Optional.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "limit" -> limit = OptionalLong.of(in.int64());
        case "reservation" -> reservation = OptionalLong.of(in.int64());
        case "swap" -> swap = OptionalLong.of(in.int64());
        case "kernel" -> kernel = OptionalLong.of(in.int64());
        case "kernelTCP" -> kernelTcp = OptionalLong.of(in.int64());
        case "swappiness" -> swappiness = OptionalLong.of(in.uint64());
        case "disableOOMKiller" -> disableOomKiller = Optional.of(in.bool());
        case "useHierarchy" -> useHierarchy = Optional.of(in.bool());
        case "checkBeforeUpdate" -> checkBeforeUpdate = Optional.of(in.bool());
        default -> in.skip();
      }
    }
    return new Memory(
        limit,
        reservation,
        swap,
        kernel,
        kernelTcp,
        swappiness,
        disableOomKiller,
        useHierarchy,
        checkBeforeUpdate);
  }

  private static Cpu cpu(JsonIn in) {
    OptionalLong shares = OptionalLong.empty();
    OptionalLong quota = OptionalLong.empty();
    OptionalLong burst = OptionalLong.empty();
    OptionalLong period = OptionalLong.empty();
    OptionalLong realtimeRuntime = OptionalLong.empty();
    OptionalLong realtimePeriod = OptionalLong.empty();
    Optional<String> cpus = Optional.empty();
    Optional<String> mems = Optional.empty();
    OptionalLong idle = OptionalLong.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "shares" -> shares = OptionalLong.of(in.uint64());
        case "quota" -> quota = OptionalLong.of(in.int64());
        case "burst" -> burst = OptionalLong.of(in.uint64());
        case "period" -> period = OptionalLong.of(in.uint64());
        case "realtimeRuntime" -> realtimeRuntime = OptionalLong.of(in.int64());
        case "realtimePeriod" -> realtimePeriod = OptionalLong.of(in.uint64());
        case "cpus" -> cpus = in.optionalString();
        case "mems" -> mems = in.optionalString();
        case "idle" -> idle = OptionalLong.of(in.int64());
        default -> in.skip();
      }
    }
    return new Cpu(shares, quota, burst, period, realtimeRuntime, realtimePeriod, cpus, mems, idle);
  }

  private static Pids pids(JsonIn in) {
    OptionalLong limit = OptionalLong.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "limit" -> limit = OptionalLong.of(in.int64());
        default -> in.skip();
      }
    }
    return new Pids(limit);
  }

  private static BlockIo blockIo(JsonIn in) {
    OptionalInt weight = OptionalInt.empty();
    OptionalInt leafWeight = OptionalInt.empty();
    List<WeightDevice> weightDevice = List.of();
    List<ThrottleDevice> readBps = List.of();
    List<ThrottleDevice> writeBps = List.of();
    List<ThrottleDevice> readIops = List.of();
    List<ThrottleDevice> writeIops = List.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "weight" -> weight = OptionalInt.of(in.uint16());
        case "leafWeight" -> leafWeight = OptionalInt.of(in.uint16());
        case "weightDevice" -> weightDevice = in.list(ResourcesReader::weightDevice);
        case "throttleReadBpsDevice" -> readBps = in.list(ResourcesReader::throttleDevice);
        case "throttleWriteBpsDevice" -> writeBps = in.list(ResourcesReader::throttleDevice);
        case "throttleReadIOPSDevice" -> readIops = in.list(ResourcesReader::throttleDevice);
        case "throttleWriteIOPSDevice" -> writeIops = in.list(ResourcesReader::throttleDevice);
        default -> in.skip();
      }
    }
    return new BlockIo(weight, leafWeight, weightDevice, readBps, writeBps, readIops, writeIops);
  }

  private static WeightDevice weightDevice(JsonIn in) {
    @Nullable Long major = null;
    @Nullable Long minor = null;
    OptionalInt weight = OptionalInt.empty();
    OptionalInt leafWeight = OptionalInt.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "major" -> major = in.int64();
        case "minor" -> minor = in.int64();
        case "weight" -> weight = OptionalInt.of(in.uint16());
        case "leafWeight" -> leafWeight = OptionalInt.of(in.uint16());
        default -> in.skip();
      }
    }
    return new WeightDevice(
        in.required(major, "major"), in.required(minor, "minor"), weight, leafWeight);
  }

  private static ThrottleDevice throttleDevice(JsonIn in) {
    @Nullable Long major = null;
    @Nullable Long minor = null;
    @Nullable Long rate = null;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "major" -> major = in.int64();
        case "minor" -> minor = in.int64();
        case "rate" -> rate = in.uint64();
        default -> in.skip();
      }
    }
    return new ThrottleDevice(
        in.required(major, "major"), in.required(minor, "minor"), in.required(rate, "rate"));
  }

  private static HugepageLimit hugepageLimit(JsonIn in) {
    @Nullable String pageSize = null;
    @Nullable Long limit = null;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "pageSize" -> pageSize = in.string();
        case "limit" -> limit = in.uint64();
        default -> in.skip();
      }
    }
    return new HugepageLimit(in.required(pageSize, "pageSize"), in.required(limit, "limit"));
  }

  private static Network network(JsonIn in) {
    OptionalLong classId = OptionalLong.empty();
    List<InterfacePriority> priorities = List.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "classID" -> classId = OptionalLong.of(in.uint32());
        case "priorities" -> priorities = in.list(ResourcesReader::interfacePriority);
        default -> in.skip();
      }
    }
    return new Network(classId, priorities);
  }

  private static InterfacePriority interfacePriority(JsonIn in) {
    @Nullable String name = null;
    @Nullable Long priority = null;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "name" -> name = in.string();
        case "priority" -> priority = in.uint32();
        default -> in.skip();
      }
    }
    return new InterfacePriority(in.required(name, "name"), in.required(priority, "priority"));
  }

  private static Rdma rdma(JsonIn in) {
    OptionalLong hcaHandles = OptionalLong.empty();
    OptionalLong hcaObjects = OptionalLong.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "hcaHandles" -> hcaHandles = OptionalLong.of(in.uint32());
        case "hcaObjects" -> hcaObjects = OptionalLong.of(in.uint32());
        default -> in.skip();
      }
    }
    return new Rdma(hcaHandles, hcaObjects);
  }
}
