package dev.carafe.runtime.cgroup;

import dev.carafe.spec.DeviceRule;
import dev.carafe.spec.DeviceType;
import java.util.ArrayList;
import java.util.List;

/**
 * Which devices a container may use: the rules of {@code linux.resources.devices} in their order,
 * and after them the devices that every container has. For each kind of access the last rule that
 * speaks of it counts; what no rule speaks of is denied.
 */
final class DeviceAccess {
  static final int MKNOD = 1;
  static final int READ = 2;
  static final int WRITE = 4;
  static final int ALL = MKNOD | READ | WRITE;

  /** Any major or minor number. */
  static final long ANY = -1;

  private static final long MAX_NUMBER = 0xffffffffL;

  private final boolean allowsRest;
  private final List<Rule> rules;

  private DeviceAccess(boolean allowsRest, List<Rule> rules) {
    this.allowsRest = allowsRest;
    this.rules = rules;
  }

  /**
   * A rule for one kind of device.
   *
   * @param allow whether it allows or denies.
   * @param type {@code b} or {@code c}.
   * @param major the major number or {@link #ANY}.
   * @param minor the minor number or {@link #ANY}.
   * @param access bits of {@link #ALL}.
   */
  record Rule(boolean allow, char type, long major, long minor, int access) {

    boolean sameDevices(Rule other) {
      return type == other.type && major == other.major && minor == other.minor;
    }

    boolean covers(Rule other) {
      return type == other.type
          && (major == ANY || major == other.major)
          && (minor == ANY || minor == other.minor);
    }

    boolean meets(Rule other) {
      return type == other.type
          && (major == ANY || other.major == ANY || major == other.major)
          && (minor == ANY || other.minor == ANY || minor == other.minor);
    }

    Rule with(int newAccess) {
      return new Rule(allow, type, major, minor, newAccess);
    }

    /** Returns the words of {@code devices.allow} and {@code devices.deny}. */
    String words() {
      String letters =
          ((access & READ) != 0 ? "r" : "")
              + ((access & WRITE) != 0 ? "w" : "")
              + ((access & MKNOD) != 0 ? "m" : "");
      return type + " " + number(major) + ":" + number(minor) + " " + letters;
    }

    private static String number(long value) {
      return value == ANY ? "*" : Long.toString(value);
    }
  }

  /**
   * Reads rules and adds the default devices. These come last, so no rule takes them away: a
   * container without {@code /dev/null} is none (config-linux.md, Default Devices); the list is
   * runc's.
   *
   * @throws CgroupException if a rule makes no sense
   */
  static DeviceAccess of(List<DeviceRule> given) {
    boolean allowsRest = false;
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      DeviceRule each = given.get(i);
      String name = "linux.resources.devices[" + i + "]";
      int access = access(each, name);
      long major = number(each.major().orElse(ANY), name + ".major");
      long minor = number(each.minor().orElse(ANY), name + ".minor");
      DeviceType type = each.type().orElse(DeviceType.ALL);
      boolean all = type == DeviceType.ALL;
      if (all && major == ANY && minor == ANY && access == ALL) {
        // Nothing that was said before counts any more.
        allowsRest = each.allow();
        rules.clear();
        continue;
      }
      if (all || type == DeviceType.BLOCK) {
        rules.add(new Rule(each.allow(), 'b', major, minor, access));
      }
      if (all || type == DeviceType.CHARACTER) {
        rules.add(new Rule(each.allow(), 'c', major, minor, access));
      }
      if (!all && type != DeviceType.BLOCK && type != DeviceType.CHARACTER) {
        throw new CgroupException(
            name + ".type: a rule is for devices of type a, b or c, not " + type.word());
      }
    }
    addDefaults(rules);
    return new DeviceAccess(allowsRest, rules);
  }

  private static void addDefaults(List<Rule> rules) {
    // Any node may be made: whether it can be opened is another matter.
    rules.add(new Rule(true, 'c', ANY, ANY, MKNOD));
    rules.add(new Rule(true, 'b', ANY, ANY, MKNOD));
    addDefault(rules, 1, 3); // /dev/null
    addDefault(rules, 1, 8); // /dev/random
    addDefault(rules, 1, 7); // /dev/full
    addDefault(rules, 5, 0); // /dev/tty
    addDefault(rules, 1, 5); // /dev/zero
    addDefault(rules, 1, 9); // /dev/urandom
    addDefault(rules, 136, ANY); // /dev/pts/*
    addDefault(rules, 5, 2); // /dev/ptmx
    addDefault(rules, 10, 200); // /dev/net/tun
  }

  private static void addDefault(List<Rule> rules, long major, long minor) {
    rules.add(new Rule(true, 'c', major, minor, ALL));
  }

  private static long number(long value, String name) {
    // runc's clients write -1 for all.
    if (value < ANY || value > MAX_NUMBER) {
      throw new CgroupException(name + ": " + value + " is no device number");
    }
    return value;
  }

  private static int access(DeviceRule rule, String name) {
    String letters = rule.access().orElse("");
    int access = 0;
    for (int i = 0; i < letters.length(); i++) {
      access |=
          switch (letters.charAt(i)) {
            case 'r' -> READ;
            case 'w' -> WRITE;
            case 'm' -> MKNOD;
            default ->
                throw new CgroupException(
                    name + ".access: \"" + letters + "\" is not made of the letters r, w and m");
          };
    }
    if (access == 0) {
      throw new CgroupException(name + ".access: is missing; give letters of \"rwm\"");
    }
    return access;
  }

  /** Returns whether a device that no rule speaks of is allowed. */
  boolean allowsRest() {
    return allowsRest;
  }

  /** Returns whether every device is allowed. */
  boolean deniesNothing() {
    for (Rule rule : rules) {
      if (!rule.allow) {
        return false;
      }
    }
    return allowsRest;
  }

  /** Returns the rules in their order. */
  List<Rule> rules() {
    return rules;
  }

  /**
   * Returns the exceptions that cgroup v1 must be told: from "all is denied", what is allowed, or
   * the reverse. There a rule takes back only exceptions that it names exactly.
   *
   * @throws CgroupException if a rule would cut a piece out of a broader one, which version 1
   *     cannot express
   */
  List<Rule> exceptions() {
    List<Rule> kept = new ArrayList<>();
    for (Rule rule : rules) {
      if (rule.allow == allowsRest) {
        takeBack(kept, rule);
      } else {
        add(kept, rule);
      }
    }
    return kept;
  }

  private static void add(List<Rule> kept, Rule rule) {
    for (int i = 0; i < kept.size(); i++) {
      if (kept.get(i).sameDevices(rule)) {
        kept.set(i, rule.with(rule.access | kept.get(i).access));
        return;
      }
    }
    kept.add(rule);
  }

  private static void takeBack(List<Rule> kept, Rule rule) {
    for (int i = kept.size() - 1; i >= 0; i--) {
      Rule each = kept.get(i);
      int left = each.access & ~rule.access;
      if (left == each.access || !rule.meets(each)) {
        continue;
      }
      if (!rule.covers(each)) {
        throw new CgroupException(
            "linux.resources.devices: \""
                + rule.words()
                + "\" takes a part out of \""
                + each.words()
                + "\", which cgroup v1 cannot do; name the single devices, or use cgroup v2");
      }
      if (left == 0) {
        kept.remove(i);
      } else {
        kept.set(i, each.with(left));
      }
    }
  }
}
