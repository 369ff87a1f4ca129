package dev.carafe.runtime.cgroup;

import static dev.carafe.runtime.cgroup.TestCgroups.read;
import static dev.carafe.runtime.cgroup.TestCgroups.resources;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.linux.Sys;
import dev.carafe.spec.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits that change, all or none, on cgroup v1. */
final class UpdateTest {
  private static final String BEFORE =
      "{'cpu':{'shares':512,'quota':20000,'period':100000,'burst':10000,'realtimeRuntime':1000,"
          + "'realtimePeriod':100000,'cpus':'0','mems':'0'},"
          + "'memory':{'limit':67108864,'swap':134217728,'reservation':33554432,'swappiness':60},"
          + "'pids':{'limit':20},"
          + "'blockIO':{'throttleReadBpsDevice':[{'major':7,'minor':0,'rate':1000000}]},"
          + "'devices':[{'allow':false,'access':'rwm'}]}";

  private static final String AFTER =
      "{'cpu':{'shares':2048,'quota':4000,'period':20000,'burst':500,'realtimeRuntime':500,"
          + "'realtimePeriod':50000,'cpus':'0','mems':'0','idle':1},"
          + "'memory':{'limit':268435456,'swap':268435456,'reservation':16777216,'swappiness':10,"
          + "'disableOOMKiller':true,'kernelTCP':4194304},"
          + "'pids':{'limit':-1},"
          + "'devices':[{'allow':false,'access':'rwm'},"
          + "{'allow':true,'type':'c','major':10,'minor':229,'access':'rw'}],"
          + "'blockIO':{'weight':300,'throttleReadBpsDevice':[{'major':7,'minor':0,'rate':5},"
          + "{'major':7,'minor':1,'rate':6}],"
          + "'throttleWriteIOPSDevice':[{'major':7,'minor':1,'rate':7}LAST]}}";

  /** No machine has such a device, so the kernel refuses it, after all else was taken. */
  private static final String REFUSED = AFTER.replace("LAST", ",{'major':0,'minor':0,'rate':1}");

  private static final List<String> FILES =
      List.of(
          "cpu/cpu.shares",
          "cpu/cpu.idle",
          "cpu/cpu.cfs_quota_us",
          "cpu/cpu.cfs_period_us",
          "cpu/cpu.cfs_burst_us",
          "cpu/cpu.rt_runtime_us",
          "cpu/cpu.rt_period_us",
          "cpuset/cpuset.cpus",
          "memory/memory.limit_in_bytes",
          "memory/memory.memsw.limit_in_bytes",
          "memory/memory.soft_limit_in_bytes",
          "memory/memory.swappiness",
          "memory/memory.kmem.tcp.limit_in_bytes",
          "memory/memory.oom_control",
          "pids/pids.max",
          "blkio/blkio.throttle.read_bps_device",
          "blkio/blkio.throttle.write_iops_device",
          "devices/devices.list");

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

  private static Map<String, String> all(Cgroup cgroup) throws IOException {
    Map<String, String> all = new TreeMap<>();
    for (String file : FILES) {
      all.put(file, read(cgroup, file));
    }
    return all;
  }

  /** Block I/O has a weight only where the BFQ scheduler is built in. */
  private static String without(Cgroup cgroup, String json) {
    return Files.exists(TestCgroups.path(cgroup, "blkio", "blkio.bfq.weight"))
        ? json
        : json.replace("'weight':300,", "");
  }

  private static Resources after(Cgroup cgroup, String json) {
    return resources(without(cgroup, json));
  }

  @Test
  void whenOneIsRefusedAllAreAsBefore() throws Exception {
    Cgroup cgroup = cgroups.make("", BEFORE);
    Map<String, String> before = all(cgroup);
    KernelException e =
        assertThrows(
            KernelException.class,
            () -> cgroup.update(Local.get(), after(cgroup, REFUSED), resources(BEFORE)));
    assertTrue(e.operation().contains("write 0:0 1 to "), e.operation());
    assertEquals(before, all(cgroup));
    assertEquals(List.of(), cgroups.warnings);
  }

  @Test
  void whatWasTakenCanBeTakenBack() throws Exception {
    Cgroup cgroup = cgroups.make("", BEFORE);
    Map<String, String> before = all(cgroup);
    Runnable back =
        cgroup.update(Local.get(), after(cgroup, AFTER.replace("LAST", "")), resources(BEFORE));
    Map<String, String> now = all(cgroup);
    for (String file : FILES) {
      if (!file.equals("cpuset/cpuset.cpus") && !file.equals("cpu/cpu.shares")) {
        assertNotEquals(before.get(file), now.get(file), file);
      }
    }
    back.run();
    assertEquals(before, all(cgroup));
    assertEquals(List.of(), cgroups.warnings);
  }

  @Test
  void whatThisMachineHasNotIsRefusedBeforeAnythingIsWritten() throws Exception {
    Cgroup cgroup = cgroups.make("", BEFORE);
    Resources given =
        resources("{'pids':{'limit':5},'hugepageLimits':[{'pageSize':'2MB','limit':0}]}");
    Assumptions.assumeTrue(
        cgroup.unsupported(given).isPresent(), "this machine has huge pages on cgroup v1");
    Map<String, String> before = all(cgroup);
    assertThrows(CgroupException.class, () -> cgroup.update(Local.get(), given, resources(BEFORE)));
    assertEquals(before, all(cgroup));
  }

  @Test
  void aLoadedCgroupIsUpdatedToo() throws Exception {
    Cgroup cgroup = cgroups.make("", BEFORE);
    Runnable ignored =
        Cgroups.load(cgroup.saved())
            .update(Local.get(), resources("{'pids':{'limit':7}}"), resources(BEFORE));
    assertEquals("7", read(cgroup, "pids/pids.max"));
    assertEquals("512", read(cgroup, "cpu/cpu.shares"));
  }

  /** With one below, the kernel takes no "all devices" any more. */
  @Test
  void devicesChangeOneByOneWithACgroupBelow() throws Exception {
    Cgroup cgroup = cgroups.make("", BEFORE);
    Files.createDirectory(TestCgroups.path(cgroup, "devices", "below"));
    Resources more =
        resources(
            "{'devices':[{'allow':false,'access':'rwm'},"
                + "{'allow':true,'type':'c','major':10,'minor':229,'access':'rw'},"
                + "{'allow':true,'type':'b','major':7,'access':'r'}]}");
    Runnable ignored = cgroup.update(Local.get(), more, resources(BEFORE));
    String list = read(cgroup, "devices/devices.list");
    assertTrue(list.contains("c 10:229 rw\n") || list.endsWith("c 10:229 rw"), list);
    assertTrue(list.contains("b 7:* r"), list);
    Resources less =
        resources(
            "{'devices':[{'allow':false,'access':'rwm'},"
                + "{'allow':true,'type':'c','major':10,'minor':229,'access':'r'}]}");
    ignored = cgroup.update(Local.get(), less, more);
    list = read(cgroup, "devices/devices.list");
    assertTrue(list.contains("c 10:229 r\n") || list.endsWith("c 10:229 r"), list);
    assertFalse(list.contains("b 7:"), list);
    assertTrue(list.contains("c 1:3 rwm"), list);
  }
}
