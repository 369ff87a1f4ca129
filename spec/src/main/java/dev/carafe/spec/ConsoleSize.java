package dev.carafe.spec;

/**
 * A terminal's size (config.md, Process, consoleSize).
 *
 * @param height the rows.
 * @param width the columns.
 */
public record ConsoleSize(long height, long width) {}
