package dev.carafe.runtime.cgroup;

import dev.carafe.ContainerStats;
import dev.carafe.ContainerStats.BlockIo;
import dev.carafe.ContainerStats.BlockIoCount;
import dev.carafe.ContainerStats.Cpu;
import dev.carafe.ContainerStats.HugePages;
import dev.carafe.ContainerStats.Memory;
import dev.carafe.ContainerStats.MemoryUse;
import dev.carafe.ContainerStats.Pids;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a cgroup of version 2 counts, in the terms of version 1, as runc has it. */
final class StatsV2 {
  private static final int MICRO = 1000;

  private final StatFiles files;

  StatsV2(StatFiles files) {
    this.files = files;
  }

  ContainerStats read() {
    return new ContainerStats(cpu(), Optional.empty(), memory(), pids(), blockIo(), hugePages());
  }

  private Cpu cpu() {
    Map<String, Long> stat = files.named("cpu.stat");
    return new Cpu(
        StatFiles.get(stat, "usage_usec") * MICRO,
        List.of(),
        List.of(),
        List.of(),
        StatFiles.get(stat, "system_usec") * MICRO,
        StatFiles.get(stat, "user_usec") * MICRO,
        StatFiles.get(stat, "nr_periods"),
        StatFiles.get(stat, "nr_throttled"),
        StatFiles.get(stat, "throttled_usec") * MICRO,
        files.pressure("cpu.pressure"));
  }

  private Memory memory() {
    Map<String, Long> raw = files.named("memory.stat");
    MemoryUse usage =
        new MemoryUse(
            files.number("memory.max"),
            files.number("memory.current"),
            files.number("memory.peak"),
            0);
    return new Memory(
        StatFiles.get(raw, "file"),
        usage,
        swap(usage),
        MemoryUse.NONE,
        MemoryUse.NONE,
        raw,
        files.pressure("memory.pressure"));
  }

  /** Version 1 counts memory and swap together; the most of both together nobody knows. */
  private MemoryUse swap(MemoryUse memory) {
    long limit = files.number("memory.swap.max");
    if (limit != ContainerStats.NO_LIMIT) {
      limit =
          memory.limit() == ContainerStats.NO_LIMIT
              ? ContainerStats.NO_LIMIT
              : limit + memory.limit();
    }
    return new MemoryUse(limit, memory.usage() + files.number("memory.swap.current"), 0, 0);
  }

  private Pids pids() {
    if (!files.has("pids.current")) {
      // Without the controller there is no limit, but processes there are.
      return new Pids(files.lines("cgroup.procs").size(), 0);
    }
    return new Pids(files.number("pids.current"), Math.max(0, files.number("pids.max")));
  }

  /** Reads lines {@code 8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6}. */
  private BlockIo blockIo() {
    List<BlockIoCount> bytes = new ArrayList<>();
    List<BlockIoCount> serviced = new ArrayList<>();
    for (String line : files.lines("io.stat")) {
      List<String> words = StatFiles.words(line);
      String device = words.get(0);
      int colon = device.indexOf(':');
      if (colon < 0) {
        continue;
      }
      long major = StatFiles.parse(device.substring(0, colon));
      long minor = StatFiles.parse(device.substring(colon + 1));
      for (String word : words) {
        int equals = word.indexOf('=');
        String name = equals < 0 ? "" : word.substring(0, equals);
        String value = word.substring(equals + 1);
        String operation = name.startsWith("r") ? "Read" : "Write";
        switch (name) {
          case "rbytes", "wbytes" ->
              bytes.add(new BlockIoCount(major, minor, operation, StatFiles.parse(value)));
          case "rios", "wios" ->
              serviced.add(new BlockIoCount(major, minor, operation, StatFiles.parse(value)));
          default -> {}
        }
      }
    }
    List<BlockIoCount> none = List.of();
    return new BlockIo(
        bytes, serviced, none, none, none, none, none, none, files.pressure("io.pressure"));
  }

  private Map<String, HugePages> hugePages() {
    Map<String, HugePages> all = new TreeMap<>();
    for (String size : StatFiles.hugePageSizes()) {
      String kind = "hugetlb." + size;
      if (files.has(kind + ".current")) {
        // What is reserved counts before it is used, where the kernel tells it.
        String current = files.has(kind + ".rsvd.current") ? ".rsvd.current" : ".current";
        long failures = StatFiles.get(files.named(kind + ".events"), "max");
        all.put(size, new HugePages(files.number(kind + current), 0, failures));
      }
    }
    return all;
  }
}
