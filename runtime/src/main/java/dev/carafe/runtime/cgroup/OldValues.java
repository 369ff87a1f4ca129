package dev.carafe.runtime.cgroup;

import java.util.Optional;

/** What sets a file of a cgroup back to what it says now. */
final class OldValues {
  private OldValues() {}

  /**
   * Returns what is to be written to a file after {@code value} was; empty if it cannot be told.
   *
   * @param value what will be written to it: a single value, or one for a key such as a device
   */
  static Optional<String> of(String path, String value) {
    Optional<String> text = CgroupFiles.read(path);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String now = text.get();
    String file = Paths.name(path);
    if (file.equals("memory.oom_control")) {
      // "oom_kill_disable 0" and more lines
      return Optional.of(lineOf(now, "oom_kill_disable").orElse("0"));
    }
    int space = value.indexOf(' ');
    if (space < 0 || file.equals("cpu.max")) {
      // The one for all devices, where there are others for single ones.
      Optional<String> all = lineOf(now, "default");
      return Optional.of(all.isPresent() ? all.get() : now.isEmpty() ? "\n" : now);
    }
    String key = value.substring(0, space);
    Optional<String> old = lineOf(now, key);
    if (old.isEmpty()) {
      old = unset(file);
    }
    return old.isEmpty() ? old : Optional.of(key + " " + old.get());
  }

  /** Returns the rest of the line that begins with a key. */
  private static Optional<String> lineOf(String text, String key) {
    for (String line : Layout.split(text, '\n')) {
      if (line.startsWith(key + " ")) {
        return Optional.of(line.substring(key.length() + 1).strip());
      }
    }
    return Optional.empty();
  }

  /** What a device without a line has. */
  private static Optional<String> unset(String file) {
    if (file.startsWith("blkio.") && !file.contains("bfq")) {
      return Optional.of("0");
    }
    if (file.equals("io.max")) {
      return Optional.of("rbps=max wbps=max riops=max wiops=max");
    }
    return file.contains("weight") ? Optional.of("default") : Optional.empty();
  }
}
