package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** config.md: Linux mount options. Each is tried alone, or after its opposite. */
final class MountOptionChecks {
  private final List<Check> checks = new ArrayList<>();

  List<Check> checks() {
    for (String flag :
        List.of(
            "ro",
            "nosuid",
            "nodev",
            "noexec",
            "noatime",
            "nodiratime",
            "relatime",
            "nosymfollow",
            "sync",
            "dirsync",
            "lazytime")) {
      seen(flag, has(flag), flag);
    }
    seen("rw", has("ro").negate(), "ro", "rw");
    seen("suid", has("nosuid").negate(), "nosuid", "suid");
    seen("dev", has("nodev").negate(), "nodev", "dev");
    seen("exec", has("noexec").negate(), "noexec", "exec");
    seen("atime", has("noatime").negate(), "noatime", "atime");
    seen("diratime", has("nodiratime").negate(), "nodiratime", "diratime");
    seen("symfollow", has("nosymfollow").negate(), "nosymfollow", "symfollow");
    seen("async", has("sync").negate(), "sync", "async");
    seen("nolazytime", has("lazytime").negate(), "lazytime", "nolazytime");
    seen("strictatime", has("relatime").or(has("noatime")).negate(), "strictatime");
    seen("nostrictatime", has("relatime"), "strictatime", "nostrictatime");
    seen("norelatime", flags -> true, "norelatime");
    // These have no effect that could be seen.
    for (String option :
        List.of("defaults", "loud", "silent", "iversion", "noiversion", "mand", "nomand")) {
      seen(option, flags -> true, option);
    }
    for (String prefix : List.of("", "r")) {
      shared(prefix + "private", prefix.equals("r"), "", "");
      shared(prefix + "shared", prefix.equals("r"), "shared:", "shared:");
      shared(prefix + "slave", prefix.equals("r"), "master:", "master:");
      shared(prefix + "unbindable", prefix.equals("r"), "unbindable", "unbindable");
    }
    for (String flag :
        List.of("ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "nosymfollow")) {
      below("r" + flag, "defaults", has(flag));
    }
    below("rrw", "ro", has("ro").negate());
    below("rsuid", "nosuid", has("nosuid").negate());
    below("rdev", "nodev", has("nodev").negate());
    below("rexec", "noexec", has("noexec").negate());
    below("ratime", "noatime", has("noatime").negate());
    below("rdiratime", "nodiratime", has("nodiratime").negate());
    below("rsymfollow", "nosymfollow", has("nosymfollow").negate());
    below("rrelatime", "noatime", has("relatime"));
    below("rnorelatime", "defaults", flags -> true);
    below("rstrictatime", "noatime", has("relatime").or(has("noatime")).negate());
    below("rnostrictatime", "strictatime", flags -> true);
    check("bind", runtime -> bind(runtime, "bind", false));
    check("rbind", runtime -> bind(runtime, "rbind", true));
    check("remount", MountOptionChecks::remount);
    check("tmpcopyup", MountOptionChecks::copyUp);
    return checks;
  }

  private void check(String option, Check.Body body) {
    checks.add(new Check("MountOption." + option, List.of("config/mount-options/" + option), body));
  }

  private static Predicate<List<String>> has(String flag) {
    return flags -> flags.contains(flag);
  }

  private static void flags(Report report, String point, Predicate<List<String>> expected) {
    List<String> flags = List.of(report.mountFlags(point).split(",", -1));
    assertTrue(expected.test(flags), () -> point + " has " + flags);
  }

  /** Options of a new file system. */
  private void seen(String option, Predicate<List<String>> expected, String... options) {
    check(
        option,
        runtime ->
            flags(
                runtime.inside(Config.plain().mount("/data", "tmpfs", "tmpfs", options), "mounts"),
                "/data",
                expected));
  }

  /** Options that reach the mounts below a bind mount, which have the opposite. */
  private void below(String option, String opposite, Predicate<List<String>> expected) {
    check(
        option,
        runtime -> {
          Path tree = tree(runtime, opposite);
          Report report =
              runtime.inside(
                  Config.plain().mount("/data", "none", tree.toString(), "rbind", option),
                  "mounts");
          flags(report, "/data", expected);
          flags(report, "/data/below", expected);
        });
  }

  private void shared(String option, boolean deep, String expected, String expectedBelow) {
    check(
        option,
        runtime -> {
          Path tree = tree(runtime, "defaults");
          Report report =
              runtime.inside(
                  Config.plain().mount("/data", "none", tree.toString(), "rbind", option),
                  "mounts");
          assertEquals(expected, kind(report.propagation("/data")));
          if (deep) {
            assertEquals(expectedBelow, kind(report.propagation("/data/below")));
          }
        });
  }

  private static String kind(String propagation) {
    return propagation.replaceAll("[0-9]+.*", "");
  }

  /** A shared mount of the host with another one below, which has an option. */
  private static Path tree(Subject runtime, String option) {
    return runtime.once(
        "tree " + option,
        () -> {
          Path path = runtime.directory();
          runtime
              .view()
              .sh(
                  "mount -t tmpfs tree \"$1\" && mkdir \"$1/below\""
                      + " && mount -t tmpfs below \"$1/below\""
                      + " && mount -o \"remount,bind,$2\" \"$1/below\""
                      + " && mount -o \"remount,bind,$2\" \"$1\" && mount --make-rshared \"$1\"",
                  path,
                  option)
              .ok();
          return path;
        });
  }

  private static void bind(Subject runtime, String option, boolean deep) {
    Path tree = tree(runtime, "defaults");
    Report report =
        runtime.inside(
            Config.plain().mount("/data", "none", tree.toString(), option),
            "mounts",
            ",",
            "ls",
            "/data");
    report.says("ls /data: below");
    boolean below = report.toString().contains(" /data/below ");
    assertEquals(deep, below);
  }

  private static void remount(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain()
                .mount("/data", "tmpfs", "tmpfs")
                .mount("/data", "tmpfs", "tmpfs", "remount", "ro"),
            "mounts");
    flags(report, "/data", has("ro"));
  }

  private static void copyUp(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain().mount("/etc", "tmpfs", "tmpfs", "tmpcopyup"),
            "mounts",
            ",",
            "cat",
            "/etc/file");
    assertTrue(report.mountAt("/etc").contains(" - tmpfs "));
    report.says("cat /etc/file: of the root");
  }
}
