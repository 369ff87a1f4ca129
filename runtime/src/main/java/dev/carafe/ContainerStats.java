package dev.carafe;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a container uses, as its cgroup counts it. What this machine does not count is 0, or absent
 * where that can be told. Numbers are unsigned; {@link #NO_LIMIT} is the greatest.
 *
 * @param cpu processor time
 * @param cpuSet processors and memory nodes, on cgroup v1 only
 * @param memory memory
 * @param pids processes and threads
 * @param blockIo input and output of block devices
 * @param hugePages huge pages, by their size: {@code 2MB}
 */
public record ContainerStats(
    Cpu cpu,
    Optional<CpuSet> cpuSet,
    Memory memory,
    Pids pids,
    BlockIo blockIo,
    Map<String, HugePages> hugePages) {

  /** What cgroup v2 calls {@code max}. */
  public static final long NO_LIMIT = -1;

  /** Keeps a copy that nobody can change. */
  public ContainerStats {
    hugePages = Map.copyOf(hugePages);
  }

  /**
   * Processor time, in nanoseconds. What is by processor is on cgroup v1 only.
   *
   * @param total all of it
   * @param perCpu of each processor
   * @param perCpuKernel of each processor, in the kernel
   * @param perCpuUser of each processor, in programs
   * @param kernel in the kernel
   * @param user in programs
   * @param periods how many periods of the quota there were
   * @param throttledPeriods in how many of them the quota was used up
   * @param throttledTime how long processes waited for the next period
   * @param pressure how long processes waited for a processor
   */
  public record Cpu(
      long total,
      List<Long> perCpu,
      List<Long> perCpuKernel,
      List<Long> perCpuUser,
      long kernel,
      long user,
      long periods,
      long throttledPeriods,
      long throttledTime,
      Optional<Pressure> pressure) {
    /** Keeps copies that nobody can change. */
    public Cpu {
      perCpu = List.copyOf(perCpu);
      perCpuKernel = List.copyOf(perCpuKernel);
      perCpuUser = List.copyOf(perCpuUser);
    }
  }

  /** What the files {@code cpuset.*} of cgroup v1 say. */
  public record CpuSet(
      List<Integer> cpus,
      long cpuExclusive,
      List<Integer> mems,
      long memHardwall,
      long memExclusive,
      long memoryMigrate,
      long memorySpreadPage,
      long memorySpreadSlab,
      long memoryPressure,
      long schedLoadBalance,
      long schedRelaxDomainLevel) {
    /** Keeps copies that nobody can change. */
    public CpuSet {
      cpus = List.copyOf(cpus);
      mems = List.copyOf(mems);
    }
  }

  /**
   * Memory, in bytes.
   *
   * @param cache of files
   * @param usage all of it
   * @param swap it and swap together
   * @param kernel of the kernel, on cgroup v1
   * @param kernelTcp of the kernel's TCP buffers, on cgroup v1
   * @param raw the lines of {@code memory.stat}
   * @param pressure how long processes waited for memory
   */
  public record Memory(
      long cache,
      MemoryUse usage,
      MemoryUse swap,
      MemoryUse kernel,
      MemoryUse kernelTcp,
      Map<String, Long> raw,
      Optional<Pressure> pressure) {
    /** Keeps a copy that nobody can change. */
    public Memory {
      raw = Map.copyOf(raw);
    }
  }

  /**
   * One kind of memory.
   *
   * @param limit the most that there may be
   * @param usage what there is
   * @param max the most that there was
   * @param failures how often the limit was hit
   */
  public record MemoryUse(long limit, long usage, long max, long failures) {
    /** Not counted here. */
    public static final MemoryUse NONE = new MemoryUse(0, 0, 0, 0);
  }

  /**
   * Processes and threads.
   *
   * @param current how many there are
   * @param limit how many there may be, 0 for no limit
   */
  public record Pids(long current, long limit) {}

  /** Input and output of block devices, each by device and operation. */
  public record BlockIo(
      List<BlockIoCount> serviceBytes,
      List<BlockIoCount> serviced,
      List<BlockIoCount> queued,
      List<BlockIoCount> serviceTime,
      List<BlockIoCount> waitTime,
      List<BlockIoCount> merged,
      List<BlockIoCount> time,
      List<BlockIoCount> sectors,
      Optional<Pressure> pressure) {
    /** Keeps copies that nobody can change. */
    public BlockIo {
      serviceBytes = List.copyOf(serviceBytes);
      serviced = List.copyOf(serviced);
      queued = List.copyOf(queued);
      serviceTime = List.copyOf(serviceTime);
      waitTime = List.copyOf(waitTime);
      merged = List.copyOf(merged);
      time = List.copyOf(time);
      sectors = List.copyOf(sectors);
    }
  }

  /**
   * A count of one device and operation.
   *
   * @param operation {@code Read}, {@code Write} and others; empty where there is no difference
   */
  public record BlockIoCount(long major, long minor, String operation, long value) {}

  /** Huge pages of one size, in bytes; how often the limit was hit. */
  public record HugePages(long usage, long max, long failures) {}

  /**
   * How long processes waited for something (the kernel's pressure stall information).
   *
   * @param some at least one of them
   * @param full all of them at once
   */
  public record Pressure(Waiting some, Waiting full) {}

  /**
   * Time spent waiting.
   *
   * @param avg10 per cent of the last 10 seconds
   * @param avg60 per cent of the last minute
   * @param avg300 per cent of the last five minutes
   * @param total microseconds in all
   */
  public record Waiting(double avg10, double avg60, double avg300, long total) {
    /** None. */
    public static final Waiting NONE = new Waiting(0, 0, 0, 0);
  }
}
