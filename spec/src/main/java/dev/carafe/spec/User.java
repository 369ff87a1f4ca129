package dev.carafe.spec;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Whom a process runs as (config.md, POSIX-platform User). Ids are unsigned 32-bit numbers.
 *
 * @param uid the user id in the container.
 * @param gid the group id in the container.
 * @param umask the file creation mask.
 * @param additionalGids the supplementary groups.
 * @param username a name, used on Windows only.
 */
public record User(
    long uid, long gid, OptionalLong umask, List<Long> additionalGids, Optional<String> username) {
  /** The user 0 with the group 0: what a process without a user runs as. */
  public static final User ROOT = of(0, 0);

  /** Keeps copies that nobody can change. */
  public User {
    additionalGids = List.copyOf(additionalGids);
  }

  /** Makes one with an id and a group only. */
  public static User of(long uid, long gid) {
    return new User(uid, gid, OptionalLong.empty(), List.of(), Optional.empty());
  }
}
