package dev.carafe.spec;

/**
 * A device's rate limit (config-linux.md, Block IO).
 *
 * @param major the major number.
 * @param minor the minor number.
 * @param rate the rate a second, unsigned.
 */
public record ThrottleDevice(long major, long minor, long rate) {}
