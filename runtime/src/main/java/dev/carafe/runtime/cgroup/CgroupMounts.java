package dev.carafe.runtime.cgroup;

import java.util.List;

/**
 * What a mount of type {@code cgroup} shows inside a container.
 *
 * <p>On version 2 there is one hierarchy, mounted as {@code cgroup2} at the destination itself; the
 * host's own mount of it where container and host share a cgroup namespace. On version 1, and where
 * both are there, the destination is a tmpfs with a directory for each hierarchy: in a cgroup
 * namespace a new mount of type {@code cgroup} with {@link Hierarchy#options}, else a bind mount of
 * {@link Hierarchy#path}.
 *
 * @param unified whether the machine has version 2 only.
 * @param hierarchies the hierarchies to show, in the order of the machine's mounts. On a machine
 *     with both versions the one of version 2 is not among them, as under runc.
 */
public record CgroupMounts(boolean unified, List<Hierarchy> hierarchies) {

  /** Keeps a copy that nobody can change. */
  public CgroupMounts {
    hierarchies = List.copyOf(hierarchies);
  }

  /**
   * One hierarchy.
   *
   * @param name the directory's name below the destination, such as {@code cpu,cpuacct}; empty on
   *     version 2.
   * @param options the data of a new mount, such as {@code cpu,cpuacct} or {@code name=systemd};
   *     empty on version 2.
   * @param links names beside it that are symbolic links to {@code name}, such as {@code cpu} and
   *     {@code cpuacct}.
   * @param path the container's cgroup, absolute on the host.
   */
  public record Hierarchy(String name, String options, List<String> links, String path) {

    /** Keeps a copy that nobody can change. */
    public Hierarchy {
      links = List.copyOf(links);
    }
  }
}
