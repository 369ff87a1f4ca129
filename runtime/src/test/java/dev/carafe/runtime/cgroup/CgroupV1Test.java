package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import dev.carafe.spec.Cpu;
import dev.carafe.spec.DeviceRule;
import dev.carafe.spec.HugepageLimit;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** cgroup v1 as this machine has it; everything is made below this process's own cgroup. */
final class CgroupV1Test {
  private static int count;

  private final String name = "carafe-test-" + ProcessHandle.current().pid() + "-" + count++;
  private final List<String> warnings = new ArrayList<>();
  private final List<Cgroup> made = new ArrayList<>();

  @BeforeEach
  void needsVersion1() {
    Assumptions.assumeTrue(
        Files.exists(Path.of("/sys/fs/cgroup/freezer")) && Sys.geteuid() == 0,
        "needs root and the controllers of cgroup v1 below /sys/fs/cgroup");
  }

  @AfterEach
  void cleanUp() {
    for (Cgroup each : made.reversed()) {
      if (each.frozen()) {
        each.thaw();
      }
      each.killAll();
      each.remove();
    }
  }

  private Cgroups.Options options() {
    return new Cgroups.Options(false, warnings::add);
  }

  private Cgroup plan(String path) {
    return Cgroups.detect().plan(Optional.of(path), "id", options());
  }

  private Cgroup make(String path, Resources resources) {
    Cgroup cgroup = plan(path);
    cgroup.create(Local.get());
    made.add(cgroup);
    cgroup.apply(Local.get(), resources);
    return cgroup;
  }

  private Cgroup make(Resources resources) {
    return make(name, resources);
  }

  private static Resources none() {
    return Resources.builder().build();
  }

  private static String file(Cgroup cgroup, String controller, String name) throws IOException {
    return Files.readString(Path.of(cgroup.paths().getOrDefault(controller, ""), name)).strip();
  }

  private static Path at(Cgroup cgroup, String controller) {
    return Path.of(cgroup.paths().getOrDefault(controller, ""));
  }

  @Test
  void isMadeInEveryHierarchyBelowOurOwnAndIsGoneAfterwards() throws Exception {
    Cgroup cgroup = make(none());
    String own = Files.readString(Path.of("/proc/self/cgroup"));
    for (Map.Entry<String, String> each : cgroup.paths().entrySet()) {
      assertTrue(Files.isDirectory(Path.of(each.getValue())), each.toString());
      if (!each.getKey().isEmpty()) {
        String line =
            own.lines().filter(l -> l.contains(":" + each.getKey() + ":")).findAny().get();
        String above = line.substring(line.lastIndexOf(':') + 1);
        assertTrue(
            each.getValue().endsWith((above.equals("/") ? "" : above) + "/" + name),
            each + " below " + above);
      }
    }
    try (Shell shell = new Shell("cat /proc/self/cgroup")) {
      cgroup.join(Local.get(), shell.pid());
      String inside = shell.go().all();
      assertTrue(inside.lines().allMatch(line -> line.endsWith("/" + name)), inside);
    }
    cgroup.remove();
    for (String path : cgroup.paths().values()) {
      assertFalse(Files.exists(Path.of(path)), path);
    }
    cgroup.remove();
  }

  @Test
  void theEleventhProcessOfTenIsRefused() throws Exception {
    Cgroup cgroup = make(Resources.builder().pids(new Pids(OptionalLong.of(10))).build());
    assertEquals("10", file(cgroup, "pids", "pids.max"));
    String said =
        Shell.inside(
            cgroup, "i=1; while sleep 60 >/dev/null 2>&1 & do i=$((i + 1)); echo $i; done; exit 3");
    assertTrue(said.contains("\n10\n"), said);
    assertFalse(said.contains("\n11\n"), said);
    assertTrue(said.contains("fork"), said);
    cgroup.killAll();
    assertEquals(List.of(), cgroup.processes());
  }

