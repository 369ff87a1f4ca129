package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The rules of a cgroup's limits (config-linux.md, Control groups). */
final class ResourcesRules {
  private ResourcesRules() {}

  static void validate(String at, Resources r) {
    devices(at + ".devices", r.devices());
    if (r.memory().isPresent()) {
      memory(at + ".memory", r.memory().get());
    }
    if (r.cpu().isPresent()) {
      cpu(at + ".cpu", r.cpu().get());
    }
    if (r.blockIo().isPresent()) {
      blockIo(at + ".blockIO", r.blockIo().get());
    }
    for (int i = 0; i < r.hugepageLimits().size(); i++) {
      // The size becomes part of a file's name.
      String size = r.hugepageLimits().get(i).pageSize();
      if (!Rules.isFileName(size)) {
        throw Rules.fail(
            at + ".hugepageLimits[" + i + "].pageSize",
            "\"" + Source.excerpt(size) + "\" is not a page size");
      }
    }
    for (Map.Entry<String, Rdma> e : r.rdma().entrySet()) {
      line(at + ".rdma." + e.getKey(), e.getKey());
      if (e.getValue().hcaHandles().isEmpty() && e.getValue().hcaObjects().isEmpty()) {
        throw Rules.fail(at + ".rdma." + e.getKey(), "needs hcaHandles, hcaObjects or both");
      }
    }
    for (Map.Entry<String, String> e : r.unified().entrySet()) {
      String key = e.getKey();
      if (!Rules.isFileName(key) || key.indexOf('.') <= 0) {
        throw Rules.fail(
            at + ".unified." + key,
            "\"" + Source.excerpt(key) + "\" is not the name of a controller's file");
      }
      // Values may have several lines: the kernel takes one for each device.
      Rules.text(at + ".unified." + key, e.getValue());
    }
    if (r.network().isPresent()) {
      List<InterfacePriority> priorities = r.network().get().priorities();
      for (int i = 0; i < priorities.size(); i++) {
        line(at + ".network.priorities[" + i + "].name", priorities.get(i).name());
      }
    }
  }

  /** Allowed Device list. */
  private static void devices(String at, List<DeviceRule> rules) {
    for (int i = 0; i < rules.size(); i++) {
      DeviceRule rule = rules.get(i);
      String place = at + "[" + i + "]";
      DeviceType type = rule.type().orElse(DeviceType.ALL);
      if (type == DeviceType.FIFO || type == DeviceType.UNBUFFERED_CHARACTER) {
        throw Rules.fail(place + ".type", "a rule is for a, b or c, not for " + type.word());
      }
      number(place + ".major", rule.major());
      number(place + ".minor", rule.minor());
      String access = rule.access().orElse("");
      for (int j = 0; j < access.length(); j++) {
        char c = access.charAt(j);
        if ("rwm".indexOf(c) < 0 || access.indexOf(c) < j) {
          throw Rules.fail(
              place + ".access",
              "\"" + Source.excerpt(access) + "\" is not made of r, w and m, each once");
        }
      }
    }
  }

  /** Some clients write -1 for all numbers. */
  private static void number(String at, OptionalLong number) {
    if (number.isPresent() && (number.getAsLong() < -1 || number.getAsLong() > 0xffff_ffffL)) {
      throw Rules.fail(at, number.getAsLong() + " is not a device number");
    }
  }

  /** Memory: bytes, or -1 for no limit. */
  private static void memory(String at, Memory m) {
    bytes(at + ".limit", m.limit());
    bytes(at + ".reservation", m.reservation());
    bytes(at + ".swap", m.swap());
    bytes(at + ".kernel", m.kernel());
    bytes(at + ".kernelTCP", m.kernelTcp());
    if (m.swappiness().isPresent() && Long.compareUnsigned(m.swappiness().getAsLong(), 100) > 0) {
      throw Rules.fail(
          at + ".swappiness",
          Long.toUnsignedString(m.swappiness().getAsLong()) + " is not between 0 and 100");
    }
  }

  private static void bytes(String at, OptionalLong bytes) {
    if (bytes.isPresent() && bytes.getAsLong() < -1) {
      throw Rules.fail(at, bytes.getAsLong() + " is neither a number of bytes nor -1");
    }
  }

  /** CPU. */
  private static void cpu(String at, Cpu c) {
    line(at + ".cpus", c.cpus().orElse("0"));
    line(at + ".mems", c.mems().orElse("0"));
    long quota = c.quota().orElse(-1);
    if (quota > 0
        && c.burst().isPresent()
        && Long.compareUnsigned(c.burst().getAsLong(), quota) > 0) {
      throw Rules.fail(
          at + ".burst",
          Long.toUnsignedString(c.burst().getAsLong()) + " is above the quota " + quota);
    }
  }

  /** Block IO: an entry has a weight, a leaf weight or both. */
  private static void blockIo(String at, BlockIo b) {
    for (int i = 0; i < b.weightDevice().size(); i++) {
      WeightDevice device = b.weightDevice().get(i);
      if (device.weight().isEmpty() && device.leafWeight().isEmpty()) {
        throw Rules.fail(at + ".weightDevice[" + i + "]", "needs weight, leafWeight or both");
      }
    }
  }

  /** What is written to a cgroup's file as part of a line. */
  private static void line(String at, String s) {
    Rules.text(at, s);
    if (s.isEmpty() || s.indexOf('\n') >= 0) {
      throw Rules.fail(at, "is empty or has a line break");
    }
  }
}
