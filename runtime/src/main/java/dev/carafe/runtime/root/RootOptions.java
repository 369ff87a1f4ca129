package dev.carafe.runtime.root;

import dev.carafe.runtime.cgroup.CgroupMounts;

/**
 * How a root file system is built, beside what the spec says.
 *
 * @param noPivot whether the root is moved and entered by {@code chroot}, for a host whose own root
 *     cannot be pivoted (an initial ramdisk).
 * @param hostOverlayRoot whether the root is the host's file system, read-only under an overlay
 *     that is thrown away; the spec's root path is then not looked at.
 * @param cgroups what a mount of type <code>cgroup</code> shows.
 */
public record RootOptions(boolean noPivot, boolean hostOverlayRoot, CgroupMounts cgroups) {}
