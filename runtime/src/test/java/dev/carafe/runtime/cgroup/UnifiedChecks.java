package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.linux.Sys;
import dev.carafe.spec.DeviceRule;
import dev.carafe.spec.DeviceType;
import dev.carafe.spec.HugepageLimit;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Resources;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What {@link CgroupV2Test} looks at, in a process whose {@code /sys/fs/cgroup} is a cgroup2. Reads
 * names of checks, and answers each with what went wrong, if anything, and a line with a dot.
 */
final class UnifiedChecks {
  private static final Path TOP = Path.of("/sys/fs/cgroup");

  /** 7:0 and 7:1 are /dev/loop0 and /dev/loop1; every machine with the loop driver has them. */
  private static final String OPEN_LOOPS =
      "for i in 0 1; do mknod $d/loop$i b 7 $i; head -c 0 $d/loop$i && echo got $i; done;"
          + " head -c 0 /dev/null && echo got null; rm -f $d/loop?";

  private final String name = "carafe-test-" + Sys.getpid() + "-" + System.nanoTime();
  private final List<String> warnings = new ArrayList<>();
  private final List<Cgroup> made = new ArrayList<>();

  private UnifiedChecks() {}

  private interface Check {
    void run(UnifiedChecks checks) throws Exception;
  }

  private static Map<String, Check> all() {
    Map<String, Check> all = new LinkedHashMap<>();
    all.put("made", UnifiedChecks::made);
    all.put("beside", UnifiedChecks::beside);
    all.put("devices", UnifiedChecks::devices);
    all.put("defaults", UnifiedChecks::defaults);
    all.put("everything", UnifiedChecks::everything);
    all.put("freezer", UnifiedChecks::freezer);
    all.put("kill", UnifiedChecks::kill);
    all.put("tree", UnifiedChecks::tree);
    all.put("huge", UnifiedChecks::huge);
    all.put("missing", UnifiedChecks::missing);
    all.put("frozen", UnifiedChecks::frozen);
    all.put("into", UnifiedChecks::into);
    all.put("replaced", UnifiedChecks::replaced);
    all.put("divided", UnifiedChecks::divided);
    all.put("given", UnifiedChecks::given);
    all.put("notGiven", UnifiedChecks::notGiven);
    all.put("updated", UnifiedChecks::updated);
    return all;
  }

