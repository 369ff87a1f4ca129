package dev.carafe.runtime.sandbox;

import dev.carafe.InvalidConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What annotations say of a volume that containers of a sandbox share: {@code
 * dev.gvisor.spec.mount.NAME.FIELD}, as runsc has them. It is about every mount, in any container
 * of the sandbox, that has this source.
 *
 * @param name the volume's name
 * @param source the source of the mounts that it is about
 * @param inMemory whether the type is tmpfs; else it is bind
 * @param outside whether processes outside of the sandbox share it too
 * @param options the volume's own mount options
 */
record MountHint(
    String name, String source, boolean inMemory, boolean outside, List<String> options) {
  static final String PREFIX = "dev.gvisor.spec.mount.";

  /** Returns whether there are any. */
  static boolean anyIn(Map<String, String> annotations) {
    for (String key : annotations.keySet()) {
      if (key.startsWith(PREFIX)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads all of them.
   *
   * @throws InvalidConfigException if one is not understood, whole and by itself
   */
  static List<MountHint> of(Map<String, String> annotations) {
    List<String> names = new ArrayList<>();
    for (String key : annotations.keySet()) {
      if (key.startsWith(PREFIX)) {
        String name = name(key);
        if (!names.contains(name)) {
          names.add(name);
        }
      }
    }
    names.sort(null);
    List<MountHint> hints = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      MountHint hint = read(annotations, names.get(i));
      for (int j = 0; j < hints.size(); j++) {
        if (hints.get(j).source.equals(hint.source)) {
          throw new InvalidConfigException(
              "annotations "
                  + PREFIX
                  + hints.get(j).name
                  + " and "
                  + PREFIX
                  + hint.name
                  + " have the same source "
                  + hint.source);
        }
      }
      hints.add(hint);
    }
    return hints;
  }

  private static String name(String key) {
    int dot = key.indexOf('.', PREFIX.length());
    String name = dot < 0 ? "" : key.substring(PREFIX.length(), dot);
    String field = dot < 0 ? "" : key.substring(dot + 1);
    switch (field) {
      case "type", "share", "source", "options" -> {}
      default ->
          throw new InvalidConfigException(
              "annotation " + key + " is none of " + PREFIX + "NAME.{type,share,source,options}");
    }
    // It becomes the name of a directory.
    if (!isName(name)) {
      throw new InvalidConfigException(
          "annotation " + key + ": the name of a volume is made of letters, digits, _ and -");
    }
    return name;
  }

  private static boolean isName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && (c < '0' || c > '9') && c != '_' && c != '-') {
        return false;
      }
    }
    return !name.isEmpty() && name.length() <= 253;
  }

  private static MountHint read(Map<String, String> annotations, String name) {
    String start = PREFIX + name + ".";
    String type = annotations.getOrDefault(start + "type", "");
    String share = annotations.getOrDefault(start + "share", "");
    String source = annotations.getOrDefault(start + "source", "");
    String options = annotations.getOrDefault(start + "options", "");
    check(type.equals("tmpfs") || type.equals("bind"), start + "type", type, "tmpfs or bind");
    check(
        share.equals("container") || share.equals("pod") || share.equals("shared"),
        start + "share",
        share,
        "container, pod or shared");
    check(!source.isEmpty(), start + "source", source, "the source of the mounts that it is about");
    List<String> all = options.isEmpty() ? List.of() : List.of(options.split(",", -1));
    check(!all.contains(""), start + "options", options, "mount options, parted by commas");
    return new MountHint(name, source, type.equals("tmpfs"), share.equals("shared"), all);
  }

  private static void check(boolean holds, String key, String value, String wanted) {
    if (!holds) {
      throw new InvalidConfigException(
          "annotation " + key + " is \"" + value + "\"; it must be " + wanted);
    }
  }

  /** Returns the one that is about mounts of a source. */
  static Optional<MountHint> about(List<MountHint> hints, Optional<String> source) {
    for (int i = 0; i < hints.size(); i++) {
      if (source.isPresent() && hints.get(i).source.equals(source.get())) {
        return Optional.of(hints.get(i));
      }
    }
    return Optional.empty();
  }

  /** Returns whether its mounts are of a file system that the sandbox has for itself. */
  boolean ofSandbox() {
    return inMemory && !outside;
  }
}
