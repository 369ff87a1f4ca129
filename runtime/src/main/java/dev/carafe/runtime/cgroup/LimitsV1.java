package dev.carafe.runtime.cgroup;

import dev.carafe.spec.BlockIo;
import dev.carafe.spec.Cpu;
import dev.carafe.spec.HugepageLimit;
import dev.carafe.spec.InterfacePriority;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Network;
import dev.carafe.spec.Resources;
import dev.carafe.spec.ThrottleDevice;
import dev.carafe.spec.WeightDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The limits as files of cgroup v1. Where the values 0 and -1 mean "not set" is as in runc. */
final class LimitsV1 {
  private static final String AT = "linux.resources.";

  private final Controllers controllers;
  private final Changes to;

  LimitsV1(Controllers controllers, Changes to) {
    this.controllers = controllers;
    this.to = to;
  }

  /** Adds what {@code resources} ask for, except the devices. */
  void add(Resources resources) {
    if (resources.cpu().isPresent()) {
      cpu(resources.cpu().get());
    }
    if (resources.memory().isPresent()) {
      memory(resources.memory().get());
    }
    if (resources.pids().isPresent() && resources.pids().get().limit().isPresent()) {
      to.set(
          controllers.directory("pids", AT + "pids.limit") + "/pids.max",
          SharedLimits.pids(resources.pids().get().limit().getAsLong()));
    }
    if (resources.blockIo().isPresent()) {
      blockIo(resources.blockIo().get());
    }
    for (HugepageLimit each : resources.hugepageLimits()) {
      String file = SharedLimits.hugetlb(controllers, each);
      String value = Long.toUnsignedString(each.limit());
      to.set(file + ".limit_in_bytes", value);
      // Reservations count since Linux 5.7.
      to.setIfThere(file + ".rsvd.limit_in_bytes", value);
    }
    if (resources.network().isPresent()) {
      network(resources.network().get());
    }
    SharedLimits.rdma(controllers, resources, to);
    if (!resources.unified().isEmpty()) {
      throw new CgroupException(
          AT + "unified: names files of cgroup v2, and this machine's controllers are on v1");
    }
  }

  private void cpu(Cpu cpu) {
    String time = AT + "cpu";
    boolean idle = cpu.idle().orElse(0) == 1;
    if (cpu.idle().isPresent() && !idle) {
      to.set(controllers.directory("cpu", time) + "/cpu.idle", "" + cpu.idle().getAsLong());
    }
    if (cpu.shares().orElse(0) != 0) {
      long shares = Conversions.shares(cpu.shares().getAsLong());
      to.set(controllers.directory("cpu", time + ".shares") + "/cpu.shares", "" + shares);
    }
    if (idle) {
      // After the shares: in an idle cgroup they cannot be set.
      to.set(controllers.directory("cpu", time + ".idle") + "/cpu.idle", "1");
    }
    unsigned(cpu.realtimePeriod(), "cpu", time + ".realtimePeriod", "cpu.rt_period_us");
    signed(cpu.realtimeRuntime(), "cpu", time + ".realtimeRuntime", "cpu.rt_runtime_us");
    unsigned(cpu.period(), "cpu", time + ".period", "cpu.cfs_period_us");
    signed(cpu.quota(), "cpu", time + ".quota", "cpu.cfs_quota_us");
    if (cpu.burst().isPresent()) {
      to.set(
          controllers.directory("cpu", time + ".burst") + "/cpu.cfs_burst_us",
          Long.toUnsignedString(cpu.burst().getAsLong()));
    }
    SharedLimits.cpuset(controllers, cpu, to);
  }

  private void unsigned(OptionalLong value, String controller, String wanted, String file) {
    if (value.orElse(0) != 0) {
      to.set(
          controllers.directory(controller, wanted) + "/" + file,
          Long.toUnsignedString(value.getAsLong()));
    }
  }

  private void signed(OptionalLong value, String controller, String wanted, String file) {
    if (value.orElse(0) != 0) {
      to.set(controllers.directory(controller, wanted) + "/" + file, "" + value.getAsLong());
    }
  }

  private void memory(Memory memory) {
    memoryAndSwap(memory);
    String at = AT + "memory";
    signed(memory.reservation(), "memory", at + ".reservation", "memory.soft_limit_in_bytes");
    signed(memory.kernelTcp(), "memory", at + ".kernelTCP", "memory.kmem.tcp.limit_in_bytes");
    if (memory.kernel().orElse(0) != 0) {
      to.warn(at + ".kernel is ignored: the kernel does not limit its own memory any more");
    }
    if (memory.swappiness().isPresent()) {
      to.set(
          controllers.directory("memory", at + ".swappiness") + "/memory.swappiness",
          "" + SharedLimits.swappiness(memory.swappiness().getAsLong()));
    }
    if (memory.disableOomKiller().orElse(false)) {
      to.set(
          controllers.directory("memory", at + ".disableOOMKiller") + "/memory.oom_control", "1");
    }
    if (memory.useHierarchy().isPresent()) {
      String directory = controllers.directory("memory", at + ".useHierarchy");
      to.set(directory + "/memory.use_hierarchy", memory.useHierarchy().get() ? "1" : "0");
    }
    // checkBeforeUpdate: a limit below what is used is refused by version 1 itself, with EBUSY.
  }

