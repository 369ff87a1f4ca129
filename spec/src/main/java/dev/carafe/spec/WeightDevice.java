package dev.carafe.spec;

import java.util.OptionalInt;

/**
 * A device's weights (config-linux.md, Block IO).
 *
 * @param major the major number.
 * @param minor the minor number.
 * @param weight the weight, unsigned 16-bit.
 * @param leafWeight the weight against child cgroups, unsigned 16-bit.
 */
public record WeightDevice(long major, long minor, OptionalInt weight, OptionalInt leafWeight) {}
