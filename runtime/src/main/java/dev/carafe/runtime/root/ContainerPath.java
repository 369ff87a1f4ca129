package dev.carafe.runtime.root;

import java.util.ArrayList;
import java.util.List;

/**
 * A path inside a container as the configuration writes it, cleaned by its words alone: absolute,
 * no {@code .}, no {@code ..}, which cannot climb over the root. What links the root file system
 * holds is the kernel's matter, when it is opened in the root.
 */
public final class ContainerPath {
  private final List<String> parts;
  private final String relative;

  private ContainerPath(List<String> parts) {
    this.parts = parts;
    this.relative = relative(parts.size());
  }

  /** Cleans a path; a relative one means from the root (config.md, mounts: destination). */
  public static ContainerPath of(String written) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    while (start <= written.length()) {
      int slash = written.indexOf('/', start);
      int end = slash < 0 ? written.length() : slash;
      add(parts, written.substring(start, end));
      start = end + 1;
    }
    return new ContainerPath(List.copyOf(parts));
  }

  private static void add(List<String> parts, String part) {
    if (part.equals("..")) {
      if (!parts.isEmpty()) {
        parts.remove(parts.size() - 1);
      }
    } else if (!part.isEmpty() && !part.equals(".")) {
      parts.add(part);
    }
  }

  boolean isRoot() {
    return parts.isEmpty();
  }

  List<String> parts() {
    return parts;
  }

  /** Returns the last part; the root has none. */
  String name() {
    return parts.get(parts.size() - 1);
  }

  ContainerPath parent() {
    return new ContainerPath(parts.subList(0, parts.size() - 1));
  }

  ContainerPath child(String name) {
    List<String> longer = new ArrayList<>(parts);
    longer.add(name);
    return new ContainerPath(List.copyOf(longer));
  }

  /** Returns the first {@code count} parts as {@code openat2} takes them: relative to the root. */
  String relative(int count) {
    if (count == 0) {
      return ".";
    }
    StringBuilder path = new StringBuilder(parts.get(0));
    for (int i = 1; i < count; i++) {
      path.append('/').append(parts.get(i));
    }
    return path.toString();
  }

  String relative() {
    return relative;
  }

  boolean is(String absolute) {
    return absolute.length() == relative.length() + 1
        && !parts.isEmpty()
        && absolute.startsWith("/")
        && absolute.endsWith(relative);
  }

  /** Returns whether this is below {@code other}, not the same. */
  boolean isBelow(ContainerPath other) {
    return parts.size() > other.parts.size()
        && parts.subList(0, other.parts.size()).equals(other.parts);
  }

  @Override
  public String toString() {
    return parts.isEmpty() ? "/" : "/" + relative();
  }
}
