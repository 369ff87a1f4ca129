package dev.carafe.runtime.cgroup;

import dev.carafe.spec.Cpu;
import dev.carafe.spec.HugepageLimit;
import dev.carafe.spec.Rdma;
import dev.carafe.spec.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Limits that are the same on cgroup v1 and v2. */
final class SharedLimits {
  private static final String AT = "linux.resources.";
  private static final long MAX_SWAPPINESS = 100;

  private SharedLimits() {}

  /**
   * Returns {@code pids.max}. A limit of 0 counts since version 1.3 of the spec: no process may
   * make another. The kernel does that at 1 just as well, and at 1 a first process can be made in
   * the cgroup.
   */
  static String pids(long limit) {
    return limit < 0 ? "max" : limit == 0 ? "1" : Long.toString(limit);
  }

  static long swappiness(long value) {
    if (Long.compareUnsigned(value, MAX_SWAPPINESS) > 0) {
      throw new CgroupException(
          AT
              + "memory.swappiness: "
              + Long.toUnsignedString(value)
              + " is not between 0 and "
              + MAX_SWAPPINESS);
    }
    return value;
  }

  static void cpuset(Controllers controllers, Cpu cpu, Changes to) {
    if (!cpu.cpus().orElse("").isEmpty()) {
      String directory = controllers.directory("cpuset", AT + "cpu.cpus");
      to.set(directory + "/cpuset.cpus", cpu.cpus().get());
    }
    if (!cpu.mems().orElse("").isEmpty()) {
      String directory = controllers.directory("cpuset", AT + "cpu.mems");
      to.set(directory + "/cpuset.mems", cpu.mems().get());
    }
  }

  /** Returns the common front of the files of a huge page size. */
  static String hugetlb(Controllers controllers, HugepageLimit limit) {
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
    return controllers.directory("hugetlb", AT + "hugepageLimits") + "/hugetlb." + size;
  }

  static void rdma(Controllers controllers, Resources resources, Changes to) {
    List<String> values = new ArrayList<>();
    for (Map.Entry<String, Rdma> each : resources.rdma().entrySet()) {
      Rdma rdma = each.getValue();
      String value = each.getKey();
      if (rdma.hcaHandles().isPresent()) {
        value += " hca_handle=" + rdma.hcaHandles().getAsLong();
      }
      if (rdma.hcaObjects().isPresent()) {
        value += " hca_object=" + rdma.hcaObjects().getAsLong();
      }
      if (rdma.hcaHandles().isPresent() || rdma.hcaObjects().isPresent()) {
        values.add(value);
      }
    }
    if (!values.isEmpty()) {
      to.setEach(controllers.directory("rdma", AT + "rdma") + "/rdma.max", values);
    }
  }
}
