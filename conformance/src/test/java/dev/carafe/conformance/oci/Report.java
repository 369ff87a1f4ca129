package dev.carafe.conformance.oci;

import java.util.List;
import java.util.Optional;

/**
 * What {@code inspect} said in a container.
 *
 * @param lines its lines
 */
record Report(List<String> lines) {

  static Report of(String output) {
    return new Report(output.lines().toList());
  }

  /** Returns what follows these words at the beginning of a line. */
  String get(String words) {
    return find(words)
        .orElseThrow(() -> new AssertionError("no line \"" + words + "\" in " + lines));
  }

  Optional<String> find(String words) {
    for (String line : lines) {
      if (line.startsWith(words + " ") || line.equals(words)) {
        return Optional.of(line.substring(Math.min(line.length(), words.length() + 1)));
      }
    }
    return Optional.empty();
  }

  /** Returns what follows these words in each line that begins with them. */
  List<String> all(String words) {
    return lines.stream()
        .filter(line -> line.startsWith(words + " "))
        .map(line -> line.substring(words.length() + 1))
        .toList();
  }

  boolean has(String line) {
    return lines.contains(line);
  }

  /** Fails unless this very line is there. */
  Report says(String line) {
    if (!has(line)) {
      String begin = line.contains(" ") ? line.substring(0, line.lastIndexOf(' ')) : line;
      List<String> near = lines.stream().filter(each -> each.startsWith(begin)).toList();
      throw new AssertionError("not \"" + line + "\" but " + (near.isEmpty() ? lines : near));
    }
    return this;
  }

  /** Returns the line of {@code /proc/self/mountinfo} that is on top at a mount point. */
  String mountAt(String point) {
    String found = "";
    for (String line : all("cat /proc/self/mountinfo:")) {
      if (line.split(" ", -1)[4].equals(point)) {
        found = line;
      }
    }
    if (found.isEmpty()) {
      throw new AssertionError("nothing is mounted on " + point + ": " + lines);
    }
    return found;
  }

  /** Returns the flags of the mount itself and of its file system, comma-separated. */
  String mountFlags(String point) {
    String line = mountAt(point);
    String[] words = line.split(" ", -1);
    return words[5] + "," + words[words.length - 1];
  }

  /** Returns the words between the flags and the hyphen, such as {@code shared:5}. */
  String propagation(String point) {
    String line = mountAt(point);
    String[] words = line.substring(0, line.indexOf(" - ")).split(" ", 7);
    return words.length == 7 ? words[6] : "";
  }

  boolean mountHas(String point, String flag) {
    return List.of(mountFlags(point).split(",", -1)).contains(flag);
  }
}
