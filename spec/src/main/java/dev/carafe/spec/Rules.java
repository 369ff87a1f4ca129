package dev.carafe.spec;

import java.util.List;

/** Checks that several parts of a configuration share. */
final class Rules {
  private Rules() {}

  /** No path, argument or name that the kernel takes can hold a NUL. */
  static void text(At path, String s) {
    if (s.indexOf(0) >= 0) {
      throw path.fail("has a NUL character");
    }
  }

  static void texts(At path, List<String> list) {
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i).indexOf(0) >= 0) {
        throw path.item(i).fail("has a NUL character");
      }
    }
  }

  static void absolute(At path, String s) {
    text(path, s);
    if (!s.startsWith("/")) {
      throw path.fail("\"" + Source.excerpt(s) + "\" is not an absolute path");
    }
  }

  static void absolutes(At path, List<String> list) {
    for (int i = 0; i < list.size(); i++) {
      String s = list.get(i);
      if (!s.startsWith("/") || s.indexOf(0) >= 0) {
        absolute(path.item(i), s);
      }
    }
  }

  /** Tells whether a path has a part that is two dots. */
  static boolean climbs(String s) {
    for (int from = 0; from <= s.length(); ) {
      int slash = s.indexOf('/', from);
      int end = slash < 0 ? s.length() : slash;
      if (end - from == 2 && s.charAt(from) == '.' && s.charAt(from + 1) == '.') {
        return true;
      }
      from = end + 1;
    }
    return false;
  }

  /** Tells whether a name can stand for an entry of a directory. */
  static boolean isFileName(String s) {
    return !s.isEmpty()
        && !s.equals(".")
        && !s.equals("..")
        && s.indexOf('/') < 0
        && s.indexOf(0) < 0
        && s.indexOf('\n') < 0;
  }

  /** The form is NAME=value; what the name is made of is left to who reads it. */
  static void environment(At path, List<String> env) {
    for (int i = 0; i < env.size(); i++) {
      String s = env.get(i);
      if (s.indexOf('=') <= 0) {
        throw path.item(i).fail("\"" + Source.excerpt(s) + "\" does not have the form NAME=value");
      }
    }
    texts(path, env);
  }

  /** The kernel takes 4294967295, which is -1, for no id at all. */
  static void id(At path, long id) {
    if (id < 0 || id >= 0xffff_ffffL) {
      throw path.fail(id + " is not an id");
    }
  }

  /** Processors or memory nodes. */
  static void numbers(At path, String list) {
    try {
      byte[] ignored = NumberList.mask(list);
    } catch (IllegalArgumentException e) {
      throw path.fail("\"" + Source.excerpt(list) + "\": " + e.getMessage());
    }
  }

  /**
   * config-linux.md, User namespace mappings. The kernel refuses empty and overlapping ranges, and
   * more than 340 of them (user_namespaces(7)), with a mere EINVAL.
   */
  static void mappings(At path, List<IdMapping> list) {
    if (list.size() > 340) {
      throw path.fail(list.size() + " ranges, more than the 340 that the kernel takes");
    }
    for (int i = 0; i < list.size(); i++) {
      IdMapping m = list.get(i);
      At at = path.item(i);
      if (m.size() <= 0) {
        throw at.field("size").fail("a range must have at least one id");
      }
      if (m.containerId() < 0 || m.containerId() + m.size() > 0xffff_ffffL) {
        throw at.field("containerID").fail("the range goes beyond the last id, 4294967294");
      }
      if (m.hostId() < 0 || m.hostId() + m.size() > 0xffff_ffffL) {
        throw at.field("hostID").fail("the range goes beyond the last id, 4294967294");
      }
      for (int j = 0; j < i; j++) {
        IdMapping other = list.get(j);
        if (overlap(m.containerId(), m.size(), other.containerId(), other.size())) {
          throw at.field("containerID").fail("the range overlaps with that of " + path.item(j));
        }
        if (overlap(m.hostId(), m.size(), other.hostId(), other.size())) {
          throw at.field("hostID").fail("the range overlaps with that of " + path.item(j));
        }
      }
    }
  }

  private static boolean overlap(long a, long aSize, long b, long bSize) {
    return a < b + bSize && b < a + aSize;
  }
}
