package dev.carafe.spec;

import java.util.List;
import java.util.OptionalLong;

/**
 * A range of ids in a user namespace (config-linux.md, User namespace mappings). Unsigned 32-bit
 * numbers.
 *
 * @param containerId the first id inside ("containerID").
 * @param hostId the first id outside ("hostID").
 * @param size how many.
 */
public record IdMapping(long containerId, long hostId, long size) {

  /** Returns which id outside stands for one inside; empty if it is in none of the ranges. */
  public static OptionalLong toHost(List<IdMapping> mappings, long id) {
    for (int i = 0; i < mappings.size(); i++) {
      IdMapping each = mappings.get(i);
      if (id >= each.containerId && id - each.containerId < each.size) {
        return OptionalLong.of(each.hostId + id - each.containerId);
      }
    }
    return OptionalLong.empty();
  }
}
