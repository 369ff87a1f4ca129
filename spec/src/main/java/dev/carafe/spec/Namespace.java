package dev.carafe.spec;

import java.util.Optional;

/**
 * A namespace that the container has of its own or joins (config-linux.md, Namespaces).
 *
 * @param type which kind.
 * @param path the one to join; absent for a new one.
 */
public record Namespace(NamespaceType type, Optional<String> path) {}
