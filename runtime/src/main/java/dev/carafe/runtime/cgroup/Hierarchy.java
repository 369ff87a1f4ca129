package dev.carafe.runtime.cgroup;

import java.util.List;

/**
 * A hierarchy of cgroups that is mounted here.
 *
 * @param version 1 or 2.
 * @param controllers version 1: its controllers, or {@code name=…} for one without; version 2: one
 *     empty name.
 * @param mountPoint where it is mounted.
 * @param own this process's cgroup, below the mount point; {@code /} for the mount point itself.
 */
record Hierarchy(int version, List<String> controllers, String mountPoint, String own) {}
