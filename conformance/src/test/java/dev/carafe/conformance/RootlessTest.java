package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A user who is not root, and the root of a user namespace, as callers. */
final class RootlessTest {
  private static final String RANGE =
      "{\"containerID\":1,\"hostID\":" + TestUser.FIRST_ID + ",\"size\":1000}";

  private final Ground ground = new Ground();
  private final Bundle bundle = ground.bundle("bundle");
  private final TestUser user = new TestUser(ground);

  @AfterEach
  void remove() {
    try {
      assertEquals("", user.run("\"$CARAFE\" list -q").ok().out(), "containers were left");
    } finally {
      user.close();
      ground.close();
    }
  }

  private static String map(int inside, String outside, int size) {
    return "{\"containerID\":" + inside + ",\"hostID\":" + outside + ",\"size\":" + size + "}";
  }

  private void maps(String uids, String gids) {
    bundle
        .linux(
            "namespaces",
            "[{\"type\":\"user\"},{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},"
                + "{\"type\":\"mount\"},{\"type\":\"network\"}]")
        .linux("uidMappings", "[" + uids + "]")
        .linux("gidMappings", "[" + gids + "]");
  }

  private void ownIdOnly() {
    maps(map(0, user.uid(), 1), map(0, user.gid(), 1));
  }

  private void wholeRange() {
    maps(map(0, user.uid(), 1) + "," + RANGE, map(0, user.gid(), 1) + "," + RANGE);
  }

  private Shell.Result run(String script) {
    bundle.script(script);
    user.own(bundle.path());
    return user.run("\"$CARAFE\" run -b \"$1\" rootless", bundle.path());
  }

  /** Returns the message of a refusal. */
  private String refusal() {
    return run("true").refused().err();
  }

  // ---- what works

  @Test
  void whatSpecRootlessWritesRunsAsAnotherUser() {
    bundle.script("true");
    user.own(bundle.path());
    Shell.Result result =
        user.run(
            "cd \"$1\" && rm config.json && \"$CARAFE\" spec --rootless"
                + " && sed -i 's/\"terminal\": true/\"terminal\": false/;"
                + " s|\"sh\"|\"sh\",\"-c\",\"id -u; cat /proc/self/setgroups; echo x >/dev/null\"|'"
                + " config.json && \"$CARAFE\" run rootless",
            bundle.path());
    assertEquals("0\ndeny\n", result.ok().out(), result.err());
  }

  @Test
  void theStateIsInTheRuntimeDirectoryThroughAWholeLife() {
    ownIdOnly();
    bundle.script("sleep 60");
    user.own(bundle.path());
    String id = "life";
    Shell.Result result =
        user.run(
            "set -e; c() { \"$CARAFE\" \"$@\"; }; c create -b \"$1\" $2 </dev/null >/dev/null 2>&1;"
                + " c state $2 | grep -q '\"status\": \"created\"'; ls \"$XDG_RUNTIME_DIR/carafe\";"
                + " c start $2; c list -q; c kill $2 KILL; c delete --force $2; c list -q",
            bundle.path(),
            id);
    assertEquals("aside\ncontainers\nlife\n", result.ok().out(), result.err());
    assertEquals(
        user.uid() + "\n", Shell.run("stat -c %u \"$1/carafe\"", user.runtime()).ok().out());
  }

  @Test
  void rangesOfSubuidAreMappedByNewuidmap() {
    wholeRange();
    bundle.process("user", "{\"uid\":7,\"gid\":8,\"additionalGids\":[9]}");
    Shell.Result result = run("id; cat /proc/self/setgroups; stat -c %u:%g /bin/sh");
    assertEquals("uid=7 gid=8 groups=9\nallow\n0:0\n", result.ok().out(), result.err());
  }

  @Test
  void rootNeedNotBeMapped() {
    maps(map(1000, user.uid(), 1), map(1000, user.gid(), 1));
    bundle.process("user", "{\"uid\":1000,\"gid\":1000}");
    assertEquals("1000\n", run("id -u").ok().out());
  }

  @Test
  void theHostsDevicesAreThere() {
    ownIdOnly();
    bundle.linux("resources", "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}");
    Shell.Result result =
        run(
            "for d in null zero full random urandom tty; do stat -c %t:%T /dev/$d; done; echo >/dev/null");
    assertEquals("1:3\n1:5\n1:7\n1:8\n1:9\n5:0\n", result.ok().out(), result.err());
  }

  @Test
  void aSysctlOfTheContainersNamespaceIsSetEvenWithTheHostsProcesses() {
    ownIdOnly();
    bundle
        .linux("namespaces", "[{\"type\":\"user\"},{\"type\":\"mount\"},{\"type\":\"network\"}]")
        .linux("sysctl", "{\"net.ipv4.ip_forward\":\"1\"}")
        .top("hostname", "\"\"")
        .mounts(
            "[{\"destination\":\"/proc\",\"type\":\"bind\",\"source\":\"/proc\","
                + "\"options\":[\"rbind\"]}]");
    String before = Shell.run("cat /proc/sys/net/ipv4/ip_forward").ok().out();
    assertEquals("1\n", run("cat /proc/sys/net/ipv4/ip_forward").ok().out());
    assertEquals(before, Shell.run("cat /proc/sys/net/ipv4/ip_forward").ok().out());
  }

