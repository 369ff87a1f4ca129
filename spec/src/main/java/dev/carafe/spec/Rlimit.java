package dev.carafe.spec;

/**
 * A resource limit (config.md, POSIX process, rlimits). Both numbers are unsigned 64-bit; all ones
 * means no limit.
 *
 * @param type which resource.
 * @param soft the soft limit, unsigned.
 * @param hard the hard limit, unsigned.
 */
public record Rlimit(RlimitType type, long soft, long hard) {}
