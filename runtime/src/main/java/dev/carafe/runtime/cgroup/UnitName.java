package dev.carafe.runtime.cgroup;

/**
 * What {@code linux.cgroupsPath} names under systemd: {@code slice:prefix:name}, as under runc.
 *
 * @param slice the slice that the unit is in.
 * @param unit the unit: {@code prefix-name.scope}, or a slice if the name is one's.
 */
record UnitName(String slice, String unit) {
  private static final String SLICE = ".slice";

  /** What a name is made of: systemd.unit(5). */
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";

  /** Clients that give no path know the first part of a scope's name no more than its slice. */
  private static final String PREFIX = "carafe";

  /**
   * Reads a path.
   *
   * @param path empty if there is none
   * @param user whether a user's systemd is meant
   */
  static UnitName of(String path, String id, boolean user) {
    String slice = "";
    String prefix = PREFIX;
    String name = id;
    if (!path.isEmpty()) {
      int first = path.indexOf(':');
      int second = path.indexOf(':', first + 1);
      if (first < 0 || second < 0 || path.indexOf(':', second + 1) >= 0) {
        throw new CgroupException(
            "linux.cgroupsPath: expected cgroupsPath to be of format \"slice:prefix:name\" for"
                + " systemd cgroups, got \""
                + path
                + "\" instead");
      }
      slice = path.substring(0, first);
      prefix = path.substring(first + 1, second);
      name = path.substring(second + 1);
    }
    if (slice.isEmpty()) {
      slice = user ? "user.slice" : "system.slice";
    }
    if (name.isEmpty()) {
      throw new CgroupException("linux.cgroupsPath: \"" + path + "\" ends without a name");
    }
    String unit =
        name.endsWith(SLICE) ? name : (prefix.isEmpty() ? "" : prefix + "-") + name + ".scope";
    check(unit);
    return new UnitName(slice, unit);
  }

  boolean isSlice() {
    return unit.endsWith(SLICE);
  }

  /** Returns the cgroup, below that of systemd's own units. */
  String path() {
    String above = expand(slice);
    return isSlice() ? expand(unit) : (above.equals("/") ? "" : above) + "/" + unit;
  }

  /** {@code a-b.slice} is in {@code a.slice}: systemd.slice(5). */
  static String expand(String slice) {
    check(slice);
    if (!slice.endsWith(SLICE) || slice.length() == SLICE.length()) {
      throw new CgroupException(
          "linux.cgroupsPath: invalid slice name: " + slice + "; it must end in .slice");
    }
    if (slice.equals("-.slice")) {
      return "/";
    }
    String name = slice.substring(0, slice.length() - SLICE.length());
    StringBuilder path = new StringBuilder();
    for (int dash = name.indexOf('-'); dash >= 0; dash = name.indexOf('-', dash + 1)) {
      if (dash == 0 || dash == name.length() - 1 || name.charAt(dash - 1) == '-') {
        throw new CgroupException("linux.cgroupsPath: invalid slice name: " + slice);
      }
      path.append('/').append(name, 0, dash).append(SLICE);
    }
    return path.append('/').append(slice).toString();
  }

  /** A name becomes a part of a path. */
  private static void check(String name) {
    boolean fine = name.length() < 256;
    for (int i = 0; i < name.length() && fine; i++) {
      fine = LETTERS.indexOf(name.charAt(i)) >= 0;
    }
    if (!fine) {
      throw new CgroupException("linux.cgroupsPath: \"" + name + "\" cannot be a unit of systemd");
    }
  }
}
