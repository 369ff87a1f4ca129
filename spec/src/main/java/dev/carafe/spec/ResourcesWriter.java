package dev.carafe.spec;

/** Writes the limits of a cgroup. */
final class ResourcesWriter {
  private ResourcesWriter() {}

  static void resources(JsonOut out, Resources r) {
    Fields.list(out, "devices", r.devices(), ResourcesWriter::deviceRule);
    Fields.object(out, "memory", r.memory(), ResourcesWriter::memory);
    Fields.object(out, "cpu", r.cpu(), ResourcesWriter::cpu);
    Fields.object(out, "pids", r.pids(), (o, pids) -> o.field("limit", pids.limit()));
    Fields.object(out, "blockIO", r.blockIo(), ResourcesWriter::blockIo);
    Fields.list(out, "hugepageLimits", r.hugepageLimits(), ResourcesWriter::hugepageLimit);
    Fields.object(out, "network", r.network(), ResourcesWriter::network);
    Fields.map(out, "rdma", r.rdma(), ResourcesWriter::rdma);
    Fields.stringMap(out, "unified", r.unified());
  }

  private static void deviceRule(JsonOut out, DeviceRule rule) {
    out.field("allow", rule.allow());
    Fields.word(out, "type", rule.type());
    out.field("major", rule.major());
    out.field("minor", rule.minor());
    out.field("access", rule.access());
  }

  private static void memory(JsonOut out, Memory m) {
    out.field("limit", m.limit());
    out.field("reservation", m.reservation());
    out.field("swap", m.swap());
    out.field("kernel", m.kernel());
    out.field("kernelTCP", m.kernelTcp());
    out.unsignedField("swappiness", m.swappiness());
    Fields.flag(out, "disableOOMKiller", m.disableOomKiller());
    Fields.flag(out, "useHierarchy", m.useHierarchy());
    Fields.flag(out, "checkBeforeUpdate", m.checkBeforeUpdate());
  }

  private static void cpu(JsonOut out, Cpu c) {
    out.unsignedField("shares", c.shares());
    out.field("quota", c.quota());
    out.unsignedField("burst", c.burst());
    out.unsignedField("period", c.period());
    out.field("realtimeRuntime", c.realtimeRuntime());
    out.unsignedField("realtimePeriod", c.realtimePeriod());
    out.field("cpus", c.cpus());
    out.field("mems", c.mems());
    out.field("idle", c.idle());
  }

  private static void blockIo(JsonOut out, BlockIo b) {
    out.field("weight", b.weight());
    out.field("leafWeight", b.leafWeight());
    Fields.list(out, "weightDevice", b.weightDevice(), ResourcesWriter::weightDevice);
    Fields.list(
        out, "throttleReadBpsDevice", b.throttleReadBpsDevice(), ResourcesWriter::throttleDevice);
    Fields.list(
        out, "throttleWriteBpsDevice", b.throttleWriteBpsDevice(), ResourcesWriter::throttleDevice);
    Fields.list(
        out, "throttleReadIOPSDevice", b.throttleReadIopsDevice(), ResourcesWriter::throttleDevice);
    Fields.list(
        out,
        "throttleWriteIOPSDevice",
        b.throttleWriteIopsDevice(),
        ResourcesWriter::throttleDevice);
  }

  private static void weightDevice(JsonOut out, WeightDevice device) {
    out.field("major", device.major());
    out.field("minor", device.minor());
    out.field("weight", device.weight());
    out.field("leafWeight", device.leafWeight());
  }

  private static void throttleDevice(JsonOut out, ThrottleDevice device) {
    out.field("major", device.major());
    out.field("minor", device.minor());
    out.name("rate").unsigned(device.rate());
  }

  private static void hugepageLimit(JsonOut out, HugepageLimit limit) {
    out.field("pageSize", limit.pageSize());
    out.name("limit").unsigned(limit.limit());
  }

  private static void network(JsonOut out, Network network) {
    out.field("classID", network.classId());
    Fields.list(
        out,
        "priorities",
        network.priorities(),
        (o, p) -> o.field("name", p.name()).field("priority", p.priority()));
  }

  private static void rdma(JsonOut out, Rdma rdma) {
    out.field("hcaHandles", rdma.hcaHandles());
    out.field("hcaObjects", rdma.hcaObjects());
  }
}
