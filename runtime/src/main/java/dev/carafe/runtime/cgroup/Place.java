package dev.carafe.runtime.cgroup;

import java.util.List;

/**
 * The container's cgroup in one hierarchy.
 *
 * @param version 1 or 2.
 * @param controllers as {@link Hierarchy#controllers}.
 * @param mountPoint the hierarchy's mount point; empty in a cgroup that was loaded.
 * @param path absolute.
 * @param kept whether it was there before, and so is not ours to remove.
 */
record Place(int version, List<String> controllers, String mountPoint, String path, boolean kept) {}
