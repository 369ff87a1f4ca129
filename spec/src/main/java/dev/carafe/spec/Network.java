package dev.carafe.spec;

import java.util.List;
import java.util.OptionalLong;

/**
 * Network classes of cgroup v1 (config-linux.md, Network).
 *
 * @param classId the class ("classID"), unsigned 32-bit.
 * @param priorities priorities by interface.
 */
public record Network(OptionalLong classId, List<InterfacePriority> priorities) {
  /** Keeps copies that nobody can change. */
  public Network {
    priorities = List.copyOf(priorities);
  }
}
