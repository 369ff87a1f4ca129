package dev.carafe.spec;

import java.util.OptionalLong;

/**
 * The limit of processes (config-linux.md, PIDs).
 *
 * @param limit how many, -1 for no limit.
 */
public record Pids(OptionalLong limit) {}
