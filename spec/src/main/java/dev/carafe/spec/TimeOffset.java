package dev.carafe.spec;

/**
 * The offset of a clock (config-linux.md, Offset for Time Namespace).
 *
 * @param secs seconds, signed.
 * @param nanosecs nanoseconds on top, unsigned 32-bit.
 */
public record TimeOffset(long secs, long nanosecs) {}
