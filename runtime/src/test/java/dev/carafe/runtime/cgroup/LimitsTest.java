package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.spec.BlockIo;
import dev.carafe.spec.Cpu;
import dev.carafe.spec.HugepageLimit;
import dev.carafe.spec.InterfacePriority;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Network;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Rdma;
import dev.carafe.spec.Resources;
import dev.carafe.spec.ThrottleDevice;
import dev.carafe.spec.WeightDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Which files are to be written for which limits, without a kernel. */
final class LimitsTest {
  private static final OptionalLong NONE = OptionalLong.empty();

  private final List<String> warnings = new ArrayList<>();

  private static OptionalLong of(long value) {
    return OptionalLong.of(value);
  }

  private static Cpu cpu(OptionalLong shares, OptionalLong quota, OptionalLong period) {
    return Cpu.of(shares, quota, period);
  }

  private static Memory memory(long limit, long swap) {
    return Memory.of(limit == 0 ? NONE : of(limit), swap == 0 ? NONE : of(swap));
  }

  private List<String> v1(Resources resources) {
    Changes changes = new Changes(warnings::add);
    new LimitsV1((controller, _) -> controller, changes).add(resources);
    return shown(changes);
  }

  private List<String> v2(Resources resources) {
    Changes changes = new Changes(warnings::add);
    new LimitsV2((controller, _) -> controller, changes).add(resources);
    return shown(changes);
  }

  private static List<String> shown(Changes changes) {
    List<String> all = new ArrayList<>();
    for (Changes.Change each : changes.all()) {
      for (String value : each.values()) {
        all.add(each.path() + "=" + value + (each.mayBeMissing() ? "?" : ""));
      }
    }
    return all;
  }

  @Test
  void sharesBecomeWeightsAsRuncCountsThem() {
    assertEquals(1, Conversions.weight(2));
    assertEquals(17, Conversions.weight(100));
    assertEquals(100, Conversions.weight(1024));
    assertEquals(170, Conversions.weight(2000));
    assertEquals(10000, Conversions.weight(262144));
    // On version 2 the nearest possible weight is taken, on version 1 the shares are refused.
    assertEquals(1, Conversions.weight(1));
    assertEquals(10000, Conversions.weight(-1));
    for (long wrong : new long[] {1, 262145, -1}) {
      assertThrows(CgroupException.class, () -> Conversions.shares(wrong));
    }
  }

  @Test
  void cpuTimesOnBothVersions() {
    Resources r = Resources.builder().cpu(cpu(of(1024), of(20000), of(50000))).build();
    assertEquals(
        List.of("cpu/cpu.shares=1024", "cpu/cpu.cfs_period_us=50000", "cpu/cpu.cfs_quota_us=20000"),
        v1(r));
    assertEquals(List.of("cpu/cpu.weight=100", "cpu/cpu.max=20000 50000"), v2(r));
  }

  @Test
  void quotaOrPeriodAlone() {
    Resources quota = Resources.builder().cpu(cpu(NONE, of(20000), NONE)).build();
    assertEquals(List.of("cpu/cpu.max=20000 100000"), v2(quota));
    Resources none = Resources.builder().cpu(cpu(NONE, of(-1), NONE)).build();
    assertEquals(List.of("cpu/cpu.cfs_quota_us=-1"), v1(none));
    assertEquals(List.of("cpu/cpu.max=max 100000"), v2(none));
    Resources period = Resources.builder().cpu(cpu(NONE, NONE, of(-2))).build();
    assertEquals(List.of("cpu/cpu.cfs_period_us=18446744073709551614"), v1(period));
    assertEquals(List.of("cpu/cpu.max=max 18446744073709551614"), v2(period));
  }

