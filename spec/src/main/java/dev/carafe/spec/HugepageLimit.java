package dev.carafe.spec;

/**
 * A limit of huge pages (config-linux.md, Huge page limits).
 *
 * @param pageSize the size, such as {@code 2MB}.
 * @param limit the bytes, unsigned.
 */
public record HugepageLimit(String pageSize, long limit) {}
