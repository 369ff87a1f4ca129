package dev.carafe.spec;

import java.util.List;

/**
 * The execution domain (config-linux.md, Personality).
 *
 * @param domain the domain.
 * @param flags further flags; the spec has none yet.
 */
public record Personality(PersonalityDomain domain, List<String> flags) {
  /** Keeps copies that nobody can change. */
  public Personality {
    flags = List.copyOf(flags);
  }
}
