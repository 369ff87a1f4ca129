package dev.carafe.runtime.cgroup;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Device access as files of cgroup v1: all or nothing, and exceptions from that. */
final class DevicesV1 {
  private DevicesV1() {}

  /** Adds what limits a new cgroup. */
  static void set(String directory, DeviceAccess access, Changes to) {
    boolean all = access.allowsRest();
    to.set(directory + (all ? "/devices.allow" : "/devices.deny"), "a");
    List<String> exceptions = new ArrayList<>();
    for (DeviceAccess.Rule each : access.exceptions()) {
      exceptions.add(each.words());
    }
    to.setEach(directory + (all ? "/devices.deny" : "/devices.allow"), exceptions);
  }

  /**
   * Adds what limits a cgroup in use: only the difference, so that no device is gone for a moment,
   * and since the kernel takes no "all" when there are cgroups below.
   */
  static void change(String directory, DeviceAccess access, Changes to) {
    Optional<String> list = CgroupFiles.read(directory + "/devices.list");
    if (access.allowsRest() || list.isEmpty() || list.get().startsWith("a ")) {
      set(directory, access, to);
      return;
    }
    // Device to letters, as "c 1:3" to "rwm".
    Map<String, String> now = new HashMap<>();
    for (String line : Layout.split(list.get(), '\n')) {
      int space = line.lastIndexOf(' ');
      if (space > 0) {
        now.put(line.substring(0, space), line.substring(space + 1));
      }
    }
    List<String> allow = new ArrayList<>();
    for (DeviceAccess.Rule each : access.exceptions()) {
      String words = each.words();
      int space = words.lastIndexOf(' ');
      String device = words.substring(0, space);
      String wanted = words.substring(space + 1);
      String has = Optional.ofNullable(now.remove(device)).orElse("");
      add(allow, device, without(wanted, has));
      String left = without(has, wanted);
      if (!left.isEmpty()) {
        now.put(device, left);
      }
    }
    to.setEach(directory + "/devices.allow", allow);
    List<String> deny = new ArrayList<>();
    for (Map.Entry<String, String> each : now.entrySet()) {
      add(deny, each.getKey(), each.getValue());
    }
    to.setEach(directory + "/devices.deny", deny);
  }

  private static void add(List<String> to, String device, String letters) {
    if (!letters.isEmpty()) {
      to.add(device + " " + letters);
    }
  }

  private static String without(String letters, String others) {
    StringBuilder left = new StringBuilder();
    for (int i = 0; i < letters.length(); i++) {
      if (others.indexOf(letters.charAt(i)) < 0) {
        left.append(letters.charAt(i));
      }
    }
    return left.toString();
  }
}
