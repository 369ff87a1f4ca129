package dev.carafe.runtime.cgroup;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What is to be written to which files of a cgroup, in order. */
final class Changes {
  private final List<Change> all = new ArrayList<>();
  private final Consumer<String> warnings;

  /**
   * One file.
   *
   * @param path the file.
   * @param values what is written, one after the other.
   * @param mayBeMissing whether it is passed over where there is no such file.
   */
  record Change(String path, List<String> values, boolean mayBeMissing) {}

  Changes(Consumer<String> warnings) {
    this.warnings = warnings;
  }

  void set(String path, String value) {
    all.add(new Change(path, List.of(value), false));
  }

  void setIfThere(String path, String value) {
    all.add(new Change(path, List.of(value), true));
  }

  void setEach(String path, List<String> values) {
    if (!values.isEmpty()) {
      all.add(new Change(path, values, false));
    }
  }

  /** Adds what takes others back, the last one first; they are not made yet. */
  void addOld(Changes others) {
    for (int i = others.all.size() - 1; i >= 0; i--) {
      Change each = others.all.get(i);
      List<String> old = new ArrayList<>();
      for (String value : each.values) {
        OldValues.of(each.path, value).ifPresent(v -> old.add(0, v));
      }
      setEach(each.path, old);
    }
  }

  /** Returns the first file that says something else than these were to write. */
  Optional<String> differing() {
    for (Change each : all) {
      for (String value : each.values) {
        if (!OldValues.of(each.path, value).equals(Optional.of(value))) {
          return Optional.of(each.path);
        }
      }
    }
    return Optional.empty();
  }

  void warn(String sentence) {
    warnings.accept(sentence);
  }

  List<Change> all() {
    return all;
  }

  void addTo(HostWrites writes) {
    for (Change each : all) {
      if (each.mayBeMissing) {
        writes.writeIfThere(each.path, each.values.get(0));
      } else if (each.values.size() == 1) {
        writes.write(each.path, each.values.get(0));
      } else {
        writes.writeEach(each.path, each.values);
      }
    }
  }
}
