package dev.carafe.spec;

import java.util.OptionalLong;

/**
 * A device node (config-linux.md, Devices).
 *
 * @param type which kind.
 * @param path where, absolute.
 * @param major the major number; 0 for a FIFO.
 * @param minor the minor number; 0 for a FIFO.
 * @param fileMode its permissions, unsigned 32-bit.
 * @param uid its owner in the container.
 * @param gid its group in the container.
 */
public record Device(
    DeviceType type,
    String path,
    long major,
    long minor,
    OptionalLong fileMode,
    OptionalLong uid,
    OptionalLong gid) {}
