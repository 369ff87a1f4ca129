package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.conformance.Ground;
import dev.carafe.conformance.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** config.md: Process, User, Hostname, Domainname; runtime-linux.md: File descriptors. */
final class ProcessChecks {
  /** The kernel's numbers and two values that are neither default nor above the usual ones. */
  private static final Map<String, long[]> LIMITS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("RLIMIT_CPU", new long[] {0, 1000, 2000}),
              Map.entry("RLIMIT_FSIZE", new long[] {1, 1 << 28, 1 << 29}),
              Map.entry("RLIMIT_DATA", new long[] {2, 1 << 28, 1 << 29}),
              Map.entry("RLIMIT_STACK", new long[] {3, 1 << 22, 1 << 23}),
              Map.entry("RLIMIT_CORE", new long[] {4, 0, 1000}),
              Map.entry("RLIMIT_RSS", new long[] {5, 1 << 28, 1 << 29}),
              Map.entry("RLIMIT_NPROC", new long[] {6, 5000, 6000}),
              Map.entry("RLIMIT_NOFILE", new long[] {7, 500, 600}),
              Map.entry("RLIMIT_MEMLOCK", new long[] {8, 1000, 2000}),
              Map.entry("RLIMIT_AS", new long[] {9, 1L << 40, 1L << 41}),
              Map.entry("RLIMIT_LOCKS", new long[] {10, 50, 60}),
              Map.entry("RLIMIT_SIGPENDING", new long[] {11, 70, 80}),
              Map.entry("RLIMIT_MSGQUEUE", new long[] {12, 5000, 6000}),
              Map.entry("RLIMIT_RTTIME", new long[] {15, 5000, 6000})));

  /** A process that has nothing as it comes. */
  private static Report rich(Subject runtime) {
    return runtime.once(
        "rich",
        () -> {
          Config config =
              Config.plain()
                  .text("hostname", "a-name")
                  .text("process.cwd", "/data")
                  .set("process.env", "[\"PATH=/bin\", \"A=b c\", \"EMPTY=\"]")
                  .set("process.user", "{uid: 1000, gid: 1001, additionalGids: [5, 6], umask: 23}")
                  .set("process.oomScoreAdj", "321")
                  .set("process.noNewPrivileges", "true")
                  .set("process.consoleSize", "{height: 10, width: 20}")
                  .set(
                      "process.capabilities",
                      "{bounding: [CAP_CHOWN, CAP_KILL, CAP_SETUID, CAP_NET_BIND_SERVICE],"
                          + " permitted: [CAP_CHOWN, CAP_KILL, CAP_NET_BIND_SERVICE],"
                          + " effective: [CAP_KILL],"
                          + " inheritable: [CAP_KILL, CAP_NET_BIND_SERVICE],"
                          + " ambient: [CAP_NET_BIND_SERVICE]}");
          LIMITS.forEach((type, limit) ->
              config.add(
                  "process.rlimits",
                  "{type: " + type + ", soft: " + limit[1] + ", hard: " + limit[2] + "}"));
          return runtime.inside(
              config,
              "args",
              ",",
              "ids",
              ",",
              "caps",
              ",",
              "limits",
              ",",
              "machine",
              ",",
              "cwd",
              ",",
              "env",
              ",",
              "fds",
              ",",
              "cat",
              "/proc/self/oom_score_adj");
        });
  }

  /** The user root, whose rights are what it was given. */
  private static Report root(Subject runtime) {
    return runtime.once(
        "root",
        () ->
            runtime.inside(
                Config.plain(),
                "ids",
                ",",
                "caps",
                ",",
                "cat",
                "/proc/self/oom_score_adj",
                ",",
                "fds",
                ",",
                "ls",
                "/dev"));
  }

  @Says("config/process/required")
  void withoutAProcessNothingStarts(Subject runtime) {
    assertTrue(runtime.run(Config.plain().remove("process")).code() != 0);
  }

  @Says("config/process/cwd")
  void theWorkingDirectoryIsTheOneAskedFor(Subject runtime) {
    rich(runtime).says("cwd /data");
    runtime.refuses(Config.plain().remove("process.cwd"));
  }

  @Says("config/process/cwd-absolute")
  void aRelativeWorkingDirectoryIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().text("process.cwd", "data"));
  }

  @Says("config/process/env")
  void theEnvironmentIsTheOneAskedFor(Subject runtime) {
    rich(runtime).says("env PATH=/bin").says("env A=b c").says("env EMPTY=");
  }

  @Says("config/process/args")
  void theArgumentsAreThoseAskedFor(Subject runtime) {
    rich(runtime).says("arg 0 /bin/inspect").says("arg 1 args");
  }

  @Says("config/process/args-one")
  void aProcessWithoutArgumentsIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().set("process.args", "[]"));
    runtime.refuses(Config.plain().remove("process.args"));
  }

  @Says("config/process/args-search")
  void aProgramWithoutASlashIsLookedForInPath(Subject runtime) {
    Config config = Config.plain().set("process.args", "[inspect, say, found]");
    Report.of(runtime.run(config).ok().out()).says("found");
    config.set("process.env", "[\"PATH=/etc\"]");
    assertTrue(runtime.run(config).code() != 0, "it was found elsewhere");
  }

  @Says("config/process/no-terminal")
  void withoutTerminalThereIsNone(Subject runtime) {
    for (String fd : rich(runtime).all("fd")) {
      assertTrue(fd.contains(" tty 0 "), fd);
    }
  }

  @Says("config/process/console-size-ignored")
  void withoutTerminalItsSizeIsPassedOver(Subject runtime) {
    rich(runtime).says("cwd /data");
  }

  @Says({
    "config/process/terminal",
    "config/process/console-size",
    "config-linux/default-devices/console"
  })
  void aTerminalIsOneOfTheAskedSizeAndOnTheConsole(Subject runtime) {
    Path socket = runtime.directory().resolve("socket");
    Config config =
        Config.plain()
            .set("process.terminal", "true")
            .set("process.consoleSize", "{height: 11, width: 22}")
            .program("fds", ",", "stat", "/dev/console", ",", "say", "done");
    Shell.Running receiver =
        Shell.start("exec \"$1\" receive \"$2\" size", Ground.tool("inspect"), socket);
    try (Box box = runtime.bundle(config)) {
      Shell.run("for i in $(seq 100); do [ -S \"$1\" ] && exit; sleep 0.1; done; exit 1", socket)
          .ok();
      box.create("--console-socket", socket.toString()).ok();
      box.start().ok();
      box.await("stopped");
      Report report = Report.of(receiver.end().ok().out());
      for (int fd = 0; fd < 3; fd++) {
        String line = report.get("fd " + fd);
        assertTrue(line.contains("tty 1 rows 11 columns 22"), line);
      }
      assertTrue(report.get("stat /dev/console").startsWith("c "), report.toString());
      String terminal = report.get("fd 0").replaceFirst(".*/dev/", "/dev/");
      assertTrue(terminal.equals("/dev/console") || terminal.startsWith("/dev/pts/"), terminal);
    } finally {
      receiver.stop();
    }
  }

  @Says({"config/rlimits/get", "config/rlimits/soft", "config/rlimits/hard"})
  void theLimitsAreThoseAskedFor(Subject runtime) {
    LIMITS.forEach(
        (type, limit) -> rich(runtime).says("limit " + limit[0] + " " + limit[1] + " " + limit[2]));
  }

  @Says("config/rlimits/type")
  void aLimitThatNobodyKnowsIsRefused(Subject runtime) {
    runtime.refuses(
        Config.plain().set("process.rlimits", "[{type: RLIMIT_NONSENSE, soft: 1, hard: 2}]"));
  }

  @Says("config/rlimits/twice")
  void twoLimitsOfOneTypeAreRefused(Subject runtime) {
    runtime.refuses(
        Config.plain()
            .set(
                "process.rlimits",
                "[{type: RLIMIT_NOFILE, soft: 100, hard: 200},"
                    + " {type: RLIMIT_NOFILE, soft: 150, hard: 200}]"));
  }

  @Says("config/linux-process/apparmor")
  void anAppArmorProfileIsSet(Subject runtime) {
    assumeTrue(
        Files.exists(Path.of("/sys/kernel/security/apparmor/profiles")),
        "this kernel has no AppArmor");
    runtime
        .inside(
            Config.plain().text("process.apparmorProfile", "unconfined"),
            "cat",
            "/proc/self/attr/current")
        .says("cat /proc/self/attr/current: unconfined");
  }

  @Says("config/linux-process/selinux")
  void anSelinuxLabelIsSet(Subject runtime) {
    assumeTrue(Files.exists(Path.of("/sys/fs/selinux/enforce")), "SELinux is off on this machine");
    String label = "system_u:system_r:container_t:s0";
    assertTrue(
        runtime
            .inside(
                Config.plain().text("process.selinuxLabel", label),
                "cat",
                "/proc/self/attr/current")
            .get("cat /proc/self/attr/current:")
            .startsWith(label));
  }

  @Says({"config/linux-process/capabilities-warn", "config/linux-process/capabilities-go-on"})
  void aCapabilityThatNobodyKnowsIsWarnedOfAndNoFailure(Subject runtime) {
    Config config =
        Config.plain()
            .set("process.capabilities.bounding", "[CAP_KILL, CAP_NOBODY_KNOWS]")
            .set("process.capabilities.effective", "[CAP_KILL, CAP_NOBODY_KNOWS]")
            .set("process.capabilities.permitted", "[CAP_KILL, CAP_NOBODY_KNOWS]")
            .program("caps");
    Shell.Result result = runtime.run(config).ok();
    Report.of(result.out()).says("cap bounding 20");
    assertTrue(result.err().contains("CAP_NOBODY_KNOWS"), "no warning: " + result.err());
  }

  @Says({
    "config/linux-process/effective",
    "config/linux-process/bounding",
    "config/linux-process/permitted"
  })
  void rootHasTheCapabilitiesAskedForAndNoOthers(Subject runtime) {
    // CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, KILL 5, SETGID 6, SETUID 7, MKNOD 27.
    for (String set : List.of("effective", "permitted", "bounding")) {
      root(runtime).says("cap " + set + " 80000eb");
    }
    root(runtime).says("cap inheritable 0").says("cap ambient 0");
  }

  @Says({"config/linux-process/inheritable", "config/linux-process/ambient"})
  void aUserHasTheAmbientCapabilitiesAndTheSetsAskedFor(Subject runtime) {
    // CHOWN 0, KILL 5, SETUID 7, NET_BIND_SERVICE 10. An exec leaves a user its ambient set.
    rich(runtime)
        .says("cap bounding 4a1")
        .says("cap inheritable 420")
        .says("cap ambient 400")
        .says("cap permitted 400")
        .says("cap effective 400");
  }

  @Says("config/linux-process/no-new-privileges")
  void noNewPrivilegesKeepsSetUidProgramsFromGivingAny(Subject runtime) throws IOException {
    rich(runtime).says("nnp 1");
    root(runtime).says("nnp 0");
    for (boolean kept : new boolean[] {true, false}) {
      Config config =
          Config.plain()
              .set("process.user", "{uid: 1000, gid: 1000}")
              .set("process.noNewPrivileges", "" + kept)
              .program("exec", "/bin/raised", "ids");
      try (Box box = runtime.bundle(config)) {
        Files.copy(box.in("bin/inspect"), box.in("bin/raised"));
        Shell.run("chmod u+s,a+rx \"$1\"", box.in("bin/raised")).ok();
        Report.of(box.run().ok().out()).says(kept ? "uid 1000 1000 1000" : "uid 1000 0 0");
      }
    }
  }

  @Says("config/linux-process/oom-score")
  void theOomScoreIsTheOneAskedFor(Subject runtime) {
    rich(runtime).says("cat /proc/self/oom_score_adj: 321");
  }

  @Says("config/linux-process/oom-score-unset")
  void withoutAnOomScoreItIsTheCallers(Subject runtime) {
    root(runtime)
        .says(
            "cat /proc/self/oom_score_adj: "
                + Box.read(Path.of("/proc/self/oom_score_adj")).strip());
    Config config = Config.plain().program("cat", "/proc/self/oom_score_adj");
    try (Box box = runtime.bundle(config)) {
      Report.of(box.runAfter("echo 77 >/proc/self/oom_score_adj").ok().out())
          .says("cat /proc/self/oom_score_adj: 77");
    }
  }

  private static String scheduling(Subject runtime, String json) {
    return runtime.inside(Config.plain().set("process.scheduler", json), "scheduling").get("sched");
  }

  @Says({"config/linux-process/scheduler-policy", "config/linux-process/scheduler-nice"})
  void theSchedulersPolicyAndNiceValueAreThoseAskedFor(Subject runtime) {
    String batch = scheduling(runtime, "{policy: SCHED_BATCH, nice: 5}");
    assertTrue(batch.startsWith("3 nice 5 "), batch);
    String other = scheduling(runtime, "{policy: SCHED_OTHER}");
    assertTrue(other.startsWith("0 nice 0 "), other);
    String idle = scheduling(runtime, "{policy: SCHED_IDLE}");
    assertTrue(idle.startsWith("5 "), idle);
  }

  @Says("config/linux-process/scheduler-flags")
  void theSchedulersFlagsAreThoseAskedFor(Subject runtime) {
    String flagged =
        scheduling(runtime, "{policy: SCHED_BATCH, flags: [SCHED_FLAG_RESET_ON_FORK]}");
    assertTrue(flagged.contains(" flags 1 "), flagged);
  }

  @Says("config/linux-process/scheduler-priority")
  void theRealTimePriorityIsTheOneAskedFor(Subject runtime) {
    // A v1 cgroup has no real-time budget unless it is given one.
    Config config =
        Config.plain()
            .set("linux.resources.cpu", "{realtimePeriod: 1000000, realtimeRuntime: 10000}")
            .set("process.scheduler", "{policy: SCHED_FIFO, priority: 7}");
    String sched = runtime.inside(config, "scheduling").get("sched");
    assertTrue(sched.startsWith("1 nice 0 priority 7 "), sched);
  }

  @Says("config/linux-process/scheduler-deadline")
  void theDeadlineIsTheOneAskedFor(Subject runtime) {
    String sched =
        scheduling(
            runtime,
            "{policy: SCHED_DEADLINE, runtime: 1000000, deadline: 20000000, period: 30000000}");
    assertEquals(
        "6 nice 0 priority 0 flags 0 runtime 1000000 deadline 20000000 period 30000000", sched);
  }

  @Says("config/linux-process/io-priority")
  void theIoPriorityIsTheOneAskedFor(Subject runtime) {
    runtime
        .inside(
            Config.plain().set("process.ioPriority", "{class: IOPRIO_CLASS_BE, priority: 3}"),
            "scheduling")
        .says("ioprio 2 3");
  }

  @Says("config/linux-process/exec-cpu-affinity")
  void anAffinityForExecLeavesTheFirstProcessAlone(Subject runtime) {
    String without = runtime.inside(Config.plain(), "scheduling").get("cpus");
    runtime
        .inside(
            Config.plain().set("process.execCPUAffinity", "{initial: \"0\", final: \"0\"}"),
            "scheduling")
        .says("cpus " + without);
  }

  @Says("config/user/uid")
  void theUserIsTheOneAskedFor(Subject runtime) {
    rich(runtime).says("uid 1000 1000 1000");
    root(runtime).says("uid 0 0 0");
  }

  @Says("config/user/gid")
  void theGroupIsTheOneAskedFor(Subject runtime) {
    rich(runtime).says("gid 1001 1001 1001");
    root(runtime).says("gid 0 0 0");
  }

  @Says("config/user/umask")
  void theFileModeMaskIsTheOneAskedFor(Subject runtime) {
    rich(runtime).says("umask 27");
  }

  @Says("config/user/umask-unset")
  void withoutAFileModeMaskItIsTheCallers(Subject runtime) {
    try (Box box = runtime.bundle(Config.plain().program("ids"))) {
      Report.of(box.runAfter("umask 035").ok().out()).says("umask 35");
    }
  }

  @Says("config/user/additional-gids")
  void theFurtherGroupsAreThoseAskedFor(Subject runtime) {
    List<String> groups = List.of(rich(runtime).get("groups").split(" ", -1));
    assertTrue(groups.containsAll(List.of("5", "6")), groups.toString());
    assertFalse(groups.contains("0"), groups.toString());
  }

  @Says("config/hostname")
  void theHostNameIsTheOneAskedFor(Subject runtime) {
    rich(runtime).says("hostname a-name");
  }

  @Says("config/domainname")
  void theDomainNameIsTheOneAskedFor(Subject runtime) {
    runtime
        .inside(Config.plain().text("domainname", "example.test"), "machine")
        .says("domainname example.test");
  }

  @Says("runtime-linux/fds")
  void onlyTheStandardStreamsAreOpen(Subject runtime) {
    try (Box box = runtime.bundle(Config.plain().program("fds"))) {
      List<String> open =
          Report.of(box.runAfter("exec 5</dev/null 9</etc/hosts").ok().out()).all("fd");
      assertEquals(
          List.of("0", "1", "2"), open.stream().map(fd -> fd.replaceAll(" .*", "")).toList());
    }
  }

  @Says("runtime-linux/fds-more")
  void furtherDescriptorsArePassedOnWhenAsked(Subject runtime) {
    try (Box box = runtime.bundle(Config.plain().program("fds"))) {
      String out = box.runAfter("exec 3</dev/null 4</dev/zero", "--preserve-fds", "2").ok().out();
      assertTrue(Report.of(out).get("fd 4").endsWith("/dev/zero"), out);
      assertTrue(Report.of(out).find("fd 5").isEmpty(), out);
    }
  }

  @Says("runtime-linux/links")
  void theUsualLinksAreInDev(Subject runtime) {
    runtime
        .inside(
            Config.plain(),
            "link",
            "/dev/fd",
            ",",
            "link",
            "/dev/stdin",
            ",",
            "link",
            "/dev/stdout",
            ",",
            "link",
            "/dev/stderr")
        .says("link /dev/fd /proc/self/fd")
        .says("link /dev/stdin /proc/self/fd/0")
        .says("link /dev/stdout /proc/self/fd/1")
        .says("link /dev/stderr /proc/self/fd/2");
  }
}
