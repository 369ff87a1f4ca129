package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.conformance.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** config-linux.md: Cgroups Path and the resources, by the files of cgroup v1. */
final class CgroupChecks {
  private static final String MIB_64 = "67108864";

  /** Returns the text of a file in the cgroup of a container that was made with these resources. */
  private static String file(Subject runtime, String resources, String file) {
    return files(runtime, resources, file).getFirst();
  }

  private static List<String> files(Subject runtime, String resources, String... files) {
    for (String each : files) {
      assumeTrue(
          runtime.view().sh("test -d /sys/fs/cgroup/$1", each.split("/", -1)[0]).code() == 0,
          "the controller of " + each + " is not mounted here");
    }
    try (Box box = runtime.create(Config.plain().set("linux.resources", resources))) {
      return List.of(files).stream()
          .map(each -> {
            String[] parts = each.split("/", 2);
            return runtime
                .view()
                .sh("cat \"/sys/fs/cgroup/$1/$2/$3\"", parts[0], box.id(), parts[1])
                .ok()
                .out()
                .strip();
          })
          .toList();
    }
  }

  private static String hierarchies(Subject runtime, int pid) {
    return runtime.view().sh("cat /proc/$1/cgroup", pid).ok().out();
  }

  @Says("config-linux/cgroups-path/absolute")
  void anAbsolutePathIsTakenFromTheMountPoint(Subject runtime) {
    try (Box box = runtime.create(Config.plain().text("linux.cgroupsPath", "/oci-absolute/at"))) {
      String seen = hierarchies(runtime, box.pid());
      assertTrue(seen.contains(":/oci-absolute/at\n"), seen);
      assertEquals(0, runtime.view().sh("test -d /sys/fs/cgroup/pids/oci-absolute/at").code());
    } finally {
      runtime
          .view()
          .sh("find /sys/fs/cgroup -depth -path '*/oci-absolute*' -type d -exec rmdir {} +");
    }
  }

  @Says({"config-linux/cgroups-path/relative", "config-linux/cgroups-path/same"})
  void aRelativePathIsAlwaysTheSamePlace(Subject runtime) {
    String first = "";
    for (int i = 0; i < 2; i++) {
      try (Box box = runtime.create(Config.plain().text("linux.cgroupsPath", "oci-relative"))) {
        String seen =
            hierarchies(runtime, box.pid())
                .lines()
                .filter(line -> line.contains(":pids:"))
                .findFirst()
                .orElse("");
        assertTrue(seen.endsWith("/oci-relative"), seen);
        assertTrue(first.isEmpty() || first.equals(seen), first + " then " + seen);
        first = seen;
      }
    }
  }

  @Says("config-linux/cgroups-path/default")
  void withoutAPathTheRuntimeChoosesOne(Subject runtime) {
    try (Box box = runtime.create(Config.plain().cgroupOfTheRuntime())) {
      String seen = hierarchies(runtime, box.pid());
      assertTrue(seen.contains(box.id()), seen);
    }
  }

  @Says("config-linux/cgroup-owner/v1")
  void withV1TheCgroupStaysTheCallers(Subject runtime) {
    Config config =
        NamespaceChecks.mapped()
            .add("linux.namespaces", "{type: cgroup}")
            .mount("/sys/fs/cgroup", "cgroup", "cgroup", "rw");
    try (Box box = runtime.create(config)) {
      Shell.Result owners =
          runtime.view().sh("find /sys/fs/cgroup -path \"*/$1*\" ! -user 0", box.id());
      assertEquals("", owners.out());
    }
  }

  @Says("config-linux/memory/limit")
  void theMemoryLimitIsSet(Subject runtime) {
    assertEquals(
        MIB_64, file(runtime, "{memory: {limit: " + MIB_64 + "}}", "memory/memory.limit_in_bytes"));
  }

  @Says("config-linux/memory/reservation")
  void theMemoryReservationIsSet(Subject runtime) {
    assertEquals(
        MIB_64,
        file(
            runtime,
            "{memory: {reservation: " + MIB_64 + "}}",
            "memory/memory.soft_limit_in_bytes"));
  }