  /** CVE-2023-25809: what stands in the cgroups of the host must not be a container's to write. */
  @Test
  void noCgroupCanBeWrittenFromInside() {
    ownIdOnly();
    bundle.mount("/sys", "bind", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro");
    Shell.Result result =
        run(
            "for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -d $d ] && mkdir $d/escaped; done;"
                + " for f in /sys/fs/cgroup/*/release_agent; do echo x >$f; done; echo end");
    assertEquals("end\n", result.out(), result.err());
    assertEquals("", Shell.run("find /sys/fs/cgroup -name escaped").ok().out());
  }

  /** Sources are opened with the rights of the caller, never with those that the container has. */
  @Test
  void whatTheUserCannotReachIsNoSource() throws IOException {
    ownIdOnly();
    Path secret = ground.directory("secret");
    Files.writeString(secret.resolve("file"), "secret");
    Shell.run("chmod 700 \"$1\"", secret).ok();
    bundle.mount("/x", "bind", secret + "/file", "bind");
    String said = refusal();
    assertTrue(said.contains("open source " + secret + "/file"), said);
    assertTrue(said.contains("EACCES"), said);
  }

  @Test
  void nothingOfTheHostIsOwnedInside() throws IOException {
    wholeRange();
    Path shared = ground.directory("shared");
    Path file = Files.writeString(shared.resolve("file"), "host");
    bundle.mount("/shared", "bind", shared.toString(), "bind");
    Shell.Result result = run("echo x >/shared/file; stat -c %u /shared/file; cat /shared/file");
    assertEquals("65534\nhost", result.out(), result.err());
    assertEquals("host", Files.readString(file));
  }

  @Test
  void aDelegatedCgroupIsUsedAndCanBePaused() {
    ownIdOnly();
    bundle
        .mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "ro")
        .script("cat /proc/self/cgroup; mkdir /sys/fs/cgroup/escaped; exec sleep 60");
    user.own(bundle.path());
    Shell.Result result =
        user.runDelegated(
            "set -e; c() { \"$CARAFE\" \"$@\"; };"
                + " c run -d -b \"$1\" box </dev/null >\"$2/out\" 2>\"$2/err\";"
                + " pid=$(c list | awk '/^box/ { print $2 }'); cat /proc/$pid/cgroup;"
                + " c pause box; c state box | grep status; c resume box; c state box | grep status;"
                + " c kill box KILL; c delete --force box; cat \"$2/err\"",
            bundle.path(),
            user.runtime());
    String own = "0::/carafe-delegated";
    assertEquals(0, result.code(), result.err());
    assertTrue(result.out().contains(own) && result.out().contains("/box\n"), result.out());
    assertTrue(result.out().contains("\"status\": \"paused\""), result.out());
    assertTrue(result.out().contains("\"status\": \"running\""), result.out());
    assertTrue(result.out().contains("Read-only file system"), result.out());
  }