  @Test
  void idleComesAfterTheSharesWhenItIsSetAndBeforeThemWhenItIsCleared() {
    for (long idle = 0; idle <= 1; idle++) {
      Cpu cpu =
          new Cpu(
              of(2),
              NONE,
              of(-1),
              NONE,
              NONE,
              NONE,
              Optional.of("0-1"),
              Optional.of("0"),
              of(idle));
      Resources r = Resources.builder().cpu(cpu).build();
      String shares = "cpu/cpu.shares=2";
      String set = "cpu/cpu.idle=" + idle;
      assertEquals(
          List.of(
              idle == 0 ? set : shares,
              idle == 0 ? shares : set,
              "cpu/cpu.cfs_burst_us=18446744073709551615",
              "cpuset/cpuset.cpus=0-1",
              "cpuset/cpuset.mems=0"),
          v1(r));
      assertTrue(v2(r).contains("cpu/cpu.max.burst=18446744073709551615"));
    }
  }

  @Test
  void realTimeIsForVersion1() {
    Cpu cpu =
        new Cpu(
            NONE, NONE, NONE, NONE, of(950), of(1000), Optional.empty(), Optional.empty(), NONE);
    Resources r = Resources.builder().cpu(cpu).build();
    assertEquals(List.of("cpu/cpu.rt_period_us=1000", "cpu/cpu.rt_runtime_us=950"), v1(r));
    assertThrows(CgroupException.class, () -> v2(r));
  }

  @Test
  void memoryAndSwapTogetherBecomeSwapAlone() {
    assertEquals(
        List.of("memory/memory.swap.max=50", "memory/memory.max=100"), memoryV2(memory(100, 150)));
    assertEquals(
        List.of("memory/memory.swap.max=0?", "memory/memory.max=100"), memoryV2(memory(100, 100)));
    assertEquals(
        List.of("memory/memory.swap.max=max?", "memory/memory.max=100"), memoryV2(memory(100, -1)));
    assertEquals(
        List.of("memory/memory.swap.max=max?", "memory/memory.max=max"), memoryV2(memory(-1, 0)));
    assertEquals(List.of("memory/memory.max=100"), memoryV2(memory(100, 0)));
    assertThrows(CgroupException.class, () -> memoryV2(memory(100, 99)));
    assertThrows(CgroupException.class, () -> memoryV2(memory(0, 100)));
  }

  private List<String> memoryV2(Memory memory) {
    return v2(Resources.builder().memory(memory).build());
  }

  private List<String> memoryV1(Memory memory) {
    return v1(Resources.builder().memory(memory).build());
  }

  @Test
  void memoryOnVersion1() {
    assertEquals(
        List.of("memory/memory.limit_in_bytes=100", "memory/memory.memsw.limit_in_bytes=150"),
        memoryV1(memory(100, 150)));
    assertEquals(
        List.of("memory/memory.memsw.limit_in_bytes=-1?", "memory/memory.limit_in_bytes=100"),
        memoryV1(memory(100, -1)));
    assertEquals(
        List.of("memory/memory.memsw.limit_in_bytes=-1?", "memory/memory.limit_in_bytes=-1"),
        memoryV1(memory(-1, 0)));
  }

  @Test
  void whatVersion2HasNotIsRefusedByName() {
    Memory swappiness =
        new Memory(
            NONE,
            NONE,
            NONE,
            NONE,
            NONE,
            of(60),
            Optional.of(true),
            Optional.empty(),
            Optional.empty());
    Resources r = Resources.builder().memory(swappiness).build();
    assertEquals(List.of("memory/memory.swappiness=60", "memory/memory.oom_control=1"), v1(r));
    CgroupException e = assertThrows(CgroupException.class, () -> v2(r));
    assertTrue(e.reason().contains("linux.resources.memory.swappiness"), e.reason());
  }

  @Test
  void kernelMemoryIsWarnedAboutAsByRunc() {
    Memory kernel =
        new Memory(
            NONE,
            of(7),
            NONE,
            of(1),
            NONE,
            NONE,
            Optional.of(false),
            Optional.of(true),
            Optional.of(true));
    Resources r = Resources.builder().memory(kernel).build();
    assertEquals(List.of("memory/memory.low=7"), v2(r));
    assertEquals(1, warnings.size());
  }

