package dev.carafe.spec;

import java.util.Optional;

/**
 * A network device that moves into the container (config-linux.md, Network Devices).
 *
 * @param name its name inside; absent for the same.
 */
public record NetDevice(Optional<String> name) {}
