package dev.carafe.runtime.cgroup;

import dev.carafe.runtime.systemd.Systemd.Property;
import dev.carafe.runtime.systemd.Value;
import dev.carafe.runtime.systemd.ValueText;
import dev.carafe.spec.NumberList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What systemd is told of a container's limits. It would set what it does not know back when it
 * reads its configuration again; so it gets each limit that it has a property for, as it is written
 * to the cgroup's file. systemd.resource-control(5) and org.freedesktop.systemd1(5) name them.
 */
final class UnitProperties {
  /** The prefix of annotations that are properties of the unit. */
  private static final String ANNOTATION = "org.systemd.property.";

  private static final long NO_LIMIT = -1;
  private static final long SECOND = 1_000_000;

  /** What a quota is rounded up to, in microseconds for each second. */
  private static final long QUOTA_STEP = 10_000;

  /** The versions of systemd that know a property. */
  private static final int HAS_QUOTA_PERIOD = 242;

  private static final int HAS_CPUSETS = 244;
  private static final int HAS_IDLE = 252;

  private final int version;
  private final List<Property> all = new ArrayList<>();

  /**
   * Begins a list.
   *
   * @param version systemd's
   */
  UnitProperties(int version) {
    this.version = version;
  }

  List<Property> all() {
    return all;
  }

  void add(String name, Value value) {
    all.add(new Property(name, value));
  }

  // ---- limits

  /** Adds those of the files that systemd knows. */
  void addLimits(Changes changes) {
    Map<String, String> files = new LinkedHashMap<>();
    for (Changes.Change each : changes.all()) {
      files.put(Paths.name(each.path()), each.values().get(each.values().size() - 1));
    }
    number(files, "memory.max", "MemoryMax");
    number(files, "memory.limit_in_bytes", "MemoryLimit");
    number(files, "memory.low", "MemoryLow");
    number(files, "memory.min", "MemoryMin");
    number(files, "memory.high", "MemoryHigh");
    number(files, "memory.swap.max", "MemorySwapMax");
    number(files, "cpu.weight", "CPUWeight");
    number(files, "cpu.shares", "CPUShares");
    number(files, "io.weight", "IOWeight");
    number(files, "blkio.weight", "BlockIOWeight");
    number(files, "pids.max", "TasksMax");
    if (version >= HAS_IDLE && files.getOrDefault("cpu.idle", "").equals("1")) {
      add("CPUWeight", Value.uint64(0));
    }
    if (version >= HAS_CPUSETS) {
      set(files, "cpuset.cpus", "AllowedCPUs");
      set(files, "cpuset.mems", "AllowedMemoryNodes");
    }
    String max = files.get("cpu.max");
    if (max != null) {
      int space = max.indexOf(' ');
      quota(
          parse(space < 0 ? max : max.substring(0, space)),
          space < 0 ? 0 : parse(max.substring(space + 1)));
    } else if (files.containsKey("cpu.cfs_quota_us") || files.containsKey("cpu.cfs_period_us")) {
      quota(
          parse(files.getOrDefault("cpu.cfs_quota_us", "max")),
          parse(files.getOrDefault("cpu.cfs_period_us", "0")));
    }
  }

  private void number(Map<String, String> files, String file, String name) {
    String text = files.get(file);
    // Weights of single devices begin with the device.
    if (text != null && text.indexOf(' ') < 0) {
      add(name, Value.uint64(parse(text)));
    }
  }

  private static long parse(String text) {
    if (text.equals("max") || text.equals("-1")) {
      return NO_LIMIT;
    }
    try {
      return Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw new CgroupException("linux.resources: \"" + text + "\" is not a number");
    }
  }

  private void quota(long quota, long period) {
    if (period != 0 && version >= HAS_QUOTA_PERIOD) {
      add("CPUQuotaPeriodUSec", Value.uint64(period));
    }
    long perSecond = NO_LIMIT;
    if (quota > 0) {
      perSecond = quota * SECOND / (period == 0 ? 100_000 : period);
      perSecond = (perSecond + QUOTA_STEP - 1) / QUOTA_STEP * QUOTA_STEP;
    }
    add("CPUQuotaPerSecUSec", Value.uint64(perSecond));
  }

