package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Caps;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.Capabilities;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Rlimit;
import dev.carafe.spec.RlimitType;
import dev.carafe.spec.User;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What the container's program finds itself to be (config.md, Process). */
final class ProcessTest {
  private final TestBundle bundle = TestBundle.create();

  @AfterEach
  void remove() {
    bundle.close();
  }

  private static String set(String... names) {
    long bits = 0;
    for (String name : names) {
      bits |= 1L << Caps.number(name).orElseThrow();
    }
    String hex = Long.toHexString(bits);
    return "0".repeat(16 - hex.length()) + hex;
  }

  private TestLaunch.Outcome status() {
    TestLaunch.Outcome outcome = TestLaunch.run(bundle.args("cat", "/proc/self/status"));
    assertEquals("", outcome.err());
    return outcome;
  }

  @Test
  void eachCapabilitySetIsExactlyAsAsked() {
    bundle.process(p ->
        p.capabilities(
                new Capabilities(
                    List.of("CAP_KILL", "CAP_CHOWN"),
                    List.of("CAP_SYS_TIME"),
                    List.of("CAP_NET_RAW", "CAP_SYS_TIME"),
                    List.of("CAP_SYS_TIME", "CAP_FOWNER"),
                    List.of("CAP_SYS_TIME")))
            // As root an exec would compute new sets from the bounding one.
            .user(User.of(1000, 1000)));
    TestLaunch.Outcome outcome = status();
    assertEquals(set("CAP_KILL", "CAP_CHOWN"), outcome.field("CapBnd"));
    assertEquals(set("CAP_NET_RAW", "CAP_SYS_TIME"), outcome.field("CapInh"));
    assertEquals(set("CAP_SYS_TIME"), outcome.field("CapAmb"));
    // capabilities(7): without file capabilities, the ambient ones are the new permitted ones.
    assertEquals(set("CAP_SYS_TIME"), outcome.field("CapPrm"));
    assertEquals(set("CAP_SYS_TIME"), outcome.field("CapEff"));
    assertEquals(List.of(), outcome.warnings());
  }

  @Test
  void rootHasTheBoundingAndInheritableSets() {
    bundle.process(p ->
        p.capabilities(
            new Capabilities(
                List.of("CAP_KILL"),
                List.of("CAP_KILL"),
                List.of("CAP_CHOWN"),
                List.of("CAP_KILL", "CAP_CHOWN"),
                List.of())));
    TestLaunch.Outcome outcome = status();
    assertEquals(set("CAP_KILL"), outcome.field("CapBnd"));
    assertEquals(set("CAP_CHOWN"), outcome.field("CapInh"));
    assertEquals(set("CAP_KILL", "CAP_CHOWN"), outcome.field("CapPrm"));
    assertEquals(set(), outcome.field("CapAmb"));
  }

  @Test
  void withoutCapabilitiesThereAreNone() {
    bundle.edit(s ->
        s.process(
            dev.carafe.spec.Process.builder(List.of("cat"), "/")
                .env(List.of("PATH=/bin"))
                .build()));
    TestLaunch.Outcome outcome = status();
    for (String name : List.of("CapBnd", "CapInh", "CapPrm", "CapEff", "CapAmb")) {
      assertEquals(set(), outcome.field(name), name);
    }
    assertEquals("0", outcome.field("NoNewPrivs"));
  }

  @Test
  void unknownAndUngrantableCapabilitiesAreWarnedAboutAndIgnored() {
    bundle.process(p ->
        p.capabilities(
            new Capabilities(
                List.of("CAP_KILL", "CAP_FOO"),
                List.of("CAP_KILL", "CAP_CHOWN"),
                List.of(),
                List.of("CAP_KILL"),
                List.of("CAP_KILL"))));
    TestLaunch.Outcome outcome = status();
    assertEquals(set("CAP_KILL"), outcome.field("CapBnd"));
    assertEquals(set("CAP_KILL"), outcome.field("CapEff"));
    assertEquals(set(), outcome.field("CapAmb"));
    assertEquals(
        List.of("ignoring unknown or unavailable capabilities: [CAP_FOO, CAP_CHOWN]"),
        outcome.warnings());
  }