  @Test
  void memoryAboveTheLimitIsKilled() throws Exception {
    long limit = 32 << 20;
    Memory memory = Memory.of(OptionalLong.of(limit), OptionalLong.of(limit));
    Cgroup cgroup = make(Resources.builder().memory(memory).build());
    assertEquals("" + limit, file(cgroup, "memory", "memory.limit_in_bytes"));
    assertEquals("" + limit, file(cgroup, "memory", "memory.memsw.limit_in_bytes"));
    String said =
        Shell.inside(cgroup, "head -c 100000000 /dev/zero | tail -c 100000000 | wc -c; exit 0");
    assertFalse(said.contains("100000000"), said);
    assertFalse(file(cgroup, "memory", "memory.oom_control").endsWith("oom_kill 0"));
    said = Shell.inside(cgroup, "head -c 10000000 /dev/zero | tail -c 10000000 | wc -c");
    assertTrue(said.contains("10000000"), said);
  }

  @Test
  void processorLimitsAreSet() throws Exception {
    Cpu cpu =
        new Cpu(
            OptionalLong.of(2048),
            OptionalLong.of(20_000),
            OptionalLong.of(10_000),
            OptionalLong.of(50_000),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.of("0"),
            Optional.of("0"),
            OptionalLong.empty());
    Cgroup cgroup = make(Resources.builder().cpu(cpu).build());
    assertEquals("2048", file(cgroup, "cpu", "cpu.shares"));
    assertEquals("20000", file(cgroup, "cpu", "cpu.cfs_quota_us"));
    assertEquals("50000", file(cgroup, "cpu", "cpu.cfs_period_us"));
    assertEquals("10000", file(cgroup, "cpu", "cpu.cfs_burst_us"));
    assertEquals("0", file(cgroup, "cpuset", "cpuset.cpus"));
    String said = Shell.inside(cgroup, "grep Cpus_allowed_list /proc/self/status");
    assertTrue(said.contains("\t0\n"), said);
  }

  @Test
  void idleAndSharesGoTogether() throws Exception {
    Cpu cpu =
        new Cpu(
            OptionalLong.of(512),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.of(1));
    Cgroup cgroup = make(Resources.builder().cpu(cpu).build());
    assertEquals("1", file(cgroup, "cpu", "cpu.idle"));
  }

  @Test
  void memoryIsReservedAndSwapsAndDoesNotKill() throws Exception {
    Memory memory =
        new Memory(
            OptionalLong.of(64 << 20),
            OptionalLong.of(48 << 20),
            OptionalLong.of(-1),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.of(7),
            Optional.of(true),
            Optional.of(true),
            Optional.of(true));
    Cgroup cgroup = make(Resources.builder().memory(memory).build());
    assertEquals("" + (48 << 20), file(cgroup, "memory", "memory.soft_limit_in_bytes"));
    assertEquals("7", file(cgroup, "memory", "memory.swappiness"));
    assertTrue(file(cgroup, "memory", "memory.oom_control").startsWith("oom_kill_disable 1"));
  }

  @Test
  void aDeniedDeviceCannotBeOpened(@org.junit.jupiter.api.io.TempDir Path dir) throws Exception {
    // 1:11 is /dev/kmsg.
    String node = dir.resolve("kmsg").toString();
    String script = "mknod " + node + " c 1 11; head -c 0 " + node + "; head -c 0 /dev/null";
    Cgroup denied = make(Resources.builder().devices(List.of(DeviceAccessTest.DENY_ALL)).build());
    String said = Shell.inside(denied, script);
    assertTrue(said.contains("kmsg' for reading: Operation not permitted"), said);
    assertTrue(said.endsWith("exit 0"), said);
    DeviceRule kmsg = DeviceAccessTest.character(true, 1, 11, "r");
    List<DeviceRule> rules = List.of(DeviceAccessTest.DENY_ALL, kmsg);
    Cgroup allowed = make(name + "b", Resources.builder().devices(rules).build());
    said = Shell.inside(allowed, "head -c 0 " + node + "; echo >" + node);
    assertTrue(said.contains("cannot create"), said);
    assertFalse(said.contains("for reading"), said);
    Cgroup all =
        make(name + "c", Resources.builder().devices(List.of(DeviceAccessTest.ALLOW_ALL)).build());
    assertEquals("exit 0", Shell.inside(all, "head -c 0 " + node));
    assertEquals("a *:* rwm", file(all, "devices", "devices.list"));
  }