  @Test
  void pidsLimits() {
    for (String[] each : new String[][] {{"-1", "max"}, {"0", "1"}, {"10", "10"}}) {
      Pids pids = new Pids(of(Long.parseLong(each[0])));
      Resources r = Resources.builder().pids(pids).build();
      assertEquals(List.of("pids/pids.max=" + each[1]), v1(r));
      assertEquals(List.of("pids/pids.max=" + each[1]), v2(r));
    }
    assertEquals(List.of(), v1(Resources.builder().pids(new Pids(NONE)).build()));
  }

  @Test
  void blockIo() {
    BlockIo io =
        new BlockIo(
            OptionalInt.of(500),
            OptionalInt.empty(),
            List.of(new WeightDevice(8, 0, OptionalInt.of(10), OptionalInt.empty())),
            List.of(new ThrottleDevice(8, 0, -1)),
            List.of(new ThrottleDevice(8, 0, 1), new ThrottleDevice(8, 16, 0)),
            List.of(),
            List.of());
    Resources r = Resources.builder().blockIo(io).build();
    assertEquals(
        List.of(
            "blkio/blkio.weight=500",
            "blkio/blkio.weight_device=8:0 10",
            "blkio/blkio.throttle.read_bps_device=8:0 18446744073709551615",
            "blkio/blkio.throttle.write_bps_device=8:0 1",
            "blkio/blkio.throttle.write_bps_device=8:16 0"),
        v1(r));
    assertEquals(
        List.of(
            "io/io.weight=4950",
            "io/io.weight=8:0 1",
            "io/io.max=8:0 rbps=18446744073709551615",
            "io/io.max=8:0 wbps=1",
            "io/io.max=8:16 wbps=max"),
        v2(r));
  }

  @Test
  void hugePagesNetworkAndRdma() {
    Resources r =
        Resources.builder()
            .hugepageLimits(List.of(new HugepageLimit("2MB", -1)))
            .rdma(Map.of("mlx5_1", new Rdma(of(3), of(10000))))
            .build();
    assertEquals(
        List.of(
            "hugetlb/hugetlb.2MB.limit_in_bytes=18446744073709551615",
            "hugetlb/hugetlb.2MB.rsvd.limit_in_bytes=18446744073709551615?",
            "rdma/rdma.max=mlx5_1 hca_handle=3 hca_object=10000"),
        v1(r));
    assertEquals("hugetlb/hugetlb.2MB.max=18446744073709551615", v2(r).get(0));
    Resources wrong =
        Resources.builder().hugepageLimits(List.of(new HugepageLimit("../x", 1))).build();
    assertThrows(CgroupException.class, () -> v2(wrong));
    Resources network =
        Resources.builder()
            .network(new Network(of(1), List.of(new InterfacePriority("eth0", 5))))
            .build();
    assertEquals(
        List.of("net_cls/net_cls.classid=1", "net_prio/net_prio.ifpriomap=eth0 5"), v1(network));
    assertThrows(CgroupException.class, () -> v2(network));
  }

  @Test
  void unifiedFilesAreForVersion2AndStayInTheCgroup() {
    Resources r = Resources.builder().unified(Map.of("memory.high", "5")).build();
    assertEquals(List.of("memory/memory.high=5"), v2(r));
    assertThrows(CgroupException.class, () -> v1(r));
    for (String name : List.of("../cgroup.procs", "memory", ".x", "a/memory.high")) {
      Resources wrong = Resources.builder().unified(Map.of(name, "5")).build();
      assertThrows(CgroupException.class, () -> v2(wrong));
    }
  }

  @Test
  void nothingAskedIsNothingDone() {
    assertEquals(List.of(), v1(Resources.builder().build()));
    assertEquals(List.of(), v2(Resources.builder().build()));
  }
}
