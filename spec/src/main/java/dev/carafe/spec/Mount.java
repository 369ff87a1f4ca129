package dev.carafe.spec;

import java.util.List;
import java.util.Optional;

/**
 * A mount (config.md, Mounts). The options stay as written.
 *
 * @param destination where, inside the container; relative means from its root.
 * @param type the file system's type.
 * @param source a device, a path or a name.
 * @param options the options, in this order.
 * @param uidMappings the user ids of an idmapped mount.
 * @param gidMappings the group ids of an idmapped mount.
 */
public record Mount(
    String destination,
    Optional<String> type,
    Optional<String> source,
    List<String> options,
    List<IdMapping> uidMappings,
    List<IdMapping> gidMappings) {
  /** Keeps copies that nobody can change. */
  public Mount {
    options = List.copyOf(options);
    uidMappings = List.copyOf(uidMappings);
    gidMappings = List.copyOf(gidMappings);
  }

  /** Makes one without id mappings. */
  public static Mount of(String destination, String type, String source, List<String> options) {
    return new Mount(
        destination, Optional.of(type), Optional.of(source), options, List.of(), List.of());
  }
}
