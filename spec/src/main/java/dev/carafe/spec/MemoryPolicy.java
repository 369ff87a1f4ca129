package dev.carafe.spec;

import java.util.List;

/**
 * The NUMA memory policy (config-linux.md, Memory policy).
 *
 * @param mode the mode.
 * @param nodes the nodes as a list such as {@code 0-1}; may be empty.
 * @param flags the flags.
 */
public record MemoryPolicy(MemoryPolicyMode mode, String nodes, List<MemoryPolicyFlag> flags) {
  /** Keeps copies that nobody can change. */
  public MemoryPolicy {
    flags = List.copyOf(flags);
  }
}
