package dev.carafe.runtime.cgroup;

import dev.carafe.spec.BlockIo;
import dev.carafe.spec.InterfacePriority;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Network;
import dev.carafe.spec.ThrottleDevice;
import dev.carafe.spec.WeightDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The limits as files of cgroup v1. */
final class LimitsV1 extends Limits {
  /** The real-time period of a new cgroup, in microseconds. */
  private static final long REALTIME_PERIOD = 1_000_000;

  LimitsV1(Controllers controllers, Changes to) {
    super(controllers, to);
  }

  // ---- processors

  @Override
  void shares(long shares) {
    set("cpu", "cpu.shares", "cpu.shares", Long.toString(Conversions.shares(shares)));
  }

  @Override
  void quota(long quota, long period) {
    String directory = directory("cpu", quota != 0 ? "cpu.quota" : "cpu.period");
    times(directory + "/cpu.cfs_", quota, "quota_us", period);
  }

  @Override
  String burstFile() {
    return "cpu.cfs_burst_us";
  }

  @Override
  void realtime(long runtime, long period) {
    String directory =
        directory("cpu", runtime != 0 ? "cpu.realtimeRuntime" : "cpu.realtimePeriod");
    if (runtime > 0) {
      realtimeAbove(directory, runtime, period);
    }
    times(directory + "/cpu.rt_", runtime, "runtime_us", period);
  }

  /**
   * A cgroup has real-time only out of that of the one above, and a new one has none. Those that
   * were made on the way to a container's get as much more as that one is to have; others are not
   * ours to change.
   */
  private void realtimeAbove(String directory, long runtime, long period) {
    long oldPeriod = current(directory + "/cpu.rt_period_us", REALTIME_PERIOD);
    long newPeriod = period != 0 ? period : oldPeriod;
    double more =
        (double) runtime / newPeriod
            - (double) current(directory + "/cpu.rt_runtime_us", 0) / oldPeriod;
    List<String> above = new ArrayList<>();
    for (String at = Paths.parent(directory);
        more > 0 && CgroupFiles.marked(at);
        at = Paths.parent(at)) {
      above.add(0, at);
    }
    for (String at : above) {
      long has = current(at + "/cpu.rt_runtime_us", 0);
      double needed = more * current(at + "/cpu.rt_period_us", REALTIME_PERIOD);
      // One more, as the kernel compares rounded fractions.
      to().set(at + "/cpu.rt_runtime_us", Long.toString(has + 1 + (long) Math.ceil(needed)));
    }
  }

  /**
   * Sets a time and the period that it is a share of. At no moment may the share be larger than
   * both the old and the new one: the cgroup above may not have as much.
   */
  private void times(String file, long time, String timeFile, long period) {
    boolean shorter =
        period != 0 && Long.compareUnsigned(period, current(file + "period_us", 0)) < 0;
    if (time != 0 && shorter) {
      to().set(file + timeFile, Long.toString(time));
    }
    if (period != 0) {
      to().set(file + "period_us", Long.toUnsignedString(period));
    }
    if (time != 0 && !shorter) {
      to().set(file + timeFile, Long.toString(time));
    }
  }

  // ---- memory

  @Override
  void memory(Memory memory) {
    memoryAndSwap(memory.limit().orElse(0), memory.swap().orElse(0));
    signed(memory.reservation(), "memory.reservation", "memory.soft_limit_in_bytes");
    signed(memory.kernelTcp(), "memory.kernelTCP", "memory.kmem.tcp.limit_in_bytes");
    if (memory.kernel().orElse(0) != 0) {
      warnOfKernelMemory("memory.kernel");
    }
    if (memory.swappiness().isPresent()) {
      String value = swappiness(memory.swappiness().getAsLong());
      set("memory", "memory.swappiness", "memory.swappiness", value);
    }
    flag(memory.disableOomKiller(), "memory.disableOOMKiller", "memory.oom_control");
    flag(memory.useHierarchy(), "memory.useHierarchy", "memory.use_hierarchy");
    // checkBeforeUpdate: a limit below what is used is refused by version 1 itself, with EBUSY.
  }