  /** Adds a set of numbers as a mask, the lowest first. */
  private void set(Map<String, String> files, String file, String name) {
    String text = files.get(file);
    if (text == null) {
      return;
    }
    try {
      add(name, Value.bytes(NumberList.mask(text)));
    } catch (IllegalArgumentException e) {
      throw new CgroupException(
          "linux.resources.cpu: \"" + text + "\" is not a list of numbers: " + e.getMessage());
    }
  }

  // ---- devices

  /**
   * Adds which devices systemd is to allow. Its filter and ours are both asked, and it cannot say
   * all that ours can; so it is never told less than ours allows.
   */
  void addDevices(DeviceAccess access, String procDevices) {
    boolean open = access.allowsRest();
    List<Value> allowed = new ArrayList<>();
    if (!open) {
      for (DeviceAccess.Rule each : access.rules()) {
        if (each.allow()) {
          String words = each.words();
          allowed.add(
              new Value.Struct(
                  List.of(
                      Value.of(devices(each, procDevices)),
                      Value.of(words.substring(words.lastIndexOf(' ') + 1)))));
        }
      }
    }
    add("DevicePolicy", Value.of(open ? "auto" : "strict"));
    // An empty list takes away what was there.
    add("DeviceAllow", new Value.Array("(ss)", List.of()));
    if (!allowed.isEmpty()) {
      add("DeviceAllow", new Value.Array("(ss)", allowed));
    }
  }

  /** Returns the device's path, {@code char-GROUP} by the name in /proc/devices, or all. */
  private static String devices(DeviceAccess.Rule rule, String procDevices) {
    String kind = rule.type() == 'c' ? "char" : "block";
    if (rule.major() == DeviceAccess.ANY) {
      return kind + "-*";
    }
    if (rule.minor() != DeviceAccess.ANY) {
      return "/dev/" + kind + "/" + rule.major() + ":" + rule.minor();
    }
    boolean inside = false;
    for (String line : Layout.split(procDevices, '\n')) {
      String entry = line.strip();
      if (entry.endsWith("devices:")) {
        inside = entry.startsWith(rule.type() == 'c' ? "Character" : "Block");
      } else if (inside && entry.startsWith(rule.major() + " ")) {
        return kind + "-" + entry.substring(entry.indexOf(' ') + 1);
      }
    }
    return kind + "-*";
  }

  // ---- annotations

  /**
   * Adds the properties that annotations name. A time, whose name ends in {@code Sec}, is given in
   * seconds and told in microseconds.
   */
  void addAnnotations(Map<String, String> annotations) {
    for (Map.Entry<String, String> each : annotations.entrySet()) {
      if (each.getKey().startsWith(ANNOTATION)) {
        all.add(property(each.getKey(), each.getValue()));
      }
    }
  }

  /** Returns what is wrong with an annotation that names a property. */
  static Optional<String> wrongAnnotation(Map<String, String> annotations) {
    try {
      new UnitProperties(0).addAnnotations(annotations);
      return Optional.empty();
    } catch (CgroupException e) {
      return Optional.of(e.reason());
    }
  }

  private static Property property(String key, String text) {
    String name = key.substring(ANNOTATION.length());
    boolean letters = name.length() >= 3;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      letters &= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    if (!letters) {
      throw new CgroupException(
          "annotations." + key + ": \"" + name + "\" cannot be a property of a unit");
    }
    Value value;
    try {
      value = ValueText.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CgroupException("annotations." + key + ": " + e.getMessage());
    }
    if (!name.endsWith("Sec") || name.endsWith("USec")) {
      return new Property(name, value);
    }
    if (!(value instanceof Value.Scalar(char type, long bits)) || type == 'b') {
      throw new CgroupException("annotations." + key + ": a time is a number of seconds");
    }
    long micros = type == 'd' ? (long) (Double.longBitsToDouble(bits) * SECOND) : bits * SECOND;
    return new Property(name.substring(0, name.length() - 3) + "USec", Value.uint64(micros));
  }
}
