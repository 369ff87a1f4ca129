package dev.carafe.runtime.container;

import dev.carafe.linux.Caps;
import dev.carafe.runtime.seccomp.FilterCompiler;
import dev.carafe.spec.Features;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.MemoryPolicyFlag;
import dev.carafe.spec.MemoryPolicyMode;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.SeccompAction;
import dev.carafe.spec.SeccompArch;
import dev.carafe.spec.SeccompFlag;
import dev.carafe.spec.SeccompOperator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What this runtime can do, as {@code carafe features} tells it. */
public final class BuiltIn {
  /** The mount options that do not belong to single file systems, sorted. */
  public static final List<String> MOUNT_OPTIONS =
      List.of(
          "async",
          "atime",
          "bind",
          "defaults",
          "dev",
          "diratime",
          "dirsync",
          "exec",
          "idmap",
          "iversion",
          "lazytime",
          "loud",
          "mand",
          "noatime",
          "nodev",
          "nodiratime",
          "noexec",
          "noiversion",
          "nolazytime",
          "nomand",
          "norelatime",
          "nostrictatime",
          "nosuid",
          "nosymfollow",
          "private",
          "ratime",
          "rbind",
          "rdev",
          "rdiratime",
          "relatime",
          "remount",
          "rexec",
          "ridmap",
          "rnoatime",
          "rnodev",
          "rnodiratime",
          "rnoexec",
          "rnorelatime",
          "rnostrictatime",
          "rnosuid",
          "rnosymfollow",
          "ro",
          "rprivate",
          "rrelatime",
          "rro",
          "rrw",
          "rshared",
          "rslave",
          "rstrictatime",
          "rsuid",
          "rsymfollow",
          "runbindable",
          "rw",
          "shared",
          "silent",
          "slave",
          "strictatime",
          "suid",
          "symfollow",
          "sync",
          "tmpcopyup",
          "unbindable");

  private static final String OLDEST_SPEC = "1.0.0";
  private static final String NEWEST_SPEC = "1.3.0";

  private BuiltIn() {}

  /** Returns what is built in. */
  public static Features features() {
    List<String> capabilities = new ArrayList<>();
    for (int i = 0; i < Caps.count(); i++) {
      capabilities.add(Caps.name(i));
    }
    return new Features(
        OLDEST_SPEC,
        NEWEST_SPEC,
        List.of(HookKind.values()),
        MOUNT_OPTIONS,
        new Features.Linux(
            List.of(NamespaceType.values()),
            capabilities,
            new Features.Cgroup(true, true, true, true, true),
            Optional.of(seccomp()),
            true,
            true,
            new Features.Rdt(true, true, true),
            Optional.of(
                new Features.NumaPolicy(
                    List.of(MemoryPolicyMode.values()), List.of(MemoryPolicyFlag.values()))),
            true,
            true),
        annotations(),
        List.of());
  }

  private static Map<String, String> annotations() {
    Map<String, String> all = new TreeMap<>();
    FilterCompiler.libraryVersion()
        .ifPresent(version -> all.put("io.github.seccomp.libseccomp.version", version));
    // The name is runc's: clients look for it.
    all.put("org.opencontainers.runc.checkpoint.enabled", "true");
    return all;
  }

  private static Features.SystemCallFilter seccomp() {
    List<SeccompFlag> supported = new ArrayList<>();
    for (SeccompFlag each : SeccompFlag.values()) {
      if (FilterCompiler.supported(each)) {
        supported.add(each);
      }
    }
    return new Features.SystemCallFilter(
        List.of(SeccompAction.values()),
        List.of(SeccompOperator.values()),
        List.of(SeccompArch.values()),
        List.of(SeccompFlag.values()),
        supported);
  }
}
