package dev.carafe.spec;

/**
 * The root file system (config.md, Root).
 *
 * @param path its directory, absolute or relative to the bundle.
 * @param readonly whether the container sees it read-only.
 */
public record Root(String path, boolean readonly) {}
