package dev.carafe.runtime.cgroup;

import static dev.carafe.runtime.cgroup.TestCgroups.read;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.linux.Sys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each limit as the kernel's file says it, on cgroup v1. */
final class LimitsOnVersion1Test {
  private final TestCgroups cgroups = new TestCgroups();

  @BeforeEach
  void needsVersion1() {
    Assumptions.assumeTrue(
        Files.exists(Path.of("/sys/fs/cgroup/memory")) && Sys.geteuid() == 0,
        "needs root and the controllers of cgroup v1 below /sys/fs/cgroup");
  }

  @AfterEach
  void cleanUp() {
    cgroups.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'cpu':{'shares':2048}}|cpu/cpu.shares|2048",
        "{'cpu':{'quota':20000}}|cpu/cpu.cfs_quota_us|20000",
        "{'cpu':{'quota':-1}}|cpu/cpu.cfs_quota_us|-1",
        "{'cpu':{'period':50000}}|cpu/cpu.cfs_period_us|50000",
        "{'cpu':{'quota':20000,'burst':10000}}|cpu/cpu.cfs_burst_us|10000",
        "{'cpu':{'idle':1,'shares':2048}}|cpu/cpu.idle|1",
        "{'cpu':{'realtimeRuntime':1000}}|cpu/cpu.rt_runtime_us|1000",
        "{'cpu':{'realtimePeriod':500000}}|cpu/cpu.rt_period_us|500000",
        "{'cpu':{'cpus':'0'}}|cpuset/cpuset.cpus|0",
        "{'cpu':{'mems':'0'}}|cpuset/cpuset.mems|0",
        "{'memory':{'limit':33554432}}|memory/memory.limit_in_bytes|33554432",
        "{'memory':{'limit':33554432,'swap':67108864}}|memory/memory.memsw.limit_in_bytes|67108864",
        "{'memory':{'reservation':33554432}}|memory/memory.soft_limit_in_bytes|33554432",
        "{'memory':{'kernelTCP':4194304}}|memory/memory.kmem.tcp.limit_in_bytes|4194304",
        "{'memory':{'swappiness':0}}|memory/memory.swappiness|0",
        "{'memory':{'useHierarchy':true}}|memory/memory.use_hierarchy|1",
        "{'pids':{'limit':10}}|pids/pids.max|10",
        "{'pids':{'limit':0}}|pids/pids.max|1",
        "{'pids':{'limit':-1}}|pids/pids.max|max",
        "{'blockIO':{'throttleReadBpsDevice':[{'major':7,'minor':0,'rate':1048576}]}}"
            + "|blkio/blkio.throttle.read_bps_device|7:0 1048576",
        "{'blockIO':{'throttleWriteBpsDevice':[{'major':7,'minor':1,'rate':2}]}}"
            + "|blkio/blkio.throttle.write_bps_device|7:1 2",
        "{'blockIO':{'throttleReadIOPSDevice':[{'major':7,'minor':0,'rate':300}]}}"
            + "|blkio/blkio.throttle.read_iops_device|7:0 300",
        "{'blockIO':{'throttleWriteIOPSDevice':[{'major':7,'minor':0,'rate':300}]}}"
            + "|blkio/blkio.throttle.write_iops_device|7:0 300",
      })
  void theKernelHasWhatWasAskedFor(String resources, String file, String value) throws Exception {
    assertEquals(value, read(cgroups.make("", resources), file));
  }

  @Test
  void theWeightOfBlockIoIsOfTheSchedulerThatHasOne() throws Exception {
    Cgroup cgroup = cgroups.make("", "{'blockIO':{}}");
    boolean bfq = Files.exists(TestCgroups.path(cgroup, "blkio", "blkio.bfq.weight"));
    Assumptions.assumeTrue(
        bfq || Files.exists(TestCgroups.path(cgroup, "blkio", "blkio.weight")),
        "needs a kernel whose block I/O has weights on cgroup v1");
    cgroup.apply(Local.get(), TestCgroups.resources("{'blockIO':{'weight':500}}"));
    String weight = read(cgroup, bfq ? "blkio/blkio.bfq.weight" : "blkio/blkio.weight");
    assertTrue(weight.endsWith("500"), weight);
  }

  @Test
  void theOomKillerIsTurnedOffAndOnAgain() throws Exception {
    Cgroup cgroup = cgroups.make("", "{'memory':{'disableOOMKiller':true}}");
    assertTrue(read(cgroup, "memory/memory.oom_control").startsWith("oom_kill_disable 1\n"));
    cgroup.apply(Local.get(), TestCgroups.resources("{'memory':{'disableOOMKiller':false}}"));
    assertTrue(read(cgroup, "memory/memory.oom_control").startsWith("oom_kill_disable 0\n"));
  }

  @Test
  void realTimeReachesThroughCgroupsThatWereMadeForIt() throws Exception {
    Cgroup one = cgroups.make("/one", "{'cpu':{'realtimeRuntime':1000,'realtimePeriod':100000}}");
    assertEquals("1000", read(one, "cpu/cpu.rt_runtime_us"));
    assertEquals("100000", read(one, "cpu/cpu.rt_period_us"));
    // The cgroup above has enough for both, in its own period of a second.
    Cgroup two = cgroups.make("/two", "{'cpu':{'realtimeRuntime':3000}}");
    assertEquals("3000", read(two, "cpu/cpu.rt_runtime_us"));
    one.apply(Local.get(), TestCgroups.resources("{'cpu':{'realtimeRuntime':2000}}"));
    assertEquals("2000", read(one, "cpu/cpu.rt_runtime_us"));
  }

  @Test
  void realTimeOfACgroupThatWasThereStays() throws Exception {
    Path above = TestCgroups.path(cgroups.plan(""), "cpu", "");
    Files.createDirectory(above);
    try {
      KernelException e =
          assertThrows(
              KernelException.class,
              () -> cgroups.make("/box", "{'cpu':{'realtimeRuntime':1000}}"));
      assertTrue(e.operation().endsWith("/box/cpu.rt_runtime_us"), e.operation());
      assertEquals("0", Files.readString(above.resolve("cpu.rt_runtime_us")).strip());
    } finally {
      cgroups.close();
      Files.deleteIfExists(above);
    }
  }

  /** Each of them in both directions: whichever is written first must be possible for a moment. */
  @Test
  void limitsThatDependOnEachOtherAreChangedInAnOrderThatCanSucceed() throws Exception {
    Cgroup above = cgroups.make("", "{'cpu':{'quota':20000,'period':100000}}");
    Cgroup cgroup = cgroups.make("/in", "{}");
    List<String> steps =
        List.of(
            "{'cpu':{'quota':20000,'period':100000,'burst':10000}}",
            "{'cpu':{'quota':2000,'period':10000,'burst':1000}}",
            "{'cpu':{'quota':40000,'period':200000,'burst':30000}}",
            "{'cpu':{'quota':2000,'period':10000,'burst':0}}",
            "{'cpu':{'quota':-1,'period':10000,'burst':0}}",
            "{'memory':{'limit':33554432,'swap':67108864}}",
            "{'memory':{'limit':134217728,'swap':268435456}}",
            "{'memory':{'limit':33554432,'swap':33554432}}",
            "{'memory':{'limit':-1}}");
    for (String step : steps) {
      cgroup.apply(Local.get(), TestCgroups.resources(step));
    }
    assertEquals("20000", read(above, "cpu/cpu.cfs_quota_us"));
    assertEquals("-1", read(cgroup, "cpu/cpu.cfs_quota_us"));
    assertTrue(Long.parseLong(read(cgroup, "memory/memory.memsw.limit_in_bytes")) > 1L << 60);
  }

  @Test
  void aLimitBelowWhatIsUsedIsRefusedWithBoth() throws Exception {
    Cgroup cgroup = cgroups.make("", "{'memory':{'limit':268435456,'swappiness':0}}");
    // A process that holds 40 MB in variables of its shell.
    try (Shell shell =
        new Shell("x=$(head -c 40000000 /dev/zero | tr '\\0' x); echo ready; read -r end")) {
      cgroup.join(Local.get(), shell.pid());
      shell.go();
      assertEquals("ready", shell.hear());
      CgroupException e =
          assertThrows(
              CgroupException.class,
              () ->
                  cgroup.apply(
                      Local.get(), TestCgroups.resources("{'memory':{'limit':16777216}}")));
      assertTrue(
          e.reason().startsWith("unable to set memory limit to 16777216 (current usage: "),
          e.reason());
    }
  }
}
