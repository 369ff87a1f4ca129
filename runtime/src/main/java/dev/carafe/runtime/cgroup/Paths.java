package dev.carafe.runtime.cgroup;

/** Paths below a hierarchy's mount point. */
final class Paths {
  private Paths() {}

  /**
   * Returns {@code path} as seen from a root that {@code ..} cannot leave: {@code /a/b}, or {@code
   * /}.
   */
  static String clean(String path) {
    StringBuilder to = new StringBuilder();
    for (String part : Layout.split(path, '/')) {
      if (part.equals("..")) {
        to.setLength(Math.max(0, to.lastIndexOf("/")));
      } else if (!part.isEmpty() && !part.equals(".")) {
        to.append('/').append(part);
      }
    }
    return to.isEmpty() ? "/" : to.toString();
  }

  /** Returns the directory above. */
  static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  /** Returns the last part. */
  static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Returns a clean path below a mount point. */
  static String join(String mountPoint, String clean) {
    return clean.equals("/") ? mountPoint : mountPoint + clean;
  }

  /** Returns whether {@code path} is {@code top} or below it. */
  static boolean within(String path, String top) {
    return path.equals(top) || path.startsWith(top + "/");
  }
}
