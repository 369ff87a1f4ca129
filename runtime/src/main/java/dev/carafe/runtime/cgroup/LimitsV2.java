package dev.carafe.runtime.cgroup;

import dev.carafe.spec.BlockIo;
import dev.carafe.spec.Cpu;
import dev.carafe.spec.HugepageLimit;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Resources;
import dev.carafe.spec.ThrottleDevice;
import dev.carafe.spec.WeightDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The limits as files of cgroup v2. What has no counterpart there is refused by name. */
final class LimitsV2 {
  private static final String AT = "linux.resources.";

  private final Controllers controllers;
  private final Changes to;

  LimitsV2(Controllers controllers, Changes to) {
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
      to.set(file + ".max", value);
      // Reservations count since Linux 5.7.
      to.setIfThere(file + ".rsvd.max", value);
    }
    if (resources.network().isPresent()) {
      refuse(resources.network().get().classId().isPresent(), "network.classID");
      refuse(!resources.network().get().priorities().isEmpty(), "network.priorities");
    }
    SharedLimits.rdma(controllers, resources, to);
    unified(resources.unified());
  }

  private static void refuse(boolean asked, String field) {
    if (asked) {
      throw new CgroupException(AT + field + ": has no counterpart on cgroup v2");
    }
  }

  private void cpu(Cpu cpu) {
    String at = AT + "cpu";
    refuse(cpu.realtimeRuntime().orElse(0) != 0, "cpu.realtimeRuntime");
    refuse(cpu.realtimePeriod().orElse(0) != 0, "cpu.realtimePeriod");
    boolean idle = cpu.idle().orElse(0) == 1;
    if (cpu.idle().isPresent() && !idle) {
      to.set(controllers.directory("cpu", at + ".idle") + "/cpu.idle", "" + cpu.idle().getAsLong());
    }
    if (cpu.shares().orElse(0) != 0) {
      long weight = Conversions.weight(Conversions.shares(cpu.shares().getAsLong()));
      to.set(controllers.directory("cpu", at + ".shares") + "/cpu.weight", "" + weight);
    }
    if (idle) {
      // After the weight: in an idle cgroup it cannot be set.
      to.set(controllers.directory("cpu", at + ".idle") + "/cpu.idle", "1");
    }
    if (cpu.quota().orElse(0) != 0 || cpu.period().orElse(0) != 0) {
      String directory = controllers.directory("cpu", at + ".quota");
      to.set(directory + "/cpu.max", Conversions.cpuMax(cpu.quota(), cpu.period()));
    }
    if (cpu.burst().isPresent()) {
      to.set(
          controllers.directory("cpu", at + ".burst") + "/cpu.max.burst",
          Long.toUnsignedString(cpu.burst().getAsLong()));
    }
    SharedLimits.cpuset(controllers, cpu, to);
  }

  private void memory(Memory memory) {
    String at = AT + "memory";
    refuse(memory.swappiness().isPresent(), "memory.swappiness");
    refuse(memory.disableOomKiller().orElse(false), "memory.disableOOMKiller");
    refuse(memory.kernelTcp().orElse(0) != 0, "memory.kernelTCP");
    refuse(!memory.useHierarchy().orElse(true), "memory.useHierarchy false");
    if (memory.kernel().orElse(0) != 0) {
      to.warn(at + ".kernel is ignored: the kernel does not limit its own memory any more");
    }
    long limit = memory.limit().orElse(0);
    if (memory.checkBeforeUpdate().orElse(false) && limit > 0) {
      check(controllers.directory("memory", at + ".checkBeforeUpdate"), limit);
    }
    OptionalLong swap = Conversions.swap(memory);
    if (swap.isPresent()) {
      String file = controllers.directory("memory", at + ".swap") + "/memory.swap.max";
      String value = Conversions.maxOr(swap.getAsLong());
      if (swap.getAsLong() <= 0) {
        // Where swap is not counted there is none to limit.
        to.setIfThere(file, value);
      } else {
        to.set(file, value);
      }
    }
    if (limit != 0) {
      String file = controllers.directory("memory", at + ".limit") + "/memory.max";
      to.set(file, Conversions.maxOr(limit));
    }
    if (memory.reservation().orElse(0) != 0) {
      String file = controllers.directory("memory", at + ".reservation") + "/memory.low";
      to.set(file, Conversions.maxOr(memory.reservation().getAsLong()));
    }
  }

  /** Version 2 takes any limit and kills at once; who asks for the check wants an error. */
  private static void check(String directory, long limit) {
    Optional<String> used = CgroupFiles.read(directory + "/memory.current");
    if (used.isPresent() && Long.compareUnsigned(limit, Long.parseUnsignedLong(used.get())) < 0) {
      throw new CgroupException(
          AT + "memory.limit: rejecting memory limit " + limit + " < usage " + used.get());
    }
  }

  private void blockIo(BlockIo io) {
    String at = AT + "blockIO";
    refuse(io.leafWeight().orElse(0) != 0, "blockIO.leafWeight");
    if (io.weight().orElse(0) != 0) {
      weight("", io.weight().getAsInt(), at + ".weight");
    }
    for (WeightDevice each : io.weightDevice()) {
      refuse(each.leafWeight().isPresent(), "blockIO.weightDevice.leafWeight");
      if (each.weight().isPresent()) {
        String device = each.major() + ":" + each.minor() + " ";
        weight(device, each.weight().getAsInt(), at + ".weightDevice");
      }
    }
    throttle(io.throttleReadBpsDevice(), "throttleReadBpsDevice", "rbps");
    throttle(io.throttleWriteBpsDevice(), "throttleWriteBpsDevice", "wbps");
    throttle(io.throttleReadIopsDevice(), "throttleReadIOPSDevice", "riops");
    throttle(io.throttleWriteIopsDevice(), "throttleWriteIOPSDevice", "wiops");
  }

  /** The BFQ scheduler counts as version 1 did; the other file has a scale of its own. */
  private void weight(String device, int weight, String wanted) {
    String directory = controllers.directory("io", wanted);
    if (CgroupFiles.exists(directory + "/io.bfq.weight")) {
      to.set(directory + "/io.bfq.weight", device + weight);
    } else {
      to.set(directory + "/io.weight", device + Conversions.ioWeight(weight));
    }
  }

  private void throttle(List<ThrottleDevice> devices, String field, String key) {
    List<String> values = new ArrayList<>();
    for (ThrottleDevice each : devices) {
      // On version 1 a rate of 0 takes the limit away.
      String rate = each.rate() == 0 ? "max" : Long.toUnsignedString(each.rate());
      values.add(each.major() + ":" + each.minor() + " " + key + "=" + rate);
    }
    if (!values.isEmpty()) {
      to.setEach(controllers.directory("io", AT + "blockIO." + field) + "/io.max", values);
    }
  }

  /** Files named by the user: last, so that they win (config-linux.md, Unified). */
  private void unified(Map<String, String> files) {
    for (Map.Entry<String, String> each : files.entrySet()) {
      String name = each.getKey();
      int dot = name.indexOf('.');
      if (dot <= 0 || name.indexOf('/') >= 0) {
        throw new CgroupException(AT + "unified: \"" + name + "\" is no file of a cgroup");
      }
      String controller = name.substring(0, dot);
      String directory = controllers.directory(controller, AT + "unified." + name);
      List<String> lines = new ArrayList<>();
      // Files such as io.max take one device at a time.
      for (String line : Layout.split(each.getValue(), '\n')) {
        if (!line.isEmpty()) {
          lines.add(line);
        }
      }
      to.setEach(directory + "/" + name, lines);
    }
  }
}