  /** CVE-2023-25809: without a cgroup of its own, the container sees the host's, read-only. */
  @Test
  void withoutACgroupAndItsNamespaceTheHostsAreSeenReadOnly() {
    ownIdOnly();
    bundle
        .mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "rw")
        .script("cat /sys/fs/cgroup/cgroup.controllers >/dev/null && mkdir /sys/fs/cgroup/escaped");
    user.own(bundle.path());
    Shell.Result result =
        user.runOnVersion2("\"$CARAFE\" run -b \"$1\" box", bundle.path()).ends(1);
    assertTrue(result.err().contains("Read-only file system"), result.err());
  }

  @Test
  void aLimitThatADelegatedCgroupCannotHaveIsRefusedInWords() {
    ownIdOnly();
    bundle.linux("resources", "{\"memory\":{\"limit\":33554432}}").script("true");
    user.own(bundle.path());
    String said = user.runDelegated("\"$CARAFE\" run -b \"$1\" box", bundle.path()).refused().err();
    assertTrue(said.contains("linux.resources.memory.limit"), said);
  }

  // ---- what is refused, in words

  @Test
  void withoutAUserNamespaceItSaysThatOneIsNeeded() {
    String said = refusal();
    assertTrue(said.contains("rootless container requires user namespaces"), said);
  }

  @Test
  void idsThatAreNotTheUsersAreRefusedWithTheWordsOfNewuidmap() {
    maps(map(0, user.uid(), 1) + "," + map(1, "1000", 5), map(0, user.gid(), 1));
    String said = refusal();
    assertTrue(said.contains("cannot write the uid map of the user namespace"), said);
    assertTrue(said.contains("newuidmap: uid range [1-6) -> [1000-1005) not allowed"), said);
    assertTrue(said.contains("/etc/subuid"), said);
  }

  @Test
  void aMissingNewuidmapIsNamed() {
    wholeRange();
    bundle.script("true");
    user.own(bundle.path());
    Shell.Result result =
        user.run("PATH=/nowhere; \"$CARAFE\" run -b \"$1\" rootless", bundle.path());
    String said = result.refused().err();
    assertTrue(said.contains("newuidmap, which is not in $PATH"), said);
    assertTrue(said.contains("package uidmap"), said);
  }

  @Test
  void groupsThatCannotBeSetAreRefusedBeforeAnythingIsMade() {
    ownIdOnly();
    bundle.process("user", "{\"uid\":0,\"gid\":0,\"additionalGids\":[0]}");
    String said = refusal();
    assertTrue(said.contains("cannot set any additional groups in a rootless container"), said);
  }

  @Test
  void aLimitWithoutACgroupIsRefusedInWords() {
    ownIdOnly();
    bundle.linux("resources", "{\"pids\":{\"limit\":10}}");
    String said = refusal();
    assertTrue(said.contains("linux.resources.pids.limit"), said);
    assertTrue(said.contains("delegated"), said);
  }

  @Test
  void aCgroupThatIsAskedForAndCannotBeMadeIsAnError() {
    ownIdOnly();
    bundle.linux("cgroupsPath", "\"/carafe-not/there\"");
    String said = refusal();
    assertTrue(said.contains("make cgroup ") && said.contains("EACCES"), said);
    bundle.linux("cgroupsPath", "\"\"");
    String strict =
        user.run("\"$CARAFE\" --rootless=false run -b \"$1\" rootless", bundle.path())
            .refused()
            .err();
    assertTrue(strict.contains("make cgroup ") && strict.contains("EACCES"), strict);
  }

  @Test
  void anIdmappedMountOfTheHostIsRefusedInWords() {
    ownIdOnly();
    bundle.mount("/x", "bind", bundle.path().toString(), "bind", "idmap");
    String said = refusal();
    assertTrue(said.contains("needs CAP_SYS_ADMIN in the user namespace"), said);
  }

  @Test
  void aFileSystemThatTheUserNamespaceMayNotMountIsRefusedInWords() {
    ownIdOnly();
    bundle.linux(
        "namespaces",
        "[{\"type\":\"user\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"network\"}]");
    String said = refusal();
    assertTrue(said.contains("mount proc on /proc (in a user namespace it needs"), said);
  }

  // ---- root in a user namespace

  /** The whole of an ordinary configuration for root, device rules and all. */
  private Shell.Result runInUserNamespace(String script) {
    bundle
        .linux("resources", "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}")
        .mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777")
        .mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "ro")
        .script(script);
    user.own(bundle.path());
    return user.runInUserNamespace(
        "\"$CARAFE\" run -b \"$1\" rootless; c=$?; ls \"$XDG_RUNTIME_DIR\" >&2; exit $c",
        bundle.path());
  }

  @Test
  void rootOfAUserNamespaceRunsWhatRootRuns() {
    Shell.Result result =
        runInUserNamespace(
            "id -u; stat -c %t:%T /dev/null; echo >/dev/null; touch /made; stat -c %u /made");
    assertEquals("0\n1:3\n0\n", result.ok().out(), result.err());
    assertEquals("carafe\n", result.err());
  }

  @Test
  void rootOfAUserNamespaceGetsTheHostsDevices() {
    bundle.linux("devices", "[{\"type\":\"c\",\"path\":\"/dev/fuse\",\"major\":10,\"minor\":229}]");
    if (!Files.exists(Path.of("/dev/fuse"))) {
      bundle.linux("devices", "[{\"type\":\"c\",\"path\":\"/dev/ptmx\",\"major\":5,\"minor\":2}]");
    }
    Shell.Result result = runInUserNamespace("stat -c %t:%T /dev/fuse || stat -c %t:%T /dev/ptmx");
    assertTrue(List.of("a:e5\n", "5:2\n").contains(result.ok().out()), result.out());
  }

  @Test
  void rootOfAUserNamespaceCopiesUpAndNestsAnother() {
    bundle.link("up/link", "/etc/passwd").mount("/up", "tmpfs", "tmpfs", "tmpcopyup");
    maps(map(0, "10", 100), map(0, "20", 100));
    bundle.script("readlink /up/link; read a b c </proc/self/uid_map; echo $a $b $c");
    user.own(bundle.path());
    // The inner root writes in the root file system, so that must be its own.
    Shell.Result result =
        user.runInUserNamespace(
            "chown -R -h 10:20 \"$1/rootfs\" && \"$CARAFE\" run -b \"$1\" rootless", bundle.path());
    assertEquals("/etc/passwd\n0 10 100\n", result.ok().out(), result.err());
    assertFalse(result.err().contains("warning"), result.err());
  }

  @Test
  void rootOfAUserNamespaceWhoIsCalledRootHasTheStateInRun() {
    bundle.script("true");
    user.own(bundle.path());
    Shell.Result result =
        user.runInUserNamespace("USER=root \"$CARAFE\" run -b \"$1\" rootless", bundle.path());
    String said = result.refused().err();
    assertTrue(said.contains("/run/carafe"), said);
  }
}
