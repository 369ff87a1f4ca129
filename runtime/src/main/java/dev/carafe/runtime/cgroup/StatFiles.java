package dev.carafe.runtime.cgroup;

import dev.carafe.ContainerStats;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Files of one cgroup that count. What is not there, cannot be read, or is not as expected counts
 * nothing: which files there are depends on kernel, controllers and schedulers.
 */
final class StatFiles {
  /** Enough for thousands of processors and devices. */
  private static final int MAX = 1 << 20;

  /** Those of a controller that is not there. */
  static final StatFiles NONE = new StatFiles("");

  private static final String HUGE_PAGES = "/sys/kernel/mm/hugepages";

  private final String directory;

  StatFiles(String directory) {
    this.directory = directory;
  }

  /** Returns a file's text; empty if it is not there. */
  String text(String name) {
    if (directory.isEmpty()) {
      return "";
    }
    Optional<byte[]> bytes = Sys.tryReadFile(directory + "/" + name, MAX);
    return bytes.isEmpty() ? "" : OsString.decode(bytes.get());
  }

  boolean has(String name) {
    return !directory.isEmpty() && CgroupFiles.exists(directory + "/" + name);
  }

  List<String> lines(String name) {
    List<String> lines = new ArrayList<>();
    for (String line : Layout.split(text(name), '\n')) {
      if (!line.isBlank()) {
        lines.add(line.strip());
      }
    }
    return lines;
  }

  /** Returns a file's number; {@code max} is {@link ContainerStats#NO_LIMIT}. */
  long number(String name) {
    return parse(text(name).strip());
  }

  /** Returns a file's numbers, which blanks separate. */
  List<Long> numbers(String name) {
    return numbers(text(name).strip(), 0);
  }

  /** Returns the numbers of a line after so many of its words. */
  static List<Long> numbers(String line, int skipped) {
    List<Long> all = new ArrayList<>();
    for (String word : words(line)) {
      if (skipped > 0) {
        skipped--;
      } else {
        all.add(parse(word));
      }
    }
    return all;
  }

  static List<String> words(String line) {
    List<String> words = Layout.split(line.replace('\t', ' '), ' ');
    words.removeIf(String::isEmpty);
    return words;
  }

  /** Returns the lines of a file that each have a name and a number, in the order of the names. */
  Map<String, Long> named(String name) {
    Map<String, Long> all = new TreeMap<>();
    for (String line : lines(name)) {
      int space = line.indexOf(' ');
      if (space > 0) {
        all.put(line.substring(0, space), parse(line.substring(space + 1).strip()));
      }
    }
    return all;
  }

  static long get(Map<String, Long> named, String name) {
    Long value = named.get(name);
    return value == null ? 0 : value;
  }

  static long parse(String word) {
    if (word.equals("max")) {
      return ContainerStats.NO_LIMIT;
    }
    try {
      return word.startsWith("-") ? Long.parseLong(word) : Long.parseUnsignedLong(word);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Returns the pressure that a file tells; empty if the kernel does not measure it. */
  Optional<ContainerStats.Pressure> pressure(String name) {
    ContainerStats.Waiting some = ContainerStats.Waiting.NONE;
    ContainerStats.Waiting full = ContainerStats.Waiting.NONE;
    List<String> lines = lines(name);
    for (String line : lines) {
      if (line.startsWith("some ")) {
        some = waiting(line);
      } else if (line.startsWith("full ")) {
        full = waiting(line);
      }
    }
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(new ContainerStats.Pressure(some, full));
  }

  private static ContainerStats.Waiting waiting(String line) {
    return new ContainerStats.Waiting(
        percent(line, "avg10="),
        percent(line, "avg60="),
        percent(line, "avg300="),
        parse(after(line, "total=")));
  }

  private static double percent(String line, String name) {
    try {
      return Double.parseDouble(after(line, name));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static String after(String line, String name) {
    for (String word : words(line)) {
      if (word.startsWith(name)) {
        return word.substring(name.length());
      }
    }
    return "0";
  }

  /** Returns the sizes of huge pages that this machine has, as files of cgroups are called. */
  static List<String> hugePageSizes() {
    List<String> sizes = new ArrayList<>();
    Optional<Fd> directory = Sys.openIfThere(Fd.CWD, HUGE_PAGES, Open.RDONLY | Open.DIRECTORY);
    if (directory.isEmpty()) {
      return sizes;
    }
    try (Fd open = directory.get()) {
      for (String name : Sys.list(open)) {
        if (name.startsWith("hugepages-") && name.endsWith("kB")) {
          sizes.add(size(parse(name.substring("hugepages-".length(), name.length() - 2))));
        }
      }
    }
    return sizes;
  }

  private static String size(long kilobytes) {
    if (kilobytes >= 1 << 20) {
      return (kilobytes >> 20) + "GB";
    }
    return kilobytes >= 1 << 10 ? (kilobytes >> 10) + "MB" : kilobytes + "KB";
  }
}
