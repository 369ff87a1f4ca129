package dev.carafe.runtime.cgroup;

import dev.carafe.ContainerStats;
import java.util.Map;
import java.util.Optional;

/** Reads what a cgroup counts. */
public final class CgroupStats {
  private CgroupStats() {}

  /**
   * Reads it.
   *
   * @param paths as {@link Cgroup#paths}
   * @throws CgroupException if there is none, as without root where none is delegated: zeros would
   *     say that nothing is used
   */
  public static ContainerStats read(Map<String, String> paths) {
    if (paths.isEmpty()) {
      throw new CgroupException("it has no cgroup, which alone counts: see docs/rootless.md");
    }
    return isUnified(paths)
        ? new StatsV2(new StatFiles(paths.getOrDefault("", ""))).read()
        : new StatsV1(paths).read();
  }

  /** Where there are controllers of version 1, they count; version 2 beside them has none. */
  static boolean isUnified(Map<String, String> paths) {
    return paths.size() == 1 && paths.containsKey("");
  }

  /** Returns the directory of a controller of version 1. */
  static Optional<String> directory(Map<String, String> paths, String controller) {
    return Optional.ofNullable(paths.get(controller));
  }
}