  private void signed(OptionalLong value, String field, String file) {
    if (value.orElse(0) != 0) {
      set("memory", field, file, Long.toString(value.getAsLong()));
    }
  }

  private void flag(Optional<Boolean> value, String field, String file) {
    if (value.isPresent()) {
      set("memory", field, file, value.get() ? "1" : "0");
    }
  }

  /** The kernel wants the limit of memory never above that of memory and swap together. */
  private void memoryAndSwap(long limit, long swap) {
    if (limit == 0 && swap == 0) {
      return;
    }
    String directory = directory("memory", limit != 0 ? "memory.limit" : "memory.swap");
    String limitFile = directory + "/memory.limit_in_bytes";
    String swapFile = directory + "/memory.memsw.limit_in_bytes";
    if (limit == 0) {
      to().set(swapFile, Long.toString(swap));
    } else if (swap == -1 || (swap == 0 && limit == -1)) {
      // Without a limit of memory one of both makes no sense. No limit is what is where swap is
      // not counted.
      to().setIfThere(swapFile, "-1");
      to().set(limitFile, Long.toString(limit));
    } else if (swap == 0) {
      to().set(limitFile, Long.toString(limit));
    } else if (current(limitFile, Long.MAX_VALUE) < swap) {
      to().set(swapFile, Long.toString(swap));
      to().set(limitFile, Long.toString(limit));
    } else {
      to().set(limitFile, Long.toString(limit));
      to().set(swapFile, Long.toString(swap));
    }
  }

  // ---- block I/O

  @Override
  void weights(BlockIo io) {
    if (io.weight().orElse(0) != 0) {
      to().set(weightFile("", "blockIO.weight"), Integer.toString(io.weight().getAsInt()));
    }
    if (io.leafWeight().orElse(0) != 0) {
      String value = Integer.toString(io.leafWeight().getAsInt());
      set("blkio", "blockIO.leafWeight", "blkio.leaf_weight", value);
    }
    for (WeightDevice each : io.weightDevice()) {
      String device = each.major() + ":" + each.minor() + " ";
      String field = "blockIO.weightDevice";
      if (each.weight().orElse(0) != 0) {
        to().set(weightFile("_device", field), device + each.weight().getAsInt());
      }
      if (each.leafWeight().orElse(0) != 0) {
        String value = device + each.leafWeight().getAsInt();
        set("blkio", field, "blkio.leaf_weight_device", value);
      }
    }
  }

  /** The weights belong to the CFQ scheduler of old kernels, or to BFQ, or are not there. */
  private String weightFile(String suffix, String field) {
    String directory = directory("blkio", field);
    String old = directory + "/blkio.weight" + suffix;
    String bfq = directory + "/blkio.bfq.weight" + suffix;
    return !CgroupFiles.exists(old) && CgroupFiles.exists(bfq) ? bfq : old;
  }

  @Override
  void throttle(List<ThrottleDevice> devices, String field, String kind, String key) {
    List<String> values = new ArrayList<>();
    for (ThrottleDevice each : devices) {
      values.add(each.major() + ":" + each.minor() + " " + Long.toUnsignedString(each.rate()));
    }
    if (!values.isEmpty()) {
      String directory = directory("blkio", "blockIO." + field);
      to().setEach(directory + "/blkio.throttle." + kind + "_device", values);
    }
  }

  // ---- the rest

  @Override
  String hugePageSuffix() {
    return ".limit_in_bytes";
  }

  @Override
  void network(Network network) {
    if (network.classId().orElse(0) != 0) {
      String value = Long.toString(network.classId().getAsLong());
      set("net_cls", "network.classID", "net_cls.classid", value);
    }
    List<String> values = new ArrayList<>();
    for (InterfacePriority each : network.priorities()) {
      values.add(each.name() + " " + each.priority());
    }
    if (!values.isEmpty()) {
      String directory = directory("net_prio", "network.priorities");
      to().setEach(directory + "/net_prio.ifpriomap", values);
    }
  }

  @Override
  void unified(Map<String, String> files) {
    throw new CgroupException(
        AT + "unified: names files of cgroup v2, and this machine's controllers are on v1");
  }
}
