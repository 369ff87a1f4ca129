package dev.carafe.spec;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A rule about devices (config-linux.md, Allowed Device list).
 *
 * @param allow whether it allows or denies.
 * @param type which kind; absent for all.
 * @param major the major number; absent for all.
 * @param minor the minor number; absent for all.
 * @param access letters of {@code rwm}; absent for none.
 */
public record DeviceRule(
    boolean allow,
    Optional<DeviceType> type,
    OptionalLong major,
    OptionalLong minor,
    Optional<String> access) {}
