package dev.carafe.spec;

/**
 * A range of ids in a user namespace (config-linux.md, User namespace mappings). Unsigned 32-bit
 * numbers.
 *
 * @param containerId the first id inside ("containerID").
 * @param hostId the first id outside ("hostID").
 * @param size how many.
 */
public record IdMapping(long containerId, long hostId, long size) {}
