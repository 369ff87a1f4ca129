package dev.carafe.spec;

/**
 * An interface's priority (config-linux.md, Network).
 *
 * @param name the interface.
 * @param priority its priority, unsigned 32-bit.
 */
public record InterfacePriority(String name, long priority) {}
