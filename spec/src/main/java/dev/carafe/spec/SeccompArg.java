package dev.carafe.spec;

/**
 * A comparison of an argument (config-linux.md, Seccomp, args).
 *
 * @param index which argument, unsigned 32-bit.
 * @param value the value, unsigned.
 * @param valueTwo the second value, unsigned.
 * @param op how they are compared.
 */
public record SeccompArg(long index, long value, long valueTwo, SeccompOperator op) {}