  @Test
  void userGroupsMaskAndNoNewPrivileges() {
    bundle.process(p ->
        p.user(new User(1000, 1001, OptionalLong.of(0027), List.of(7L, 9L), Optional.empty())));
    TestLaunch.Outcome outcome = status();
    assertEquals("1000\t1000\t1000\t1000", outcome.field("Uid"));
    assertEquals("1001\t1001\t1001\t1001", outcome.field("Gid"));
    assertEquals("7 9", outcome.field("Groups"));
    assertEquals("0027", outcome.field("Umask"));
    assertEquals("1", outcome.field("NoNewPrivs"));
  }

  @Test
  void theMaskIsAUsualOneWhereTheSpecSaysNothing() {
    assertEquals("0022", status().field("Umask"));
    assertEquals("", status().field("Groups"));
  }

  @Test
  void theHighestIdsAreUnsigned() {
    bundle.process(p -> p.user(User.of(4294967294L, 4294967294L)));
    assertEquals("4294967294\t4294967294\t4294967294\t4294967294", status().field("Uid"));
  }

  @Test
  void limitsAreSetSoftAndHard() {
    bundle.args("cat", "/proc/self/limits");
    bundle.process(p ->
        p.rlimits(
            List.of(
                new Rlimit(RlimitType.NOFILE, 100, 110),
                new Rlimit(RlimitType.CORE, 0, 0),
                new Rlimit(RlimitType.NPROC, 500, 600),
                new Rlimit(RlimitType.STACK, 8 << 20, 16 << 20),
                new Rlimit(RlimitType.CPU, 100, -1))));
    String out = TestLaunch.run(bundle).out().replaceAll(" +", " ");
    assertTrue(out.contains("Max open files 100 110 "), out);
    assertTrue(out.contains("Max core file size 0 0 "), out);
    assertTrue(out.contains("Max processes 500 600 "), out);
    assertTrue(out.contains("Max stack size 8388608 16777216 "), out);
    assertTrue(out.contains("Max cpu time 100 unlimited "), out);
  }

  @Test
  void aTinyDescriptorLimitFailsNothingBeforeTheProgram() {
    bundle.process(p -> p.rlimits(List.of(new Rlimit(RlimitType.NOFILE, 3, 3)))).sh("ulimit -n");
    TestLaunch.Outcome outcome = TestLaunch.run(bundle);
    assertEquals("3\n", outcome.out());
  }

  @Test
  void aHardLimitAboveTheCallersIsRaisedOrNamed() {
    long hard = Sys.prlimit(0, 8)[1];
    Assumptions.assumeTrue(hard != -1, "the caller's RLIMIT_MEMLOCK is unlimited already");
    bundle
        .process(p -> p.rlimits(List.of(new Rlimit(RlimitType.MEMLOCK, 4096, hard + 4096))))
        .sh("ulimit -H -l");
    if (new JvmCaller().world().may(Caps.SYS_RESOURCE)) {
      assertEquals((hard + 4096) / 1024 + "\n", TestLaunch.run(bundle).out());
    } else {
      try (TestLaunch launch = new TestLaunch(bundle)) {
        KernelException e = assertThrows(KernelException.class, launch::create);
        assertTrue(
            TestLaunch.message(e).contains("RLIMIT_MEMLOCK to soft 4096 and hard " + (hard + 4096)),
            e.getMessage());
        assertTrue(TestLaunch.message(e).contains("EPERM"), e.getMessage());
      }
    }
  }