  /** The kernel wants the limit of memory never above that of memory and swap together. */
  private void memoryAndSwap(Memory memory) {
    long limit = memory.limit().orElse(0);
    long swap = memory.swap().orElse(0);
    if (limit == 0 && swap == 0) {
      return;
    }
    String wanted = AT + (limit != 0 ? "memory.limit" : "memory.swap");
    String directory = controllers.directory("memory", wanted);
    String limitFile = directory + "/memory.limit_in_bytes";
    String swapFile = directory + "/memory.memsw.limit_in_bytes";
    if (limit == 0) {
      to.set(swapFile, "" + swap);
    } else if (swap == 0 && limit == -1) {
      // Without a limit of memory none of both makes sense, where swap is counted at all.
      to.setIfThere(swapFile, "-1");
      to.set(limitFile, "-1");
    } else if (swap == 0) {
      to.set(limitFile, "" + limit);
    } else if (swap == -1) {
      to.setIfThere(swapFile, "-1");
      to.set(limitFile, "" + limit);
    } else if (Long.compareUnsigned(current(limitFile), swap) < 0) {
      to.set(swapFile, "" + swap);
      to.set(limitFile, "" + limit);
    } else {
      to.set(limitFile, "" + limit);
      to.set(swapFile, "" + swap);
    }
  }

  /** Returns the limit of now; of a cgroup that is not made yet, none. */
  private static long current(String file) {
    Optional<String> text = CgroupFiles.read(file);
    return text.isPresent() ? Long.parseUnsignedLong(text.get()) : Long.MAX_VALUE;
  }

  private void blockIo(BlockIo io) {
    String at = AT + "blockIO";
    if (io.weight().orElse(0) != 0) {
      to.set(weightFile("", at + ".weight"), "" + io.weight().getAsInt());
    }
    if (io.leafWeight().orElse(0) != 0) {
      String directory = controllers.directory("blkio", at + ".leafWeight");
      to.set(directory + "/blkio.leaf_weight", "" + io.leafWeight().getAsInt());
    }
    for (WeightDevice each : io.weightDevice()) {
      String device = each.major() + ":" + each.minor() + " ";
      if (each.weight().isPresent()) {
        String file = weightFile("_device", at + ".weightDevice");
        to.set(file, device + each.weight().getAsInt());
      }
      if (each.leafWeight().isPresent()) {
        String directory = controllers.directory("blkio", at + ".weightDevice");
        to.set(directory + "/blkio.leaf_weight_device", device + each.leafWeight().getAsInt());
      }
    }
    throttle(io.throttleReadBpsDevice(), "throttleReadBpsDevice", "read_bps");
    throttle(io.throttleWriteBpsDevice(), "throttleWriteBpsDevice", "write_bps");
    throttle(io.throttleReadIopsDevice(), "throttleReadIOPSDevice", "read_iops");
    throttle(io.throttleWriteIopsDevice(), "throttleWriteIOPSDevice", "write_iops");
  }

  /** The weights belong to the CFQ scheduler of old kernels, or to BFQ, or are not there. */
  private String weightFile(String suffix, String wanted) {
    String directory = controllers.directory("blkio", wanted);
    String old = directory + "/blkio.weight" + suffix;
    String bfq = directory + "/blkio.bfq.weight" + suffix;
    return !CgroupFiles.exists(old) && CgroupFiles.exists(bfq) ? bfq : old;
  }

  private void throttle(List<ThrottleDevice> devices, String field, String file) {
    List<String> values = new ArrayList<>();
    for (ThrottleDevice each : devices) {
      values.add(each.major() + ":" + each.minor() + " " + Long.toUnsignedString(each.rate()));
    }
    if (!values.isEmpty()) {
      String directory = controllers.directory("blkio", AT + "blockIO." + field);
      to.setEach(directory + "/blkio.throttle." + file + "_device", values);
    }
  }

  private void network(Network network) {
    if (network.classId().isPresent()) {
      String directory = controllers.directory("net_cls", AT + "network.classID");
      to.set(directory + "/net_cls.classid", "" + network.classId().getAsLong());
    }
    List<String> values = new ArrayList<>();
    for (InterfacePriority each : network.priorities()) {
      values.add(each.name() + " " + each.priority());
    }
    if (!values.isEmpty()) {
      String directory = controllers.directory("net_prio", AT + "network.priorities");
      to.setEach(directory + "/net_prio.ifpriomap", values);
    }
  }
}
