package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The rules of a cgroup's limits (config-linux.md, Control groups). */
final class ResourcesRules {
  private ResourcesRules() {}

  static void validate(At at, Resources r) {
    devices(at.field("devices"), r.devices());
    if (r.memory().isPresent()) {
      memory(at.field("memory"), r.memory().get());
    }
    if (r.cpu().isPresent()) {
      cpu(at.field("cpu"), r.cpu().get());
    }
    if (r.blockIo().isPresent()) {
      blockIo(at.field("blockIO"), r.blockIo().get());
    }
    for (int i = 0; i < r.hugepageLimits().size(); i++) {
      // The size becomes part of a file's name.
      String size = r.hugepageLimits().get(i).pageSize();
      if (!Rules.isFileName(size)) {
        throw at.field("hugepageLimits")
            .item(i)
            .field("pageSize")
            .fail("\"" + Source.excerpt(size) + "\" is not a page size");
      }
    }
    for (Map.Entry<String, Rdma> e : r.rdma().entrySet()) {
      line(at.field("rdma").field(e.getKey()), e.getKey());
      if (e.getValue().hcaHandles().isEmpty() && e.getValue().hcaObjects().isEmpty()) {
        throw at.field("rdma").field(e.getKey()).fail("needs hcaHandles, hcaObjects or both");
      }
    }
    for (Map.Entry<String, String> e : r.unified().entrySet()) {
      String key = e.getKey();
      if (!Rules.isFileName(key) || key.indexOf('.') <= 0) {
        throw at.field("unified")
            .field(key)
            .fail("\"" + Source.excerpt(key) + "\" is not the name of a controller's file");
      }
      // Values may have several lines: the kernel takes one for each device.
      Rules.text(at.field("unified").field(key), e.getValue());
    }
    if (r.network().isPresent()) {
      List<InterfacePriority> priorities = r.network().get().priorities();
      for (int i = 0; i < priorities.size(); i++) {
        line(
            at.field("network").field("priorities").item(i).field("name"),
            priorities.get(i).name());
      }
    }
  }

  /** Allowed Device list. */
  private static void devices(At at, List<DeviceRule> rules) {
    for (int i = 0; i < rules.size(); i++) {
      DeviceRule rule = rules.get(i);
      At place = at.item(i);
      DeviceType type = rule.type().orElse(DeviceType.ALL);
      if (type == DeviceType.FIFO || type == DeviceType.UNBUFFERED_CHARACTER) {
        throw place.field("type").fail("a rule is for a, b or c, not for " + type.word());
      }
      number(place.field("major"), rule.major());
      number(place.field("minor"), rule.minor());
      String access = rule.access().orElse("");
      for (int j = 0; j < access.length(); j++) {
        char c = access.charAt(j);
        if ("rwm".indexOf(c) < 0 || access.indexOf(c) < j) {
          throw place
              .field("access")
              .fail("\"" + Source.excerpt(access) + "\" is not made of r, w and m, each once");
        }
      }
    }
  }

  /** Some clients write -1 for all numbers. */
  private static void number(At at, OptionalLong number) {
    if (number.isPresent() && (number.getAsLong() < -1 || number.getAsLong() > 0xffff_ffffL)) {
      throw at.fail(number.getAsLong() + " is not a device number");
    }
  }

  /** Memory: bytes, or -1 for no limit. */
  private static void memory(At at, Memory m) {
    bytes(at.field("limit"), m.limit());
    bytes(at.field("reservation"), m.reservation());
    bytes(at.field("swap"), m.swap());
    bytes(at.field("kernel"), m.kernel());
    bytes(at.field("kernelTCP"), m.kernelTcp());
    if (m.swappiness().isPresent() && Long.compareUnsigned(m.swappiness().getAsLong(), 100) > 0) {
      throw at.field("swappiness")
          .fail(Long.toUnsignedString(m.swappiness().getAsLong()) + " is not between 0 and 100");
    }
  }

  private static void bytes(At at, OptionalLong bytes) {
    if (bytes.isPresent() && bytes.getAsLong() < -1) {
      throw at.fail(bytes.getAsLong() + " is neither a number of bytes nor -1");
    }
  }

  /** CPU. */
  private static void cpu(At at, Cpu c) {
    line(at.field("cpus"), c.cpus().orElse("0"));
    line(at.field("mems"), c.mems().orElse("0"));
    long quota = c.quota().orElse(-1);
    if (quota > 0
        && c.burst().isPresent()
        && Long.compareUnsigned(c.burst().getAsLong(), quota) > 0) {
      throw at.field("burst")
          .fail(Long.toUnsignedString(c.burst().getAsLong()) + " is above the quota " + quota);
    }
  }

  /** Block IO: an entry has a weight, a leaf weight or both. */
  private static void blockIo(At at, BlockIo b) {
    for (int i = 0; i < b.weightDevice().size(); i++) {
      WeightDevice device = b.weightDevice().get(i);
      if (device.weight().isEmpty() && device.leafWeight().isEmpty()) {
        throw at.field("weightDevice").item(i).fail("needs weight, leafWeight or both");
      }
    }
  }

  /** What is written to a cgroup's file as part of a line. */
  private static void line(At at, String s) {
    Rules.text(at, s);
    if (s.isEmpty() || s.indexOf('\n') >= 0) {
      throw at.fail("is empty or has a line break");
    }
  }
}