  @Test
  void withoutRulesTheDefaultDevicesAreTheOnlyOnes() throws Exception {
    Cgroup cgroup = make(none());
    String list = file(cgroup, "devices", "devices.list");
    assertTrue(list.contains("c 1:3 rwm"), list);
    assertFalse(list.contains("a *:*"), list);
    assertEquals(11, list.lines().count());
  }

  @Test
  void whatIsFrozenStandsStill() throws Exception {
    FreezerChecks.standsStill(make(none()));
  }

  @Test
  void killsWhatForksAsFastAsItCan() throws Exception {
    Cgroup cgroup = make(Resources.builder().pids(new Pids(OptionalLong.of(40))).build());
    // Processes come and go all the time, so no list of them is ever right.
    String loop = "while :; do sleep 0.001; done";
    try (Shell shell = new Shell("for i in 1 2 3 4; do (" + loop + ") & done; " + loop)) {
      cgroup.join(Local.get(), shell.pid());
      shell.go();
      Thread.sleep(200);
      cgroup.killAll();
      assertEquals(List.of(), cgroup.processes());
      assertEquals(137, shell.status());
    }
  }

  @Test
  void removesWhatTheContainerMadeInsideHoweverDeep() throws Exception {
    Cgroup cgroup = make(none());
    for (String controller : List.of("memory", "freezer")) {
      Files.createDirectories(at(cgroup, controller).resolve("a/b/c"));
      Files.createDirectory(at(cgroup, controller).resolve("a/d"));
    }
    Fd dir = Sys.open(at(cgroup, "pids").toString(), Open.DIRECTORY, 0);
    for (int i = 0; i < 2100; i++) {
      Sys.mkdirat(dir, "d", 0755);
      Fd below = Sys.openat(dir, "d", Open.DIRECTORY, 0);
      dir.close();
      dir = below;
    }
    dir.close();
    try (Shell shell = new Shell("exec sleep 60")) {
      Files.writeString(at(cgroup, "freezer").resolve("a/b/c/cgroup.procs"), "" + shell.pid());
      assertEquals(List.of(shell.pid()), cgroup.processes());
      cgroup.killAll();
      assertEquals(137, shell.status());
    }
    cgroup.remove();
    assertFalse(Files.exists(at(cgroup, "pids")));
    assertFalse(Files.exists(at(cgroup, "freezer")));
  }

  @Test
  void cgroupsMadeOnTheWayGoWithTheLastContainer() throws Exception {
    Cgroup first = make(name + "/pod/one", none());
    Cgroup second = make(name + "/pod/two", none());
    assertFalse(file(first, "cpuset", "cpuset.cpus").isEmpty());
    first.remove();
    assertTrue(Files.exists(at(second, "pids")));
    second.remove();
    assertFalse(Files.exists(at(plan(name), "pids")));
  }

  @Test
  void cgroupsOfOthersStay() throws Exception {
    Path above = at(plan(name), "pids");
    Files.createDirectory(above);
    try {
      Cgroup inside = make(name + "/one", none());
      inside.remove();
      assertTrue(Files.exists(above));
      assertFalse(Files.exists(at(plan(name), "freezer")));
      Cgroup same = make(name, none());
      assertEquals("pids", same.saved().get("kept"));
      Files.createDirectory(above.resolve("inner"));
      Cgroups.load(same.saved()).remove();
      assertTrue(Files.exists(above));
      assertFalse(Files.exists(above.resolve("inner")));
      assertFalse(Files.exists(at(same, "freezer")));
    } finally {
      Files.deleteIfExists(above);
    }
  }

  @Test
  void aFrozenCgroupIsRefused() throws Exception {
    Path freezer = at(plan(name), "freezer");
    Files.createDirectory(freezer);
    try {
      Files.writeString(freezer.resolve("freezer.state"), "FROZEN");
      for (String path : List.of(name, name + "/below")) {
        Cgroup cgroup = plan(path);
        CgroupException e = assertThrows(CgroupException.class, () -> cgroup.create(Local.get()));
        assertTrue(e.reason().startsWith("container's cgroup unexpectedly frozen"), e.reason());
        cgroup.remove();
      }
      Files.writeString(freezer.resolve("freezer.state"), "THAWED");
    } finally {
      Files.deleteIfExists(freezer);
    }
  }

