package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Local;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Cgroups that a test makes below this process's own, gone with it. */
final class TestCgroups implements AutoCloseable {
  private static int count;

  private final String name = "carafe-test-" + ProcessHandle.current().pid() + "-x" + count++;
  private final List<Cgroup> made = new ArrayList<>();
  final List<String> warnings = new ArrayList<>();

  /** Returns limits from JSON with single quotes, as {@code linux.resources} has them. */
  static Resources resources(String json) {
    String all = "{'ociVersion':'1.3.0','linux':{'resources':" + json + "}}";
    Spec spec =
        SpecReader.read(all.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "config.json");
    return spec.linux().orElseThrow().resources().orElseThrow();
  }

  /** Says where one would be, below a directory of this test's. */
  Cgroup plan(String below) {
    return new Cgroups(Layout.read())
        .plan(Optional.of(name + below), "id", new Cgroups.Options(false, warnings::add));
  }

  /** Makes one with limits. */
  Cgroup make(String below, String json) {
    Cgroup cgroup = plan(below);
    made.add(cgroup);
    cgroup.create(Local.get());
    cgroup.apply(Local.get(), resources(json));
    return cgroup;
  }

  /** Returns the path of a file of a cgroup; the controller of version 2 is "". */
  static Path path(Cgroup cgroup, String controller, String file) {
    return Path.of(cgroup.paths().getOrDefault(controller, "/nowhere"), file);
  }

  /** Reads a file of a cgroup, named {@code controller/file}, on version 2 {@code file}. */
  static String read(Cgroup cgroup, String name) throws IOException {
    int slash = name.indexOf('/');
    String controller = slash < 0 ? "" : name.substring(0, slash);
    return Files.readString(path(cgroup, controller, name.substring(slash + 1))).strip();
  }

  @Override
  public void close() {
    for (Cgroup each : made.reversed()) {
      if (each.frozen()) {
        each.thaw();
      }
      each.killAll();
      each.remove();
    }
  }
}
