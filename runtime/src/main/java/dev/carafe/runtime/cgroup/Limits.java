package dev.carafe.runtime.cgroup;

import dev.carafe.spec.BlockIo;
import dev.carafe.spec.Cpu;
import dev.carafe.spec.HugepageLimit;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Network;
import dev.carafe.spec.Rdma;
import dev.carafe.spec.Resources;
import dev.carafe.spec.ThrottleDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Says {@code linux.resources}, except the devices, as files of a cgroup. Where 0 means "not set"
 * and -1 "no limit" is as under runc. What the cgroup has now decides only the order of writes, and
 * the half of a value that was not given.
 */
abstract sealed class Limits permits LimitsV1, LimitsV2 {
  static final String AT = "linux.resources.";

  private static final long MAX_SWAPPINESS = 100;

  private final Controllers controllers;
  private final Changes to;

  Limits(Controllers controllers, Changes to) {
    this.controllers = controllers;
    this.to = to;
  }

  /**
   * Adds what {@code resources} ask for.
   *
   * @throws CgroupException if something cannot be had here, by its name
   */
  final void add(Resources resources) {
    if (resources.cpu().isPresent()) {
      cpu(resources.cpu().get());
      cpuset(resources.cpu().get());
    }
    if (resources.memory().isPresent()) {
      memory(resources.memory().get());
    }
    if (resources.pids().isPresent() && resources.pids().get().limit().isPresent()) {
      set("pids", "pids.limit", "pids.max", pids(resources.pids().get().limit().getAsLong()));
    }
    if (resources.blockIo().isPresent()) {
      BlockIo io = resources.blockIo().get();
      weights(io);
      throttle(io.throttleReadBpsDevice(), "throttleReadBpsDevice", "read_bps", "rbps");
      throttle(io.throttleWriteBpsDevice(), "throttleWriteBpsDevice", "write_bps", "wbps");
      throttle(io.throttleReadIopsDevice(), "throttleReadIOPSDevice", "read_iops", "riops");
      throttle(io.throttleWriteIopsDevice(), "throttleWriteIOPSDevice", "write_iops", "wiops");
    }
    for (HugepageLimit each : resources.hugepageLimits()) {
      hugePages(each);
    }
    if (resources.network().isPresent()) {
      network(resources.network().get());
    }
    rdma(resources.rdma());
    if (!resources.unified().isEmpty()) {
      unified(resources.unified());
    }
  }

  abstract void shares(long shares);

  /** The time for real-time processes and its period, of which one may be 0. */
  abstract void realtime(long runtime, long period);

  /** The time for other processes and its period, of which one may be 0. */
  abstract void quota(long quota, long period);

  abstract String burstFile();

  abstract void memory(Memory memory);

  /** The weights of block I/O. */
  abstract void weights(BlockIo io);

  /**
   * The rates of block I/O on some devices.
   *
   * @param field their name in the configuration
   * @param kind which on version 1
   * @param key which on version 2
   */
  abstract void throttle(List<ThrottleDevice> devices, String field, String kind, String key);

  abstract void network(Network network);

  abstract void unified(Map<String, String> files);

  /** How the file that limits huge pages ends. */
  abstract String hugePageSuffix();

  // ---- what both versions have alike

  private void cpu(Cpu cpu) {
    // Idle is set after the shares, which an idle cgroup refuses, and taken away before them.
    boolean idle = cpu.idle().orElse(0) == 1;
    if (!idle && cpu.idle().isPresent()) {
      set("cpu", "cpu.idle", "cpu.idle", Long.toString(cpu.idle().getAsLong()));
    }
    if (cpu.shares().orElse(0) != 0) {
      shares(cpu.shares().getAsLong());
    }
    if (idle) {
      set("cpu", "cpu.idle", "cpu.idle", "1");
    }
    if (cpu.realtimeRuntime().orElse(0) != 0 || cpu.realtimePeriod().orElse(0) != 0) {
      realtime(cpu.realtimeRuntime().orElse(0), cpu.realtimePeriod().orElse(0));
    }
    quotaAndBurst(cpu);
  }