  @Test
  void aLimitTwiceOrUpsideDownIsRefused() {
    bundle.process(p ->
        p.rlimits(List.of(new Rlimit(RlimitType.CPU, 1, 1), new Rlimit(RlimitType.CPU, 1, 1))));
    assertThrows(
        InvalidConfigException.class, () -> Launcher.check(bundle.spec(), LaunchOptions.NONE));
    bundle.process(p -> p.rlimits(List.of(new Rlimit(RlimitType.CPU, -1, 5))));
    assertThrows(
        InvalidConfigException.class, () -> Launcher.check(bundle.spec(), LaunchOptions.NONE));
  }

  @Test
  void theOomScoreIsExactlyTheOneAsked() {
    bundle.process(p -> p.oomScoreAdj(321)).args("cat", "/proc/self/oom_score_adj");
    assertEquals("321\n", TestLaunch.run(bundle).out());
  }

  @Test
  void theWorkingDirectoryIsEnteredAndMadeIfMissing() {
    bundle.process(p -> p.cwd("/tmp/a/./b/../c")).sh("pwd; stat -c %a:%u /tmp/a/c");
    assertEquals("/tmp/a/c\n755:0\n", TestLaunch.run(bundle).out());
    assertTrue(Files.isDirectory(bundle.rootfs().resolve("tmp/a/c")));
  }

  @Test
  void aMissingWorkingDirectoryIsMadeInAReadOnlyRootToo() {
    bundle
        .edit(s -> s.root(new dev.carafe.spec.Root("rootfs", true)))
        .process(p -> p.cwd("/work/here"))
        .sh("pwd; touch /x");
    TestLaunch.Outcome outcome = TestLaunch.run(bundle);
    assertEquals("/work/here\n", outcome.out());
    assertTrue(outcome.err().contains("Read-only file system"), outcome.err());
  }

  @Test
  void aWorkingDirectoryThroughALinkStaysInside() throws IOException {
    Files.createSymbolicLink(bundle.rootfs().resolve("out"), Path.of("/../../.."));
    Files.createDirectory(bundle.rootfs().resolve("inner"));
    Files.createSymbolicLink(bundle.rootfs().resolve("in"), Path.of("/inner"));
    bundle.process(p -> p.cwd("/out")).sh("pwd");
    assertEquals("/\n", TestLaunch.run(bundle).out());
  }

  @Test
  void aWorkingDirectoryThatIsADescriptorOfTheRuntimeIsRefused() {
    // CVE-2024-21626
    for (int fd = 0; fd < 20; fd++) {
      String cwd = "/proc/self/fd/" + fd;
      try (TestLaunch launch = new TestLaunch(bundle.process(p -> p.cwd(cwd)).sh("pwd; ls"))) {
        assertThrows(RuntimeException.class, launch::create);
      }
    }
  }

  @Test
  void aWorkingDirectoryThatOnlyTheUserMayEnterIsEnteredAsTheUser() throws IOException {
    // Its group is not mapped, so the user namespace's root has no power over it.
    Path home = Files.createDirectory(bundle.rootfs().resolve("home"));
    Files.setAttribute(home, "unix:uid", 101000);
    Files.setAttribute(home, "unix:gid", 5);
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
    List<IdMapping> map = List.of(new IdMapping(0, 100000, 65536));
    bundle
        .namespace(NamespaceType.USER, Optional.empty())
        .linux(l -> l.uidMappings(map).gidMappings(map))
        .process(p -> p.cwd("/home"));
    try (TestLaunch launch = new TestLaunch(bundle.sh("pwd"))) {
      launch.create();
      assertThrows(KernelException.class, launch::start);
    }
    bundle.process(p -> p.user(User.of(1000, 1000))).sh("pwd; cd .. && cd home && echo ok");
    assertEquals("/home\nok\n", TestLaunch.run(bundle).out());
  }

