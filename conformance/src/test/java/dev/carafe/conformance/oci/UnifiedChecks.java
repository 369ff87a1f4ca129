package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.conformance.Shell;

/** config-linux.md: Cgroup ownership, Huge page limits, Unified, where cgroup v2 stands alone. */
final class UnifiedChecks {
  private static final String HUGE = "hugetlb.2MB.max";

  /** Returns the text of a file in the cgroup of a container with these resources. */
  private static String file(Subject runtime, String resources, String file) {
    assumeTrue(
        runtime.unified().view().sh("grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers").code()
            == 0,
        "this machine's cgroup v2 has no hugetlb");
    try (Box box = runtime.unified().create(Config.plain().set("linux.resources", resources))) {
      return runtime
          .unified()
          .view()
          .sh("cat /sys/fs/cgroup/$1/$2", box.id(), file)
          .ok()
          .out()
          .strip();
    }
  }

  @Says("config-linux/hugepages/limit")
  void hugePagesAreLimited(Subject runtime) {
    assertEquals(
        "4194304",
        file(
            runtime,
            "{hugepageLimits: [{pageSize: \"2MB\", limit: 4194304}]}",
            "hugetlb.2MB.rsvd.max"));
  }

  @Says("config-linux/unified/controllers")
  void theControllerOfASettingIsEnabled(Subject runtime) {
    assertEquals("6291456", file(runtime, "{unified: {\"" + HUGE + "\": \"6291456\"}}", HUGE));
  }

  @Says("config-linux/unified/unknown")
  void aFileThatNobodyKnowsIsWritten(Subject runtime) {
    assertEquals(
        "5", file(runtime, "{unified: {\"cgroup.max.depth\": \"5\"}}", "cgroup.max.depth"));
  }

  @Says("config-linux/unified/missing")
  void aControllerThatIsNotThereIsRefused(Subject runtime) {
    runtime
        .unified()
        .refuses(Config.plain().set("linux.resources.unified", "{\"nonsense.max\": \"1\"}"));
  }

  @Says("config-linux/unified/conversion-error")
  void whatCannotBeConvertedIsRefused(Subject runtime) {
    // net_cls has no like in cgroup v2.
    runtime.unified().refuses(Config.plain().set("linux.resources.network", "{classID: 1048577}"));
  }

  /** Returns the owners of the cgroup's directory and of two of its files. */
  private static String owners(Subject runtime, Config config) {
    try (Box box = runtime.unified().create(config)) {
      Shell.Result seen =
          runtime
              .unified()
              .view()
              .sh(
                  "cd /sys/fs/cgroup/$1 && stat -c %u . cgroup.procs cgroup.max.depth | xargs",
                  box.id());
      return seen.ok().out().strip();
    }
  }

  @Says({
    "config-linux/cgroup-owner/may",
    "config-linux/cgroup-owner/mounted",
    "config-linux/cgroup-owner/only",
    "config-linux/cgroup-owner/missing",
    "config-linux/cgroup-owner/existing",
    "config-linux/cgroup-owner/others"
  })
  void aCgroupThatIsMountedWritableIsTheUsersButForOtherFiles(Subject runtime) {
    // Files that the kernel lists and this cgroup lacks, such as memory.reclaim, are no failure.
    assertEquals(
        "100000 100000 0",
        owners(
            runtime,
            NamespaceChecks.mapped()
                .add("linux.namespaces", "{type: cgroup}")
                .mount("/sys/fs/cgroup", "cgroup", "cgroup", "rw")));
  }

  @Says("config-linux/cgroup-owner/not-mounted")
  void aCgroupThatIsNotMountedWritableStaysTheCallers(Subject runtime) {
    assertEquals(
        "0 0 0",
        owners(runtime, NamespaceChecks.mapped().add("linux.namespaces", "{type: cgroup}")));
    assertEquals(
        "0 0 0",
        owners(
            runtime,
            NamespaceChecks.mapped()
                .add("linux.namespaces", "{type: cgroup}")
                .mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro")));
  }

  @Says("config-linux/cgroup-owner/namespace")
  void withoutACgroupNamespaceItStaysTheCallers(Subject runtime) {
    Config config =
        Config.plain()
            .set("process.user", "{uid: 1000, gid: 1000}")
            .mount("/sys/fs/cgroup", "cgroup", "cgroup", "rw");
    String seen = owners(runtime, config);
    assertTrue(seen.equals("0 0 0"), seen);
  }
}
