package dev.carafe.cli;

import dev.carafe.ContainerStats;
import dev.carafe.ContainerStats.BlockIo;
import dev.carafe.ContainerStats.BlockIoCount;
import dev.carafe.ContainerStats.Cpu;
import dev.carafe.ContainerStats.CpuSet;
import dev.carafe.ContainerStats.HugePages;
import dev.carafe.ContainerStats.Memory;
import dev.carafe.ContainerStats.MemoryUse;
import dev.carafe.ContainerStats.Pressure;
import dev.carafe.ContainerStats.Waiting;
import dev.carafe.spec.JsonOut;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The lines of {@code carafe events}, field by field as runc writes them. */
final class StatsJson {
  private static final CpuSet NO_CPU_SET =
      new CpuSet(List.of(), 0, List.of(), 0, 0, 0, 0, 0, 0, 0, 0);

  private final JsonOut out = JsonOut.compact();

  private StatsJson() {}

  static String outOfMemory(String id) {
    JsonOut out = JsonOut.compact().beginObject().field("type", "oom").field("id", id);
    return out.endObject() + "\n";
  }

  static String event(String id, ContainerStats stats) {
    StatsJson json = new StatsJson();
    json.out.beginObject().field("type", "stats").field("id", id).name("data");
    json.stats(stats);
    return json.out.endObject() + "\n";
  }

  private void stats(ContainerStats stats) {
    out.beginObject();
    cpu(stats.cpu());
    cpuSet(stats.cpuSet().orElse(NO_CPU_SET));
    memory(stats.memory());
    out.name("pids").beginObject();
    some("current", stats.pids().current());
    some("limit", stats.pids().limit());
    out.endObject();
    blockIo(stats.blockIo());
    out.name("hugetlb").beginObject();
    for (Map.Entry<String, HugePages> each : new TreeMap<>(stats.hugePages()).entrySet()) {
      out.name(each.getKey()).beginObject();
      some("usage", each.getValue().usage());
      some("max", each.getValue().max());
      all("failcnt", each.getValue().failures());
      out.endObject();
    }
    out.endObject();
    out.name("intel_rdt").beginObject().endObject();
    // runc counts only interfaces that it has made itself, of which there are none.
    out.name("network_interfaces").nothing();
    out.endObject();
  }

  private void cpu(Cpu cpu) {
    out.name("cpu").beginObject().name("usage").beginObject();
    some("total", cpu.total());
    some("percpu", cpu.perCpu());
    some("percpu_kernel", cpu.perCpuKernel());
    some("percpu_user", cpu.perCpuUser());
    all("kernel", cpu.kernel());
    all("user", cpu.user());
    out.endObject().name("throttling").beginObject();
    some("periods", cpu.periods());
    some("throttledPeriods", cpu.throttledPeriods());
    some("throttledTime", cpu.throttledTime());
    out.endObject();
    pressure(cpu.pressure());
    out.endObject();
  }

  private void cpuSet(CpuSet set) {
    out.name("cpuset").beginObject();
    integers("cpus", set.cpus());
    all("cpu_exclusive", set.cpuExclusive());
    integers("mems", set.mems());
    all("mem_hardwall", set.memHardwall());
    all("mem_exclusive", set.memExclusive());
    all("memory_migrate", set.memoryMigrate());
    all("memory_spread_page", set.memorySpreadPage());
    all("memory_spread_slab", set.memorySpreadSlab());
    all("memory_pressure", set.memoryPressure());
    all("sched_load_balance", set.schedLoadBalance());
    out.field("sched_relax_domain_level", set.schedRelaxDomainLevel());
    out.endObject();
  }

  private void memory(Memory memory) {
    out.name("memory").beginObject();
    some("cache", memory.cache());
    use("usage", memory.usage());
    use("swap", memory.swap());
    use("kernel", memory.kernel());
    use("kernelTCP", memory.kernelTcp());
    if (!memory.raw().isEmpty()) {
      out.name("raw").beginObject();
      for (Map.Entry<String, Long> each : new TreeMap<>(memory.raw()).entrySet()) {
        all(each.getKey(), each.getValue());
      }
      out.endObject();
    }
    pressure(memory.pressure());
    out.endObject();
  }

  private void use(String name, MemoryUse use) {
    out.name(name).beginObject();
    all("limit", use.limit());
    some("usage", use.usage());
    some("max", use.max());
    all("failcnt", use.failures());
    out.endObject();
  }

  private void blockIo(BlockIo io) {
    out.name("blkio").beginObject();
    counts("ioServiceBytesRecursive", io.serviceBytes());
    counts("ioServicedRecursive", io.serviced());
    counts("ioQueueRecursive", io.queued());
    counts("ioServiceTimeRecursive", io.serviceTime());
    counts("ioWaitTimeRecursive", io.waitTime());
    counts("ioMergedRecursive", io.merged());
    counts("ioTimeRecursive", io.time());
    counts("sectorsRecursive", io.sectors());
    pressure(io.pressure());
    out.endObject();
  }

  private void counts(String name, List<BlockIoCount> counts) {
    if (counts.isEmpty()) {
      return;
    }
    out.name(name).beginArray();
    for (BlockIoCount each : counts) {
      out.beginObject();
      some("major", each.major());
      some("minor", each.minor());
      if (!each.operation().isEmpty()) {
        out.field("op", each.operation());
      }
      some("value", each.value());
      out.endObject();
    }
    out.endArray();
  }

  private void pressure(Optional<Pressure> pressure) {
    if (pressure.isPresent()) {
      out.name("psi").beginObject();
      waiting("some", pressure.get().some());
      waiting("full", pressure.get().full());
      out.endObject();
    }
  }

  private void waiting(String name, Waiting waiting) {
    out.name(name).beginObject();
    out.name("avg10").number(waiting.avg10());
    out.name("avg60").number(waiting.avg60());
    out.name("avg300").number(waiting.avg300());
    all("total", waiting.total());
    out.endObject();
  }

  /** Writes a number. */
  private void all(String name, long value) {
    out.name(name).unsigned(value);
  }

  /** Writes a number that is left out when it is 0. */
  private void some(String name, long value) {
    if (value != 0) {
      all(name, value);
    }
  }

  /** Writes numbers that are left out when there are none. */
  private void some(String name, List<Long> values) {
    if (!values.isEmpty()) {
      out.name(name).beginArray();
      for (long value : values) {
        out.unsigned(value);
      }
      out.endArray();
    }
  }

  private void integers(String name, List<Integer> values) {
    if (!values.isEmpty()) {
      out.name(name).beginArray();
      for (int value : values) {
        out.number(value);
      }
      out.endArray();
    }
  }
}
