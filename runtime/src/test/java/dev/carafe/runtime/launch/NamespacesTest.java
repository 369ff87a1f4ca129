package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Agent;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mount;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Spawner;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.TimeOffset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Namespaces of a container: its own, joined ones, and the caller's (config-linux.md). */
final class NamespacesTest {
  private static final List<IdMapping> MAP = List.of(new IdMapping(0, 100000, 65536));
  private static final String[] KINDS = {
    "pid", "net", "ipc", "uts", "mnt", "cgroup", "user", "time"
  };

  private final List<TestBundle> bundles = new ArrayList<>();
  private final TestBundle bundle = bundle();

  private TestBundle bundle() {
    TestBundle made = TestBundle.create();
    bundles.add(made);
    return made;
  }

  @AfterEach
  void remove() {
    bundles.forEach(TestBundle::close);
  }

  private static String ns(String pid, String kind) throws IOException {
    return Files.readSymbolicLink(Path.of("/proc", pid, "ns", kind)).toString();
  }

  private static void assertOwn(TestLaunch launch, String... own) throws IOException {
    String pid = Integer.toString(launch.process().pid());
    for (String kind : KINDS) {
      String theirs = ns(pid, kind);
      if (List.of(own).contains(kind)) {
        assertNotEquals(ns("self", kind), theirs, kind);
      } else {
        assertEquals(ns("self", kind), theirs, kind);
      }
    }
  }