  @Test
  void theEnvironmentHasEachNameOnceAndAHome() throws IOException {
    Files.writeString(
        bundle.rootfs().resolve("etc/passwd"),
        "root:x:0:0:root:/root:/bin/sh\nbroken\nother:x:1000\nme:x:1000:1000::/home/me:/bin/sh\n");
    bundle
        .process(p ->
            p.env(List.of("PATH=/nowhere", "A=1", "B=x=y", "A=2", "PATH=/bin"))
                .user(User.of(1000, 1000)))
        .args("env");
    assertEquals("PATH=/bin\nA=2\nB=x=y\nHOME=/home/me\n", TestLaunch.run(bundle).out());
  }

  @Test
  void theHomeIsTheRootWhereNobodyKnowsTheUser() {
    bundle.process(p -> p.env(List.of("PATH=/bin", "HOME="))).args("env");
    assertEquals("PATH=/bin\nHOME=/\n", TestLaunch.run(bundle).out());
  }

  @Test
  void argumentsAreTheBytesThatTheyWere() {
    bundle.args("/bin/printf", "%s", "a\udcff\udc80b\u00e9");
    byte[] out = TestLaunch.run(bundle).out().getBytes(StandardCharsets.ISO_8859_1);
    assertEquals("61ff8062c3a9", java.util.HexFormat.of().formatHex(out));
  }

  @Test
  void noDescriptorOfThisJvmReachesTheContainer() throws IOException {
    try (TestLaunch launch = new TestLaunch(bundle.args("sleep", "60"))) {
      launch.create();
      String fds = "/proc/" + launch.process().pid() + "/fd";
      // What is held: the standard streams and the start socket.
      List<String> targets = targets(fds);
      assertEquals(4, targets.size(), targets.toString());
      assertTrue(targets.get(3).startsWith("socket:"), targets.toString());
      launch.start();
      try (var left = Files.list(Path.of(fds))) {
        assertEquals(
            List.of("0", "1", "2"), left.map(p -> p.getFileName().toString()).sorted().toList());
      }
    }
  }

  private static List<String> targets(String fds) throws IOException {
    try (var held = Files.list(Path.of(fds))) {
      return held.map(ProcessTest::target).sorted().toList();
    }
  }

  private static String target(Path fd) {
    try {
      return Files.readSymbolicLink(fd).toString();
    } catch (IOException e) {
      return "~closed since it was listed";
    }
  }

  @Test
  void noSignalIsBlockedOrIgnored() {
    TestLaunch.Outcome outcome = status();
    for (String field : List.of("SigBlk", "SigIgn", "SigCgt")) {
      long signals = Long.parseUnsignedLong(outcome.field(field), 16);
      // 32 and 33 are the C library's: its posix_spawn leaves them ignored in what it starts.
      assertEquals(0, signals & ~(3L << 31), field);
    }
  }

  @Test
  void theProgramLeadsASessionOfItsOwn() {
    bundle.sh("cut -d' ' -f1,5,6 /proc/1/stat");
    assertEquals("1 1 1\n", TestLaunch.run(bundle).out());
  }

  @Test
  void aKeyringOfItsOwnUnlessToldOtherwise() {
    bundle.args("cat", "/proc/keys");
    try (TestLaunch launch = new TestLaunch(bundle).id("with-keyring")) {
      launch.create();
      launch.start();
      assertTrue(launch.end().out().contains("_ses.with-keyring"));
    }
    try (TestLaunch launch = new TestLaunch(bundle).id("without-keyring")) {
      launch.options(o -> new LaunchOptions(false, true, 0, Optional.empty(), false));
      launch.create();
      launch.start();
      assertFalse(launch.end().out().contains("_ses.without-keyring"));
    }
  }

  @Test
  void aHeldProcessDiesOfASignalThatKillsPrograms() {
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      launch.process().signal(15);
      assertEquals(128 + 15, launch.end().code());
    }
  }

  @Test
  void anUnpreservableDescriptorIsNamed() {
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.options(o -> new LaunchOptions(false, false, 2, Optional.empty(), false));
      RuntimeException e = assertThrows(RuntimeException.class, launch::create);
      assertTrue(TestLaunch.message(e).contains("preserved-fd 1 (of 2)"), e.getMessage());
    }
  }
}