  @Says("config-linux/memory/swap")
  void theLimitOfMemoryAndSwapIsSet(Subject runtime) {
    assumeTrue(
        runtime.view().sh("test -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes").code() == 0,
        "this kernel does not count swap");
    assertEquals(
        "134217728",
        file(
            runtime,
            "{memory: {limit: " + MIB_64 + ", swap: 134217728}}",
            "memory/memory.memsw.limit_in_bytes"));
  }

  @Says("config-linux/memory/unlimited")
  void minusOneIsNoMemoryLimit(Subject runtime) {
    assertTrue(
        file(runtime, "{memory: {limit: -1}}", "memory/memory.limit_in_bytes").length() >= 19);
  }

  @Says("config-linux/memory/swappiness")
  void theSwappinessIsSet(Subject runtime) {
    assertEquals("17", file(runtime, "{memory: {swappiness: 17}}", "memory/memory.swappiness"));
  }

  @Says("config-linux/memory/disable-oom-killer")
  void theOomKillerIsTurnedOff(Subject runtime) {
    String control =
        file(
            runtime,
            "{memory: {limit: " + MIB_64 + ", disableOOMKiller: true}}",
            "memory/memory.oom_control");
    assertTrue(control.contains("oom_kill_disable 1"), control);
  }

  @Says("config-linux/memory/check-before-update")
  void aLimitBelowWhatIsUsedIsRefused(Subject runtime) throws IOException {
    try (Box box = runtime.create(Config.plain().program("hold"))) {
      box.start().ok();
      Path resources = runtime.directory().resolve("resources.json");
      for (String limit : new String[] {MIB_64, "4096"}) {
        Files.writeString(
            resources, "{\"memory\": {\"limit\": " + limit + ", \"checkBeforeUpdate\": true}}");
        Shell.Result result = runtime.call("update", "--resources", resources, box.id());
        assertEquals(limit.equals(MIB_64), result.code() == 0, limit + ": " + result.err());
      }
      assertEquals(
          MIB_64,
          runtime
              .view()
              .sh("cat /sys/fs/cgroup/memory/$1/memory.limit_in_bytes", box.id())
              .ok()
              .out()
              .strip());
    }
  }

  @Says("config-linux/cpu/shares")
  void theSharesAreSet(Subject runtime) {
    assertEquals("555", file(runtime, "{cpu: {shares: 555}}", "cpu/cpu.shares"));
  }

  @Says({"config-linux/cpu/quota", "config-linux/cpu/period"})
  void quotaAndPeriodAreSet(Subject runtime) {
    assertEquals(
        List.of("30000", "60000"),
        files(
            runtime,
            "{cpu: {quota: 30000, period: 60000}}",
            "cpu/cpu.cfs_quota_us",
            "cpu/cpu.cfs_period_us"));
  }

  @Says("config-linux/cpu/burst")
  void theBurstIsSet(Subject runtime) {
    assertEquals(
        "20000",
        file(
            runtime, "{cpu: {quota: 30000, period: 60000, burst: 20000}}", "cpu/cpu.cfs_burst_us"));
  }

  @Says("config-linux/cpu/realtime")
  void theRealTimeBudgetIsSet(Subject runtime) {
    assertEquals(
        List.of("10000", "500000"),
        files(
            runtime,
            "{cpu: {realtimeRuntime: 10000, realtimePeriod: 500000}}",
            "cpu/cpu.rt_runtime_us",
            "cpu/cpu.rt_period_us"));
  }

  @Says({"config-linux/cpu/cpus", "config-linux/cpu/mems"})
  void processorsAndMemoryNodesAreSet(Subject runtime) {
    assertEquals(
        List.of("0", "0"),
        files(
            runtime,
            "{cpu: {cpus: \"0\", mems: \"0\"}}",
            "cpuset/cpuset.cpus",
            "cpuset/cpuset.mems"));
  }

  @Says("config-linux/cpu/idle")
  void idleIsSet(Subject runtime) {
    assertEquals("1", file(runtime, "{cpu: {idle: 1}}", "cpu/cpu.idle"));
  }

