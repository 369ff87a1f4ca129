package dev.carafe.spec;

import java.util.OptionalLong;

/**
 * RDMA limits of a device (config-linux.md, RDMA).
 *
 * @param hcaHandles handles, unsigned 32-bit.
 * @param hcaObjects objects, unsigned 32-bit.
 */
public record Rdma(OptionalLong hcaHandles, OptionalLong hcaObjects) {}
