package dev.carafe.spec;

import java.util.List;
import java.util.Optional;

/**
 * Intel's Resource Director Technology (config-linux.md, IntelRdt).
 *
 * @param closId the class of service ("closID").
 * @param schemata the lines for the schemata file.
 * @param l3CacheSchema the cache schema.
 * @param memBwSchema the memory bandwidth schema.
 * @param enableMonitoring whether a monitoring group is made.
 */
public record IntelRdt(
    Optional<String> closId,
    List<String> schemata,
    Optional<String> l3CacheSchema,
    Optional<String> memBwSchema,
    boolean enableMonitoring) {
  /** Keeps copies that nobody can change. */
  public IntelRdt {
    schemata = List.copyOf(schemata);
  }
}