  /** The burst may at no moment be above the quota. */
  private void quotaAndBurst(Cpu cpu) {
    boolean more = false;
    if (cpu.burst().isPresent()) {
      String file = directory("cpu", "cpu.burst") + "/" + burstFile();
      long burst = cpu.burst().getAsLong();
      more = Long.compareUnsigned(burst, current(file, 0)) > 0;
      if (!more) {
        // Before Linux 5.14 there is no burst to take away.
        to.setIfThere(file, Long.toUnsignedString(burst));
      }
    }
    if (cpu.quota().orElse(0) != 0 || cpu.period().orElse(0) != 0) {
      quota(cpu.quota().orElse(0), cpu.period().orElse(0));
    }
    if (more) {
      set("cpu", "cpu.burst", burstFile(), Long.toUnsignedString(cpu.burst().getAsLong()));
    }
  }

  private void cpuset(Cpu cpu) {
    if (!cpu.cpus().orElse("").isEmpty()) {
      set("cpuset", "cpu.cpus", "cpuset.cpus", cpu.cpus().get());
    }
    if (!cpu.mems().orElse("").isEmpty()) {
      set("cpuset", "cpu.mems", "cpuset.mems", cpu.mems().get());
    }
  }

  /**
   * A limit of 0 counts since version 1.3 of the spec: no process may make another. The kernel does
   * that at 1 just as well, and at 1 a first process can be made in the cgroup.
   */
  private static String pids(long limit) {
    return limit < 0 ? "max" : limit == 0 ? "1" : Long.toString(limit);
  }

  private void hugePages(HugepageLimit limit) {
    String size = limit.pageSize();
    int digits = 0;
    while (digits < size.length() && size.charAt(digits) >= '0' && size.charAt(digits) <= '9') {
      digits++;
    }
    String unit = size.substring(digits);
    if (digits == 0 || !(unit.equals("KB") || unit.equals("MB") || unit.equals("GB"))) {
      throw new CgroupException(
          AT + "hugepageLimits.pageSize: \"" + size + "\" is not a size such as 64KB, 2MB or 1GB");
    }
    String file = directory("hugetlb", "hugepageLimits") + "/hugetlb." + size;
    String value = Long.toUnsignedString(limit.limit());
    to.set(file + hugePageSuffix(), value);
    // Reservations count since Linux 5.7.
    to.setIfThere(file + ".rsvd" + hugePageSuffix(), value);
  }

  private void rdma(Map<String, Rdma> devices) {
    List<String> values = new ArrayList<>();
    for (Map.Entry<String, Rdma> each : devices.entrySet()) {
      Rdma rdma = each.getValue();
      String value = each.getKey();
      if (rdma.hcaHandles().isPresent()) {
        value += " hca_handle=" + rdma.hcaHandles().getAsLong();
      }
      if (rdma.hcaObjects().isPresent()) {
        value += " hca_object=" + rdma.hcaObjects().getAsLong();
      }
      values.add(value);
    }
    if (!values.isEmpty()) {
      to.setEach(directory("rdma", "rdma") + "/rdma.max", values);
    }
  }

  // ---- for the two versions

  final Changes to() {
    return to;
  }

  /**
   * Returns the cgroup's directory in the hierarchy of a controller.
   *
   * @throws CgroupException if there is no such controller; {@code field} says what needs it
   */
  final String directory(String controller, String field) {
    return controllers.directory(controller, AT + field);
  }

  final void set(String controller, String field, String file, String value) {
    to.set(directory(controller, field) + "/" + file, value);
  }

  static String swappiness(long value) {
    if (Long.compareUnsigned(value, MAX_SWAPPINESS) > 0) {
      throw new CgroupException(
          AT
              + "memory.swappiness: "
              + Long.toUnsignedString(value)
              + " is not between 0 and "
              + MAX_SWAPPINESS);
    }
    return Long.toString(value);
  }

  final void warnOfKernelMemory(String field) {
    to.warn(AT + field + " is ignored: the kernel does not limit its own memory any more");
  }

  /** Returns the number in a file; in its place {@code other} if it has none or is not there. */
  static long current(String file, long other) {
    Optional<String> text = CgroupFiles.read(file);
    if (text.isEmpty()) {
      return other;
    }
    try {
      return Long.parseLong(text.get());
    } catch (NumberFormatException e) {
      return other;
    }
  }
}
