package dev.carafe.runtime.cgroup;

import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The control groups of this machine: where a container's will be, or was made. */
public final class Cgroups {

  private Cgroups() {}

  /**
   * How a container's cgroup is made.
   *
   * @param systemd whether systemd is to make it ({@code --systemd-cgroup}).
   * @param rootless whether hierarchies that this user may not write are passed over, when no path
   *     was asked for.
   * @param warnings takes what the user should know, one sentence each.
   */
  public record Options(boolean systemd, boolean rootless, Consumer<String> warnings) {}

  /** Looks at this machine's hierarchies; only once in a process. */
  public static Cgroups detect() {
    return new Cgroups();
  }

  /**
   * Says where a container's cgroup will be; makes nothing.
   *
   * @param cgroupsPath as {@code linux.cgroupsPath}: absolute is below the mount point of a
   *     hierarchy, relative is below this process's own cgroup (version 2: beside it)
   * @param id the container's id, the path if there is none
   */
  public Cgroup plan(Optional<String> cgroupsPath, String id, Options options) {
    return unbuilt(id + cgroupsPath + options);
  }

  /** Returns the cgroup that {@link Cgroup#saved} described; looks at nothing. */
  public static Cgroup load(Map<String, String> saved) {
    return unbuilt(saved.toString());
  }

  private static Cgroup unbuilt(String what) {
    if (what.isEmpty()) {
      throw new IllegalArgumentException("no cgroup");
    }
    throw new UnsupportedOperationException("is being built: " + what);
  }
}
