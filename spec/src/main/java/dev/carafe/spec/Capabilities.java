package dev.carafe.spec;

import java.util.List;

/**
 * The five capability sets (config.md, Linux process, capabilities). The names stay as written;
 * which of them the kernel knows is asked later, since unknown ones are to be warned about and
 * ignored.
 *
 * @param bounding the bounding set.
 * @param effective the effective set.
 * @param inheritable the inheritable set.
 * @param permitted the permitted set.
 * @param ambient the ambient set.
 */
public record Capabilities(
    List<String> bounding,
    List<String> effective,
    List<String> inheritable,
    List<String> permitted,
    List<String> ambient) {
  /** Keeps copies that nobody can change. */
  public Capabilities {
    bounding = List.copyOf(bounding);
    effective = List.copyOf(effective);
    inheritable = List.copyOf(inheritable);
    permitted = List.copyOf(permitted);
    ambient = List.copyOf(ambient);
  }
}