  /** Runs the checks that the standard input names. */
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String before = Files.readString(TOP.resolve("cgroup.subtree_control"));
    Map<String, Check> all = all();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      UnifiedChecks checks = new UnifiedChecks();
      try {
        Check check = all.get(line);
        if (check == null) {
          throw new IllegalArgumentException("no check " + line);
        }
        check.run(checks);
        checks.cleanUp();
      } catch (Exception | AssertionError e) {
        e.printStackTrace(out);
        checks.cleanUp();
      }
      out.println(".");
    }
    restore(before);
  }

  /** The hierarchy is the machine's own, seen through another mount. */
  private static void restore(String before) throws IOException {
    String now = Files.readString(TOP.resolve("cgroup.subtree_control"));
    for (String controller : now.strip().split(" ", -1)) {
      if (!controller.isEmpty() && !before.contains(controller)) {
        Files.writeString(TOP.resolve("cgroup.subtree_control"), "-" + controller);
      }
    }
  }

  private void cleanUp() {
    for (Cgroup each : made.reversed()) {
      if (each.frozen()) {
        each.thaw();
      }
      each.killAll();
      each.remove();
    }
  }

  private Cgroup plan(String path) {
    return new Cgroups(Layout.read())
        .plan(Optional.of(path), "id", new Cgroups.Options(false, warnings::add));
  }

  private Cgroup make(String path, Resources resources) {
    Cgroup cgroup = plan(path);
    cgroup.create(Local.get());
    made.add(cgroup);
    cgroup.apply(Local.get(), resources);
    return cgroup;
  }

  private static Resources none() {
    return Resources.builder().devices(List.of(DeviceAccessTest.ALLOW_ALL)).build();
  }

  private static Path at(Cgroup cgroup) {
    return Path.of(cgroup.paths().getOrDefault("", "/nowhere"));
  }

  private static String inside(Cgroup cgroup, String script) throws Exception {
    Path dir = Files.createTempDirectory("carafe-test");
    try {
      return Shell.inside(cgroup, "d=" + dir + "; { " + script + "; } 2>&1");
    } finally {
      Files.delete(dir);
    }
  }

  // ---- the checks

  private void made() throws Exception {
    Cgroup cgroup = make(name + "/pod/one", none());
    assertEquals(Map.of("", "/sys/fs/cgroup/" + name + "/pod/one"), cgroup.paths());
    assertEquals(cgroup.saved(), Cgroups.load(cgroup.saved()).saved());
    String lines = inside(cgroup, "cat /proc/self/cgroup");
    assertTrue(lines.contains("0::/" + name + "/pod/one\n"), lines);
    assertTrue(cgroup.mounts().unified());
    assertEquals(at(cgroup).toString(), cgroup.mounts().hierarchies().get(0).path());
    Cgroup second = make(name + "/pod/two", none());
    cgroup.remove();
    assertTrue(Files.exists(at(second)));
    second.remove();
    assertFalse(Files.exists(TOP.resolve(name)));
  }

  private void beside() throws Exception {
    Path sub = TOP.resolve(name).resolve("inner");
    Files.createDirectories(sub);
    try {
      Files.writeString(sub.resolve("cgroup.procs"), "0");
      assertEquals(sub.resolveSibling("x"), at(plan("x")));
      assertEquals(TOP.resolve("x"), at(plan("/x")));
      assertEquals(sub.resolveSibling("x"), at(plan("../../x")));
      for (String path : List.of("inner", ".", "/", "/" + name)) {
        assertThrows(CgroupException.class, () -> plan(path), path);
      }
      Cgroup cgroup = make("x", none());
      cgroup.remove();
    } finally {
      Files.writeString(TOP.resolve("cgroup.procs"), "0");
      Files.delete(sub);
      Files.delete(TOP.resolve(name));
    }
  }

  private static DeviceRule block(boolean allow, long minor, String access) {
    return DeviceAccessTest.rule(allow, Optional.of(DeviceType.BLOCK), 7, minor, access);
  }

  private void devices() throws Exception {
    Cgroup cgroup = make(name, rules(DeviceAccessTest.DENY_ALL));
    String said = inside(cgroup, OPEN_LOOPS);
    assertTrue(said.contains("loop0' for reading: Operation not permitted"), said);
    assertFalse(said.contains("got 1"), said);
    assertTrue(said.contains("got null"), said);
    // The last rule that speaks of a device counts, also where it cuts a piece out of another.
    cgroup =
        make(
            name + "b",
            rules(DeviceAccessTest.DENY_ALL, block(true, -1, "rw"), block(false, 0, "r")));
    said = inside(cgroup, OPEN_LOOPS);
    assertFalse(said.contains("got 0"), said);
    assertTrue(said.contains("got 1"), said);
    // Only writing is denied.
    cgroup = make(name + "c", rules(DeviceAccessTest.ALLOW_ALL, block(false, 1, "w")));
    said = inside(cgroup, OPEN_LOOPS + "; mknod $d/x b 7 1; true <>$d/x; rm $d/x");
    assertTrue(said.contains("got 0"), said);
    assertTrue(said.contains("got 1"), said);
    assertTrue(said.contains("Operation not permitted"), said);
    // Both together are allowed by one rule each.
    cgroup = make(name + "d", rules(block(true, -1, "r"), block(true, 1, "w")));
    said = inside(cgroup, "mknod $d/x b 7 1; true <>$d/x && echo got; rm $d/x");
    assertTrue(said.contains("got"), said);
    // A node that is denied "m" cannot be made, where nothing later allows it.
    cgroup = make(name + "e", rules(DeviceAccessTest.DENY_ALL, block(false, 1, "m")));
    said = inside(cgroup, "mknod $d/x b 7 1 && rm $d/x && echo got");
    assertTrue(said.contains("got"), said);
  }

  private static Resources rules(DeviceRule... rules) {
    return Resources.builder().devices(List.of(rules)).build();
  }

  private void defaults() throws Exception {
    String said = inside(make(name, Resources.builder().build()), OPEN_LOOPS);
    assertFalse(said.contains("got 0"), said);
    assertTrue(said.contains("got null"), said);
  }

  private void everything() throws Exception {
    String said = inside(make(name, rules(DeviceAccessTest.ALLOW_ALL)), OPEN_LOOPS);
    assertTrue(said.contains("got 0"), said);
    assertTrue(said.contains("got null"), said);
  }

  private void freezer() throws Exception {
    FreezerChecks.standsStill(make(name, none()));
  }

  private void kill() throws Exception {
    Cgroup cgroup = make(name, none());
    String loop = "while :; do sleep 0.001; done";
    for (boolean file : new boolean[] {true, false}) {
      try (Shell shell = new Shell("for i in 1 2 3 4; do (" + loop + ") & done; " + loop)) {
        cgroup.join(Local.get(), shell.pid());
        shell.go();
        Thread.sleep(100);
        if (file) {
          cgroup.killAll();
        } else {
          // As on a kernel before 5.14, which has no cgroup.kill.
          Place place = new Place(2, List.of(""), "", at(cgroup).toString(), false);
          Freezer freezer = new Freezer(place);
          new Killer(place.path(), Optional.of(freezer), Optional.empty()).run();
        }
        assertEquals(List.of(), cgroup.processes());
        assertEquals(137, shell.status());
      }
    }
  }

  private void tree() throws Exception {
    Cgroup cgroup = make(name, none());
    Files.createDirectories(at(cgroup).resolve("a/b/c"));
    Files.createDirectories(at(cgroup).resolve("e/d"));
    Files.writeString(at(cgroup).resolve("e/d/cgroup.type"), "threaded");
    try (Shell shell = new Shell("exec sleep 60")) {
      Files.writeString(at(cgroup).resolve("a/b/c/cgroup.procs"), "" + shell.pid());
      assertEquals(List.of(shell.pid()), cgroup.processes());
      cgroup.killAll();
      assertEquals(137, shell.status());
    }
    cgroup.remove();
    assertFalse(Files.exists(at(cgroup)));
  }

  private void huge() throws Exception {
    if (!Files.readString(TOP.resolve("cgroup.controllers")).contains("hugetlb")) {
      return;
    }
    Map<String, String> unified = new LinkedHashMap<>();
    unified.put("cgroup.max.descendants", "3");
    unified.put("hugetlb.2MB.max", "6291456");
    Resources resources =
        Resources.builder()
            .hugepageLimits(List.of(new HugepageLimit("2MB", 4194304)))
            .unified(unified)
            .build();
    Cgroup cgroup = make(name + "/pod/one", resources);
    assertEquals("6291456", Files.readString(at(cgroup).resolve("hugetlb.2MB.max")).strip());
    assertEquals("4194304", Files.readString(at(cgroup).resolve("hugetlb.2MB.rsvd.max")).strip());
    assertEquals("3", Files.readString(at(cgroup).resolve("cgroup.max.descendants")).strip());
    Resources wrong = Resources.builder().unified(Map.of("cgroup.nothing", "1")).build();
    KernelException e = assertThrows(KernelException.class, () -> cgroup.apply(Local.get(), wrong));
    assertTrue(e.operation().contains("cgroup.nothing"), e.operation());
  }

  private void missing() throws Exception {
    if (Files.readString(TOP.resolve("cgroup.controllers")).contains("pids")) {
      return; // The virtual machine has them all.
    }
    Resources pids = Resources.builder().pids(new Pids(OptionalLong.of(5))).build();
    String reason = plan(name).unsupported(pids).orElse("");
    assertTrue(reason.startsWith("linux.resources.pids.limit: "), reason);
    assertTrue(reason.contains("\"pids\""), reason);
    Cgroup cgroup = make(name, none());
    assertThrows(CgroupException.class, () -> cgroup.apply(Local.get(), pids));
    assertEquals(Optional.empty(), cgroup.unsupported(none()));
  }

  private void frozen() throws Exception {
    Path path = TOP.resolve(name);
    Files.createDirectory(path);
    try {
      Files.writeString(path.resolve("cgroup.freeze"), "1");
      for (String each : List.of(name, name + "/below")) {
        Cgroup cgroup = plan("/" + each);
        CgroupException e = assertThrows(CgroupException.class, () -> cgroup.create(Local.get()));
        assertTrue(e.reason().startsWith("container's cgroup unexpectedly frozen"), e.reason());
        cgroup.remove();
      }
      Files.writeString(path.resolve("cgroup.freeze"), "0");
      Cgroup kept = plan("/" + name);
      kept.create(Local.get());
      kept.remove();
      assertTrue(Files.exists(path));
    } finally {
      Files.delete(path);
    }
  }

  private void replaced() throws Exception {
    DeviceRule one = block(true, 1, "rw");
    Resources first = rules(DeviceAccessTest.DENY_ALL);
    Cgroup cgroup = make(name, first);
    List<Integer> before = DeviceFilter.attached(at(cgroup).toString());
    assertEquals(1, before.size());
    Resources second = rules(DeviceAccessTest.DENY_ALL, one);
    Runnable back = Cgroups.load(cgroup.saved()).update(Local.get(), second, first);
    List<Integer> after = DeviceFilter.attached(at(cgroup).toString());
    assertEquals(1, after.size());
    assertFalse(after.equals(before));
    String said = inside(cgroup, OPEN_LOOPS);
    assertFalse(said.contains("got 0"), said);
    assertTrue(said.contains("got 1"), said);
    back.run();
    said = inside(cgroup, OPEN_LOOPS);
    assertFalse(said.contains("got 1"), said);
    assertEquals(1, DeviceFilter.attached(at(cgroup).toString()).size());
    // Limits without rules leave the devices alone, and rules that allow all take ours away.
    Runnable ignored = cgroup.update(Local.get(), Resources.NONE, first);
    assertEquals(1, DeviceFilter.attached(at(cgroup).toString()).size());
    Resources all = rules(DeviceAccessTest.ALLOW_ALL);
    Runnable fromAll = cgroup.update(Local.get(), all, first);
    assertEquals(List.of(), DeviceFilter.attached(at(cgroup).toString()));
    assertTrue(inside(cgroup, OPEN_LOOPS).contains("got 0"));
    fromAll.run();
    assertEquals(1, DeviceFilter.attached(at(cgroup).toString()).size());
    // A second container in a cgroup that stays gets its own filter, not both.
    Cgroup again = plan(name);
    again.create(Local.get());
    again.apply(Local.get(), second);
    assertEquals(1, DeviceFilter.attached(at(cgroup).toString()).size());
    assertTrue(inside(cgroup, OPEN_LOOPS).contains("got 1"));
  }

  /** As systemd does inside: the first process goes below, and the cgroup passes on. */
  private void divided() throws Exception {
    Cgroup cgroup = make(name, none());
    Path inner = Files.createDirectory(at(cgroup).resolve("init.scope"));
    Path other = Files.createDirectory(at(cgroup).resolve("other"));
    try (Shell init = new Shell("exec sleep 60");
        Shell next = new Shell("exec sleep 60")) {
      Files.writeString(inner.resolve("cgroup.procs"), "" + init.pid());
      // Needs a controller that can be passed on; a threaded cgroup below refuses as well.
      if (!Files.readString(at(cgroup).resolve("cgroup.controllers")).contains("hugetlb")) {
        return;
      }
      Files.writeString(at(cgroup).resolve("cgroup.subtree_control"), "+hugetlb");
      cgroup.join(Local.get(), next.pid(), init.pid(), Map.of());
      assertEquals(
          init.pid() + "\n" + next.pid(), Files.readString(inner.resolve("cgroup.procs")).strip());
      cgroup.join(Local.get(), next.pid(), init.pid(), Map.of("", "other"));
      assertEquals("" + next.pid(), Files.readString(other.resolve("cgroup.procs")).strip());
      for (String wrong : List.of("../..", "other/../../x")) {
        CgroupException e =
            assertThrows(
                CgroupException.class,
                () -> cgroup.join(Local.get(), next.pid(), init.pid(), Map.of("", wrong)));
        assertEquals(wrong + " is not a sub cgroup path", e.reason());
      }
      KernelException missing =
          assertThrows(
              KernelException.class,
              () -> cgroup.join(Local.get(), next.pid(), init.pid(), Map.of("", "nothing")));
      assertTrue(missing.operation().endsWith("/nothing"), missing.operation());
    }
  }

  private void given() throws Exception {
    Cgroup cgroup = make(name, none());
    cgroup.giveToOwner(Local.get(), CgroupOwnerTest.spec(true, "rw", 5));
    for (String file : List.of("", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control")) {
      assertEquals(100_005, Files.getAttribute(at(cgroup).resolve(file), "unix:uid"), file);
    }
    assertEquals(0, Files.getAttribute(at(cgroup).resolve("cgroup.max.depth"), "unix:uid"));
  }

  private void notGiven() throws Exception {
    Path there = Files.createDirectory(TOP.resolve(name + "-there"));
    try {
      Cgroup cgroup = make(name + "-there", none());
      cgroup.giveToOwner(Local.get(), CgroupOwnerTest.spec(true, "rw", 5));
      for (String file : List.of("", "cgroup.procs", "cgroup.subtree_control")) {
        assertEquals(0, Files.getAttribute(there.resolve(file), "unix:uid"), file);
      }
    } finally {
      Files.delete(there);
    }
  }

  private void updated() throws Exception {
    if (!Files.readString(TOP.resolve("cgroup.controllers")).contains("hugetlb")) {
      return;
    }
    String limits = "{'hugepageLimits':[{'pageSize':'2MB','limit':8388608}]}";
    Cgroup cgroup = make(name + "/pod/one", TestCgroups.resources(limits));
    String old = Files.readString(at(cgroup).resolve("hugetlb.2MB.max"));
    Resources wrong =
        TestCgroups.resources(
            "{'hugepageLimits':[{'pageSize':'2MB','limit':4194304}],"
                + "'unified':{'cgroup.max.depth':'7','cgroup.max.descendants':'x'}}");
    KernelException e =
        assertThrows(
            KernelException.class, () -> cgroup.update(Local.get(), wrong, Resources.NONE));
    assertTrue(e.operation().endsWith("cgroup.max.descendants"), e.operation());
    assertEquals(old, Files.readString(at(cgroup).resolve("hugetlb.2MB.max")));
    assertEquals("max", Files.readString(at(cgroup).resolve("cgroup.max.depth")).strip());
    Resources right =
        TestCgroups.resources(
            "{'hugepageLimits':[{'pageSize':'2MB','limit':4194304}],"
                + "'unified':{'cgroup.max.depth':'7'}}");
    Runnable back = cgroup.update(Local.get(), right, Resources.NONE);
    assertEquals("4194304", Files.readString(at(cgroup).resolve("hugetlb.2MB.max")).strip());
    assertEquals("7", Files.readString(at(cgroup).resolve("cgroup.max.depth")).strip());
    back.run();
    assertEquals(old, Files.readString(at(cgroup).resolve("hugetlb.2MB.max")));
    assertEquals("max", Files.readString(at(cgroup).resolve("cgroup.max.depth")).strip());
    assertEquals(List.of(), warnings);
  }

  private void into() throws Exception {
    Cgroup cgroup = make(name, none());
    try (Entrance entrance = cgroup.entrance(Local.get())) {
      if (!entrance.isNone()) {
        int fd = entrance.birthplace().orElseThrow().number();
        assertEquals(at(cgroup).toString(), Sys.readlinkat(Fd.CWD, "/proc/self/fd/" + fd));
      }
    }
  }
}