  @Test
  void listedOnesAreItsOwnAndTheOthersTheCallers() throws IOException {
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      assertOwn(launch, "pid", "net", "ipc", "uts", "mnt", "cgroup");
    }
    TestBundle few = bundle().linux(l -> l.namespaces(TestBundle.namespaces(NamespaceType.MOUNT)));
    few.edit(s ->
        dev.carafe.spec.Spec.builder("1.3.0")
            .root(few.spec().root().orElseThrow())
            .process(few.spec().process().orElseThrow())
            .linux(few.spec().linux().orElseThrow()));
    try (TestLaunch launch = new TestLaunch(few)) {
      launch.create();
      assertOwn(launch, "mnt");
    }
  }

  @Test
  void aUserNamespaceHasTheMapsOfTheSpecAndItsRootOwnsWhatIsMade() {
    bundle
        .namespace(NamespaceType.USER, Optional.empty())
        .linux(l ->
            l.uidMappings(List.of(new IdMapping(0, 100000, 10), new IdMapping(10, 200010, 90)))
                .gidMappings(MAP))
        .sh(
            "cat /proc/self/uid_map /proc/self/gid_map; cat /proc/self/setgroups;"
                + " stat -c %u:%g /dev/null /dev/pts /proc/self; id -u");
    TestLaunch.Outcome outcome = TestLaunch.run(bundle);
    String[] lines = outcome.out().replaceAll(" +", " ").split("\n", -1);
    assertEquals("", outcome.err());
    assertEquals(" 0 100000 10", lines[0]);
    assertEquals(" 10 200010 90", lines[1]);
    assertEquals(" 0 100000 65536", lines[2]);
    assertEquals("allow", lines[3]);
    assertEquals("0:0", lines[5]);
    assertEquals("0", lines[7]);
  }

  @Test
  void aUserOfAUserNamespaceIsTheMappedOne() throws IOException {
    bundle
        .namespace(NamespaceType.USER, Optional.empty())
        .linux(l -> l.uidMappings(MAP).gidMappings(MAP))
        .process(p ->
            p.user(
                new dev.carafe.spec.User(
                    1000, 1001, java.util.OptionalLong.empty(), List.of(5L, 6L), Optional.empty())))
        .sh("sleep 60");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      launch.start();
      String status = Files.readString(Path.of("/proc/" + launch.process().pid() + "/status"));
      assertTrue(status.contains("\nUid:\t101000\t101000\t101000\t101000\n"), status);
      assertTrue(status.contains("\nGid:\t101001\t101001\t101001\t101001\n"), status);
      assertTrue(status.contains("\nGroups:\t100005 100006 \n"), status);
    }
  }

  @Test
  void aTimeNamespaceHasTheOffsetsOfTheSpec() throws IOException {
    bundle
        .namespace(NamespaceType.TIME, Optional.empty())
        .linux(l ->
            l.timeOffsets(
                Map.of(
                    "boottime", new TimeOffset(1_000_000, 5), "monotonic", new TimeOffset(7, 0))))
        .sh("cat /proc/self/timens_offsets /proc/uptime");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      assertOwn(launch, "pid", "net", "ipc", "uts", "mnt", "cgroup", "time");
      launch.start();
      String[] lines = launch.end().out().replaceAll(" +", " ").split("\n", -1);
      assertEquals("monotonic 7 0", lines[0]);
      assertEquals("boottime 1000000 5", lines[1]);
      assertTrue(Double.parseDouble(lines[2].split(" ", -1)[0]) > 1_000_000, lines[2]);
    }
  }

  @Test
  void aTimeNamespaceCanBelongToAUserNamespace() throws IOException {
    bundle
        .namespace(NamespaceType.TIME, Optional.empty())
        .namespace(NamespaceType.USER, Optional.empty())
        .linux(l ->
            l.uidMappings(MAP)
                .gidMappings(MAP)
                .timeOffsets(Map.of("monotonic", new TimeOffset(-3, 0))))
        .sh("cat /proc/self/timens_offsets; id -u");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      assertOwn(launch, KINDS);
      launch.start();
      TestLaunch.Outcome outcome = launch.end();
      assertEquals("", outcome.err());
      assertTrue(outcome.out().replaceAll(" +", " ").startsWith("monotonic -3 0"), outcome.out());
      assertTrue(outcome.out().endsWith("\n0\n"), outcome.out());
    }
  }

  private static void join(TestBundle bundle, int pid, NamespaceType type, String kind) {
    bundle.namespace(type, Optional.of("/proc/" + pid + "/ns/" + kind));
  }

  @Test
  void eachKindCanBeJoinedByItsPath() throws IOException {
    TestBundle first = bundle().namespace(NamespaceType.TIME, Optional.empty()).sh("sleep 60");
    try (TestLaunch holder = new TestLaunch(first)) {
      holder.create();
      holder.start();
      int pid = holder.process().pid();
      join(bundle, pid, NamespaceType.PID, "pid");
      join(bundle, pid, NamespaceType.NETWORK, "net");
      join(bundle, pid, NamespaceType.IPC, "ipc");
      join(bundle, pid, NamespaceType.UTS, "uts");
      join(bundle, pid, NamespaceType.CGROUP, "cgroup");
      join(bundle, pid, NamespaceType.TIME, "time");
      try (TestLaunch launch = new TestLaunch(bundle.sh("echo $$"))) {
        launch.create();
        for (String kind : List.of("pid", "net", "ipc", "uts", "cgroup", "time")) {
          assertEquals(
              ns(Integer.toString(pid), kind),
              ns(Integer.toString(launch.process().pid()), kind),
              kind);
        }
        launch.start();
        TestLaunch.Outcome outcome = launch.end();
        assertEquals("", outcome.err());
        assertNotEquals("1\n", outcome.out());
      }
    }
  }

  @Test
  void aNetworkNamespaceAloneIsJoinedWithoutAMiddleAgent() throws IOException {
    TestBundle first = bundle().sh("sleep 60");
    try (TestLaunch holder = new TestLaunch(first)) {
      holder.create();
      join(bundle, holder.process().pid(), NamespaceType.NETWORK, "net");
      try (TestLaunch launch = new TestLaunch(bundle)) {
        launch.create();
        assertEquals(
            ns(Integer.toString(holder.process().pid()), "net"),
            ns(Integer.toString(launch.process().pid()), "net"));
      }
    }
  }

  @Test
  void aNewUserNamespaceGoesWithAJoinedNetworkOfTheHost() throws IOException {
    TestBundle first = bundle().sh("sleep 60");
    try (TestLaunch holder = new TestLaunch(first)) {
      holder.create();
      join(bundle, holder.process().pid(), NamespaceType.NETWORK, "net");
      bundle
          .namespace(NamespaceType.USER, Optional.empty())
          .linux(l -> l.uidMappings(MAP).gidMappings(MAP))
          // sysfs shows the network and belongs to who owns that.
          .edit(s ->
              s.mounts(
                  bundle.spec().mounts().stream()
                      .filter(m -> !m.destination().equals("/sys"))
                      .toList()))
          .sh("id -u");
      try (TestLaunch launch = new TestLaunch(bundle)) {
        launch.create();
        assertEquals(
            ns(Integer.toString(holder.process().pid()), "net"),
            ns(Integer.toString(launch.process().pid()), "net"));
        launch.start();
        assertEquals("0\n", launch.end().out());
      }
    }
  }

  @Test
  void aMountNamespaceIsJoinedByItsPath() throws IOException {
    // The holder has the caller's tree in a namespace of its own.
    try (Agent holder =
        Spawner.spawn(
            CloneFlags.NEWNS, Optional.empty(), Optional.empty(), Optional.empty(), List.of())) {
      Batch batch = holder.batch();
      new Calls(batch).mount("private", "none", "/", "", Mount.REC | Mount.PRIVATE, "");
      holder.run(batch);
      join(bundle, holder.pid(), NamespaceType.MOUNT, "mnt");
      try (TestLaunch launch = new TestLaunch(bundle.sh("ls /; test ! -e /etc/hostname"))) {
        launch.create();
        assertEquals(
            ns(Integer.toString(holder.pid()), "mnt"),
            ns(Integer.toString(launch.process().pid()), "mnt"));
        launch.start();
        assertEquals("bin\ndev\netc\nproc\nsys\ntmp\n", launch.end().out());
      } finally {
        PidFd process = holder.process().orElseThrow();
        process.signal(9);
        process.reap();
      }
    }
  }

  @Test
  void aUserNamespaceIsJoinedTogetherWithWhatBelongsToIt() throws IOException {
    TestBundle first =
        bundle()
            .namespace(NamespaceType.USER, Optional.empty())
            .linux(l -> l.uidMappings(MAP).gidMappings(MAP))
            .sh("sleep 60");
    try (TestLaunch holder = new TestLaunch(first)) {
      holder.create();
      int pid = holder.process().pid();
      join(bundle, pid, NamespaceType.USER, "user");
      join(bundle, pid, NamespaceType.NETWORK, "net");
      join(bundle, pid, NamespaceType.PID, "pid");
      try (TestLaunch launch = new TestLaunch(bundle.sh("id -u; cat /proc/self/uid_map"))) {
        launch.create();
        for (String kind : List.of("pid", "net", "user")) {
          assertEquals(
              ns(Integer.toString(pid), kind),
              ns(Integer.toString(launch.process().pid()), kind),
              kind);
        }
        launch.start();
        TestLaunch.Outcome outcome = launch.end();
        assertEquals("", outcome.err());
        assertTrue(outcome.out().startsWith("0\n"), outcome.out());
      }
    }
  }

  @Test
  void joiningTheCallersOwnUserNamespaceChangesNothing() throws IOException {
    bundle.namespace(NamespaceType.USER, Optional.of("/proc/self/ns/user"));
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      assertOwn(launch, "pid", "net", "ipc", "uts", "mnt", "cgroup");
    }
  }

  @Test
  void aPathOfAnotherKindOrNoneIsRefused() {
    TestBundle wrong = bundle().namespace(NamespaceType.NETWORK, Optional.of("/proc/self/ns/uts"));
    try (TestLaunch launch = new TestLaunch(wrong)) {
      CarafeException e = assertThrows(CarafeException.class, launch::create);
      assertTrue(
          TestLaunch.message(e).contains("network namespace /proc/self/ns/uts"), e.getMessage());
    }
    TestBundle missing = bundle().namespace(NamespaceType.IPC, Optional.of("/nowhere"));
    try (TestLaunch launch = new TestLaunch(missing)) {
      KernelException e = assertThrows(KernelException.class, launch::create);
      assertTrue(TestLaunch.message(e).contains("ipc namespace /nowhere: ENOENT"), e.getMessage());
    }
    TestBundle file = bundle().namespace(NamespaceType.IPC, Optional.of("/etc/passwd"));
    try (TestLaunch launch = new TestLaunch(file)) {
      assertThrows(CarafeException.class, launch::create);
    }
  }

  @Test
  void hostNameAndDomainNameAreSet() {
    bundle.edit(s -> s.hostname("box").domainname("example.org"));
    bundle.sh("hostname; cat /proc/sys/kernel/domainname");
    assertEquals("box\nexample.org\n", TestLaunch.run(bundle).out());
  }

  @Test
  void sysctlsAreSetInsideAndNotOnTheHost() throws IOException {
    Path host = Path.of("/proc/sys/kernel/msgmax");
    String before = Files.readString(host);
    bundle.linux(l ->
        l.sysctl(
            Map.of(
                "kernel.msgmax", "4711", "net/ipv4/ip_forward", "1", "fs.mqueue.msg_max", "11")));
    bundle.sh(
        "cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward /proc/sys/fs/mqueue/msg_max");
    assertEquals("4711\n1\n11\n", TestLaunch.run(bundle).out());
    assertEquals(before, Files.readString(host));
  }

  @Test
  void sysctlsAreSetInAUserNamespaceToo() {
    bundle
        .namespace(NamespaceType.USER, Optional.empty())
        .linux(l -> l.uidMappings(MAP).gidMappings(MAP).sysctl(Map.of("kernel.msgmax", "4712")))
        .sh("cat /proc/sys/kernel/msgmax");
    assertEquals("4712\n", TestLaunch.run(bundle).out());
  }

  @Test
  void aSysctlOfTheHostIsRefused() {
    refused(bundle().linux(l -> l.sysctl(Map.of("vm.swappiness", "1"))), "change the host");
    refused(
        bundle()
            .withoutNamespace(NamespaceType.NETWORK)
            .linux(l -> l.sysctl(Map.of("net.ipv4.ip_forward", "1"))),
        "needs a namespace of type network");
    String own = "/proc/" + ProcessHandle.current().pid() + "/ns/net";
    refused(
        bundle()
            .namespace(NamespaceType.NETWORK, Optional.of(own))
            .linux(l -> l.sysctl(Map.of("net.ipv4.ip_forward", "1"))),
        "sysctl \"net.ipv4.ip_forward\" is not in a separate kernel namespace");
  }

  @Test
  void whatContradictsItselfIsRefusedByName() {
    refused(
        bundle().namespace(NamespaceType.USER, Optional.empty()),
        "$.linux.uidMappings: are missing");
    refused(
        bundle().linux(l -> l.uidMappings(MAP)),
        "$.linux.uidMappings: need a namespace of type user");
    refused(
        bundle().withoutNamespace(NamespaceType.UTS), "$.hostname: needs a namespace of type uts");
    refused(bundle().withoutNamespace(NamespaceType.MOUNT), "namespace of type mount");
    refused(
        bundle().withoutNamespace(NamespaceType.MOUNT).edit(s -> s.mounts(List.of())),
        "without a mount namespace is not supported");
    refused(
        bundle().linux(l -> l.timeOffsets(Map.of("boottime", new TimeOffset(1, 0)))),
        "$.linux.timeOffsets: need a new namespace of type time");
    refused(
        bundle()
            .namespace(NamespaceType.USER, Optional.empty())
            .linux(l -> l.uidMappings(MAP).gidMappings(MAP))
            .process(p -> p.user(dev.carafe.spec.User.of(70000, 0))),
        "cannot set uid to unmapped user in user namespace");
  }

  private static void refused(TestBundle bundle, String words) {
    InvalidConfigException e =
        assertThrows(
            InvalidConfigException.class, () -> Launcher.check(bundle.spec(), LaunchOptions.NONE));
    assertTrue(TestLaunch.message(e).contains(words), e.getMessage());
  }
}
