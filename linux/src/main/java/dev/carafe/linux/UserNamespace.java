package dev.carafe.linux;

import java.util.Optional;

/** The user namespace that this process is in. */
public final class UserNamespace {
  private static final int MAP_MAX = 4096;

  private UserNamespace() {}

  /**
   * Returns whether it is the machine's first one, whose root is the machine's: the one that maps
   * all ids (user_namespaces(7)). Root in another one may do less.
   */
  public static boolean isInitial() {
    Optional<byte[]> map = Sys.tryReadFile("/proc/self/uid_map", MAP_MAX);
    return map.isEmpty() || OsString.decode(map.get()).stripTrailing().endsWith(" 4294967295");
  }
}
