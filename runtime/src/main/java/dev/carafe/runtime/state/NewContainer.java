package dev.carafe.runtime.state;

/**
 * A container that was just made.
 *
 * @param held it, locked
 * @param lease the lease of its making, taken
 */
public record NewContainer(HeldContainer held, Lease lease) {}
