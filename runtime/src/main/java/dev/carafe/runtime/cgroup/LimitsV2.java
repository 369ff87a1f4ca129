package dev.carafe.runtime.cgroup;

import dev.carafe.spec.BlockIo;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Network;
import dev.carafe.spec.ThrottleDevice;
import dev.carafe.spec.WeightDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The limits as files of cgroup v2. What has no counterpart there is refused by name. */
final class LimitsV2 extends Limits {
  LimitsV2(Controllers controllers, Changes to) {
    super(controllers, to);
  }

  private static void refuse(boolean asked, String field) {
    if (asked) {
      throw new CgroupException(AT + field + ": has no counterpart on cgroup v2");
    }
  }

  // ---- processors

  @Override
  void shares(long shares) {
    set("cpu", "cpu.shares", "cpu.weight", Long.toString(Conversions.weight(shares)));
  }

  @Override
  void quota(long quota, long period) {
    String file = directory("cpu", quota != 0 ? "cpu.quota" : "cpu.period") + "/cpu.max";
    String old = CgroupFiles.read(file).orElse(Conversions.NO_QUOTA);
    to().set(file, Conversions.cpuMax(quota, period, old));
  }

  @Override
  String burstFile() {
    return "cpu.max.burst";
  }

  @Override
  void realtime(long runtime, long period) {
    refuse(runtime != 0, "cpu.realtimeRuntime");
    refuse(period != 0, "cpu.realtimePeriod");
  }

  // ---- memory

  @Override
  void memory(Memory memory) {
    refuse(memory.swappiness().isPresent(), "memory.swappiness");
    refuse(memory.disableOomKiller().orElse(false), "memory.disableOOMKiller");
    refuse(!memory.useHierarchy().orElse(true), "memory.useHierarchy false");
    if (memory.kernel().orElse(0) != 0) {
      warnOfKernelMemory("memory.kernel");
    }
    if (memory.kernelTcp().orElse(0) != 0) {
      warnOfKernelMemory("memory.kernelTCP");
    }
    long limit = memory.limit().orElse(0);
    long swap = memory.swap().orElse(0);
    if (memory.checkBeforeUpdate().orElse(false)) {
      check(directory("memory", "memory.checkBeforeUpdate"), limit, swap);
    }
    // On version 1 memory without a limit makes swap unlimited, too.
    if (swap != 0 || limit < 0) {
      swap(directory("memory", "memory.swap"), limit, swap == 0 ? -1 : swap);
    }
    if (limit != 0) {
      set("memory", "memory.limit", "memory.max", Conversions.maxOr(limit));
    }
    long reservation = memory.reservation().orElse(0);
    if (reservation != 0) {
      set("memory", "memory.reservation", "memory.low", Conversions.maxOr(reservation));
    }
  }

  private void swap(String directory, long limit, long swap) {
    String file = directory + "/memory.swap.max";
    long memory = limit != 0 ? limit : current(directory + "/memory.max", 0);
    long value = Conversions.swap(memory, swap);
    if (value <= 0) {
      // Where swap is not counted there is none to limit.
      to().setIfThere(file, Conversions.maxOr(value));
    } else {
      to().set(file, Long.toString(value));
    }
  }

  /** Version 2 takes any limit and kills at once; who asks for the check wants an error. */
  private static void check(String directory, long limit, long swap) {
    long used = current(directory + "/memory.current", -1);
    if (swap > 0 && swap <= used) {
      throw rejecting("memory.swap: rejecting memory+swap limit ", swap, used);
    }
    if (limit > 0 && limit <= used) {
      throw rejecting("memory.limit: rejecting memory limit ", limit, used);
    }
  }

  private static CgroupException rejecting(String what, long limit, long used) {
    return new CgroupException(AT + what + limit + " <= usage " + used);
  }

  // ---- block I/O

  @Override
  void weights(BlockIo io) {
    refuse(io.leafWeight().orElse(0) != 0, "blockIO.leafWeight");
    if (io.weight().orElse(0) != 0) {
      weight("", io.weight().getAsInt(), "blockIO.weight");
    }
    for (WeightDevice each : io.weightDevice()) {
      refuse(each.leafWeight().orElse(0) != 0, "blockIO.weightDevice.leafWeight");
      if (each.weight().orElse(0) != 0) {
        String device = each.major() + ":" + each.minor() + " ";
        weight(device, each.weight().getAsInt(), "blockIO.weightDevice");
      }
    }
  }

  /** The BFQ scheduler counts as version 1 did; the other file has a scale of its own. */
  private void weight(String device, int weight, String field) {
    String directory = directory("io", field);
    if (CgroupFiles.exists(directory + "/io.bfq.weight")) {
      to().set(directory + "/io.bfq.weight", device + weight);
    } else {
      to().set(directory + "/io.weight", device + Conversions.ioWeight(weight));
    }
  }

  @Override
  void throttle(List<ThrottleDevice> devices, String field, String kind, String key) {
    List<String> values = new ArrayList<>();
    for (ThrottleDevice each : devices) {
      // On version 1 a rate of 0 takes the limit away.
      String rate = each.rate() == 0 ? "max" : Long.toUnsignedString(each.rate());
      values.add(each.major() + ":" + each.minor() + " " + key + "=" + rate);
    }
    if (!values.isEmpty()) {
      to().setEach(directory("io", "blockIO." + field) + "/io.max", values);
    }
  }

  // ---- the rest

  @Override
  String hugePageSuffix() {
    return ".max";
  }

  @Override
  void network(Network network) {
    refuse(network.classId().orElse(0) != 0, "network.classID");
    refuse(!network.priorities().isEmpty(), "network.priorities");
  }

  /** Files named by the user: last, so that they win (config-linux.md, Unified). */
  @Override
  void unified(Map<String, String> files) {
    for (Map.Entry<String, String> each : files.entrySet()) {
      String name = each.getKey();
      int dot = name.indexOf('.');
      if (dot <= 0 || name.indexOf('/') >= 0) {
        throw new CgroupException(AT + "unified: \"" + name + "\" is no file of a cgroup");
      }
      String directory = directory(name.substring(0, dot), "unified." + name);
      List<String> lines = new ArrayList<>();
      // Files such as io.max take one device at a time.
      for (String line : Layout.split(each.getValue(), '\n')) {
        if (!line.isEmpty()) {
          lines.add(line);
        }
      }
      to().setEach(directory + "/" + name, lines);
    }
  }
}