  @Says("config-linux/block-io/weight")
  void theWeightOfBlockIoIsSet(Subject runtime) {
    boolean bfq = runtime.view().sh("test -e /sys/fs/cgroup/blkio/blkio.bfq.weight").code() == 0;
    boolean plain = runtime.view().sh("test -e /sys/fs/cgroup/blkio/blkio.weight").code() == 0;
    assumeTrue(bfq || plain, "this kernel has no weight of block I/O");
    assertEquals(
        "300",
        file(
            runtime,
            "{blockIO: {weight: 300}}",
            plain ? "blkio/blkio.weight" : "blkio/blkio.bfq.weight"));
  }

  private static void throttle(Subject runtime, String property, String file) {
    String device =
        Shell.run(
                "for d in /sys/block/vd* /sys/block/sd* /sys/block/nvme* /sys/block/loop0; do"
                    + " [ -e $d/dev ] && cat $d/dev && exit; done; exit 1")
            .ok()
            .out()
            .strip();
    String[] numbers = device.split(":", -1);
    String rule = "{major: " + numbers[0] + ", minor: " + numbers[1] + ", rate: 12345678}";
    assertEquals(
        device + " 12345678",
        file(
            runtime,
            "{blockIO: {" + property + ": [" + rule + "]}}",
            "blkio/blkio.throttle." + file));
  }

  @Says("config-linux/block-io/read-bps")
  void readingIsThrottledByBytes(Subject runtime) {
    throttle(runtime, "throttleReadBpsDevice", "read_bps_device");
  }

  @Says("config-linux/block-io/write-bps")
  void writingIsThrottledByBytes(Subject runtime) {
    throttle(runtime, "throttleWriteBpsDevice", "write_bps_device");
  }

  @Says("config-linux/block-io/read-iops")
  void readingIsThrottledByOperations(Subject runtime) {
    throttle(runtime, "throttleReadIOPSDevice", "read_iops_device");
  }

  @Says("config-linux/block-io/write-iops")
  void writingIsThrottledByOperations(Subject runtime) {
    throttle(runtime, "throttleWriteIOPSDevice", "write_iops_device");
  }

  @Says("config-linux/network/class")
  void theNetworkClassIsSet(Subject runtime) {
    assertEquals(
        "1048577", file(runtime, "{network: {classID: 1048577}}", "net_cls/net_cls.classid"));
  }

  @Says("config-linux/network/priorities")
  void theNetworkPrioritiesAreSet(Subject runtime) {
    String map =
        file(
            runtime,
            "{network: {priorities: [{name: lo, priority: 5}]}}",
            "net_prio/net_prio.ifpriomap");
    assertTrue(map.contains("lo 5"), map);
  }

  @Says("config-linux/pids/limit")
  void theLimitOfTasksHolds(Subject runtime) {
    assertEquals("7", file(runtime, "{pids: {limit: 7}}", "pids/pids.max"));
    String forks =
        runtime
            .inside(Config.plain().set("linux.resources", "{pids: {limit: 7}}"), "forks", "20")
            .get("forks");
    assertEquals("6 EAGAIN", forks);
  }

  @Says("config-linux/pids/unlimited")
  void minusOneIsNoLimitOfTasks(Subject runtime) {
    assertEquals("max", file(runtime, "{pids: {limit: -1}}", "pids/pids.max"));
  }

  @Says("config-linux/pids/zero")
  void zeroIsALimitOfTasksToo(Subject runtime) {
    // A process that is moved in is not counted out, but it can make no other one.
    try (Box box =
        runtime.bundle(
            Config.plain().set("linux.resources", "{pids: {limit: 0}}").program("forks", "3"))) {
      Shell.Result result = box.run();
      assertFalse(
          result.code() == 0 && result.out().contains("forks 3"), "it is no limit: " + result);
    }
  }

  @Says("config-linux/rdma/limits")
  void rdmaIsLimited(Subject runtime) {
    assumeTrue(
        runtime.view().sh("test -d /sys/fs/cgroup/rdma").code() == 0, "this kernel has no RDMA");
    assertTrue(
        file(runtime, "{rdma: {mlx5_1: {hcaHandles: 3}}}", "rdma/rdma.max").contains("mlx5_1"));
  }
}
