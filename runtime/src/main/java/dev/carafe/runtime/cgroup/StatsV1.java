package dev.carafe.runtime.cgroup;

import dev.carafe.ContainerStats;
import dev.carafe.ContainerStats.BlockIo;
import dev.carafe.ContainerStats.BlockIoCount;
import dev.carafe.ContainerStats.Cpu;
import dev.carafe.ContainerStats.CpuSet;
import dev.carafe.ContainerStats.HugePages;
import dev.carafe.ContainerStats.Memory;
import dev.carafe.ContainerStats.MemoryUse;
import dev.carafe.ContainerStats.Pids;
import dev.carafe.spec.NumberList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a cgroup of version 1 counts. */
final class StatsV1 {
  /** The unit of {@code cpuacct.stat}: USER_HZ is 100 on every architecture of ours. */
  private static final long TICK_NANOS = 10_000_000;

  private final Map<String, String> paths;

  StatsV1(Map<String, String> paths) {
    this.paths = paths;
  }

  private StatFiles files(String controller) {
    Optional<String> directory = CgroupStats.directory(paths, controller);
    return directory.isPresent() ? new StatFiles(directory.get()) : StatFiles.NONE;
  }

  ContainerStats read() {
    return new ContainerStats(cpu(), cpuSet(), memory(), pids(), blockIo(), hugePages());
  }

  private Cpu cpu() {
    StatFiles used = files("cpuacct");
    List<Long> perCpuKernel = new ArrayList<>();
    List<Long> perCpuUser = new ArrayList<>();
    List<String> all = used.lines("cpuacct.usage_all");
    // The first line says what the columns are: the processor, user, system.
    for (int i = 1; i < all.size(); i++) {
      List<Long> columns = StatFiles.numbers(all.get(i), 1);
      if (columns.size() >= 2) {
        perCpuUser.add(columns.get(0));
        perCpuKernel.add(columns.get(1));
      }
    }
    Map<String, Long> ticks = used.named("cpuacct.stat");
    Map<String, Long> quota = files("cpu").named("cpu.stat");
    return new Cpu(
        used.number("cpuacct.usage"),
        used.numbers("cpuacct.usage_percpu"),
        perCpuKernel,
        perCpuUser,
        StatFiles.get(ticks, "system") * TICK_NANOS,
        StatFiles.get(ticks, "user") * TICK_NANOS,
        StatFiles.get(quota, "nr_periods"),
        StatFiles.get(quota, "nr_throttled"),
        StatFiles.get(quota, "throttled_time"),
        Optional.empty());
  }

  private Optional<CpuSet> cpuSet() {
    if (CgroupStats.directory(paths, "cpuset").isEmpty()) {
      return Optional.empty();
    }
    StatFiles set = files("cpuset");
    return Optional.of(
        new CpuSet(
            list(set.text("cpuset.cpus")),
            set.number("cpuset.cpu_exclusive"),
            list(set.text("cpuset.mems")),
            set.number("cpuset.mem_hardwall"),
            set.number("cpuset.mem_exclusive"),
            set.number("cpuset.memory_migrate"),
            set.number("cpuset.memory_spread_page"),
            set.number("cpuset.memory_spread_slab"),
            set.number("cpuset.memory_pressure"),
            set.number("cpuset.sched_load_balance"),
            set.number("cpuset.sched_relax_domain_level")));
  }

  /** Returns the numbers of a list like {@code 0-3,7}. */
  private static List<Integer> list(String text) {
    List<Integer> all = new ArrayList<>();
    byte[] mask = NumberList.mask(text.strip());
    for (int i = 0; i < mask.length * 8; i++) {
      if ((mask[i / 8] >> i % 8 & 1) != 0) {
        all.add(i);
      }
    }
    return all;
  }

  private Memory memory() {
    StatFiles files = files("memory");
    Map<String, Long> raw = files.named("memory.stat");
    return new Memory(
        StatFiles.get(raw, "cache"),
        use(files, "memory"),
        use(files, "memory.memsw"),
        use(files, "memory.kmem"),
        use(files, "memory.kmem.tcp"),
        raw,
        Optional.empty());
  }

  private static MemoryUse use(StatFiles files, String kind) {
    return new MemoryUse(
        files.number(kind + ".limit_in_bytes"),
        files.number(kind + ".usage_in_bytes"),
        files.number(kind + ".max_usage_in_bytes"),
        files.number(kind + ".failcnt"));
  }

  private Pids pids() {
    StatFiles files = files("pids");
    return new Pids(files.number("pids.current"), Math.max(0, files.number("pids.max")));
  }

  /** Which files count depends on the scheduler: those that have something, in runc's order. */
  private BlockIo blockIo() {
    StatFiles files = files("blkio");
    BlockIo counted = ofScheduler(files, "blkio.bfq.");
    if (counted.serviced().isEmpty()) {
      counted = ofScheduler(files, "blkio.");
    }
    for (String end : List.of("_recursive", "")) {
      if (counted.serviced().isEmpty()) {
        counted =
            blockIo(
                counts(files, "blkio.throttle.io_service_bytes" + end),
                counts(files, "blkio.throttle.io_serviced" + end));
      }
    }
    return counted;
  }

  private static BlockIo blockIo(List<BlockIoCount> bytes, List<BlockIoCount> serviced) {
    List<BlockIoCount> none = List.of();
    return new BlockIo(bytes, serviced, none, none, none, none, none, none, Optional.empty());
  }

  private static BlockIo ofScheduler(StatFiles files, String prefix) {
    return new BlockIo(
        counts(files, prefix + "io_service_bytes_recursive"),
        counts(files, prefix + "io_serviced_recursive"),
        counts(files, prefix + "io_queued_recursive"),
        counts(files, prefix + "io_service_time_recursive"),
        counts(files, prefix + "io_wait_time_recursive"),
        counts(files, prefix + "io_merged_recursive"),
        counts(files, prefix + "time_recursive"),
        counts(files, prefix + "sectors_recursive"),
        Optional.empty());
  }

  /** Reads lines {@code 8:0 Read 4096}, or without an operation; the sum of all is passed over. */
  private static List<BlockIoCount> counts(StatFiles files, String name) {
    List<BlockIoCount> all = new ArrayList<>();
    for (String line : files.lines(name)) {
      List<String> words = StatFiles.words(line.replace(':', ' '));
      if (words.size() == 3 || words.size() == 4) {
        all.add(
            new BlockIoCount(
                StatFiles.parse(words.get(0)),
                StatFiles.parse(words.get(1)),
                words.size() == 4 ? words.get(2) : "",
                StatFiles.parse(words.get(words.size() - 1))));
      }
    }
    return all;
  }

  private Map<String, HugePages> hugePages() {
    Map<String, HugePages> all = new TreeMap<>();
    if (CgroupStats.directory(paths, "hugetlb").isEmpty()) {
      return all;
    }
    StatFiles files = files("hugetlb");
    for (String size : StatFiles.hugePageSizes()) {
      // What is reserved counts before it is used, where the kernel tells it.
      String kind = "hugetlb." + size + ".rsvd";
      if (!files.has(kind + ".usage_in_bytes")) {
        kind = "hugetlb." + size;
      }
      all.put(
          size,
          new HugePages(
              files.number(kind + ".usage_in_bytes"),
              files.number(kind + ".max_usage_in_bytes"),
              files.number(kind + ".failcnt")));
    }
    return all;
  }
}