  @Test
  void aCgroupWithProcessesIsUsedWithAWarning() throws Exception {
    Path freezer = at(plan(name), "freezer");
    Files.createDirectory(freezer);
    try (Shell shell = new Shell("exec cat")) {
      Files.writeString(freezer.resolve("cgroup.procs"), "" + shell.pid());
      Cgroup cgroup = plan(name);
      cgroup.create(Local.get());
      assertEquals(List.of("container's cgroup is not empty: 1 process(es) found"), warnings);
      shell.kill();
      cgroup.remove();
    } finally {
      Files.deleteIfExists(freezer);
    }
  }

  @Test
  void pathsAreAsUnderRuncAndNeverOutside() {
    assertTrue(at(plan("../../../" + name), "memory").endsWith(name));
    assertEquals(at(plan(name), "memory"), at(plan("x/../" + name), "memory"));
    assertEquals(Path.of("/sys/fs/cgroup/memory/" + name), at(plan("/../../" + name), "memory"));
    Cgroup byId = Cgroups.detect().plan(Optional.empty(), name, options());
    assertEquals(at(plan(name), "memory"), at(byId, "memory"));
    Cgroup empty = Cgroups.detect().plan(Optional.of(""), name, options());
    assertEquals(at(plan(name), "memory"), at(empty, "memory"));
  }

  @Test
  void ourOwnCgroupIsRefused() {
    for (String path : List.of("/", ".", "..", "/x/..")) {
      CgroupException e = assertThrows(CgroupException.class, () -> plan(path), path);
      assertTrue(e.reason().contains("carafe itself runs in it"), e.reason());
    }
  }

  @Test
  void aFileOfACgroupIsNoCgroup() {
    assertThrows(CgroupException.class, () -> plan("/cgroup.procs"));
  }

  @Test
  void whatThisMachineCannotLimitIsNamed() {
    Resources huge =
        Resources.builder().hugepageLimits(List.of(new HugepageLimit("2MB", 0))).build();
    String reason = plan(name).unsupported(huge).orElse("");
    assertTrue(reason.contains("linux.resources.hugepageLimits"), reason);
    assertTrue(reason.contains("\"hugetlb\""), reason);
    Resources pids = Resources.builder().pids(new Pids(OptionalLong.of(1))).build();
    assertEquals(Optional.empty(), plan(name).unsupported(pids));
    assertEquals(Optional.empty(), plan(name).unsupported(none()));
  }

  @Test
  void aRefusedValueIsReportedWithFileAndValueAndLeaksNothing() {
    Memory memory = Memory.of(OptionalLong.of(64 << 20), OptionalLong.of(32 << 20));
    Cgroup cgroup = make(none());
    int open = Fd.openCount();
    int before = descriptors();
    KernelException e =
        assertThrows(
            KernelException.class,
            () -> cgroup.apply(Local.get(), Resources.builder().memory(memory).build()));
    String file = cgroup.paths().get("memory") + "/memory.memsw.limit_in_bytes";
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("write 33554432 to " + file + ": EINVAL"), message);
    assertEquals(open, Fd.openCount());
    assertEquals(before, descriptors());
  }

  private static int descriptors() {
    String[] names = new java.io.File("/proc/self/fd").list();
    return names == null ? 0 : names.length;
  }

  @Test
  void aMountShowsEachHierarchy() {
    CgroupMounts mounts = plan(name).mounts();
    assertFalse(mounts.unified());
    List<String> names = new ArrayList<>();
    for (CgroupMounts.Hierarchy each : mounts.hierarchies()) {
      names.add(each.name() + " " + each.options() + " " + each.links());
      assertTrue(each.path().endsWith("/" + name), each.path());
    }
    assertTrue(names.contains("memory memory []"), names.toString());
    assertTrue(names.contains("systemd name=systemd []"), names.toString());
  }

  @Test
  void whatIsSavedComesBack() {
    Cgroup cgroup = plan(name);
    assertEquals(cgroup.saved(), Cgroups.load(cgroup.saved()).saved());
    assertEquals(cgroup.paths(), Cgroups.load(cgroup.saved()).paths());
    Cgroups.load(cgroup.saved()).remove();
    assertEquals(List.of(), Cgroups.load(cgroup.saved()).processes());
    assertFalse(Cgroups.load(cgroup.saved()).frozen());
  }
}
