package dev.carafe.conformance.oci;

import dev.carafe.conformance.Ground;
import dev.carafe.conformance.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A runtime that is looked at, by runc's command line. */
final class Subject implements AutoCloseable {
  private final String name;
  private final Path program;
  private final View view;
  private final View unified;
  private final Path path;
  private final Map<String, Remembered> memory = new HashMap<>();
  private int made;

  private record Remembered(Object value, AssertionError failure) {}

  Subject(String name, Path program, View view, View unified, Path path) {
    this.name = name;
    this.unified = unified;
    this.program = program;
    this.view = view;
    this.path = path;
  }

  String name() {
    return name;
  }

  View view() {
    return view;
  }

  /** Returns the same runtime where cgroup v2 stands alone. */
  Subject unified() {
    return once(
        "unified", () -> new Subject(name, program, unified, unified, path.resolve("unified")));
  }

  /** Returns a new directory, which everybody may enter. */
  Path directory() {
    try {
      return Files.createDirectories(path.resolve("directory-" + made++));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Calls the runtime. What it starts must not hold our pipes: see {@link Box}. */
  Shell.Result call(Object... words) {
    if (words.length > 0 && words[0].equals("delete")) {
      for (Object word : words) {
        if (!word.equals("--force")) {
          harmless(word.toString());
        }
      }
    }
    return view.sh("exec " + commandLine(), words);
  }

  /**
   * Fails for an id that might be a path. Some runtimes take it for one, and delete what is there:
   * {@code crun delete --force /} is {@code rm -rf /}.
   */
  static String harmless(String id) {
    if (!id.matches("[A-Za-z0-9][A-Za-z0-9_-]*")) {
      throw new IllegalArgumentException("an id that might be a path: \"" + id + "\"");
    }
    return id;
  }

  /** Returns where streams go, and the words of a command line. */
  Object[] line(Path bundle, String command, Object... words) {
    List<Object> all = new ArrayList<>();
    all.add(bundle.resolve("io"));
    all.add(program);
    all.add("--root");
    all.add(path.resolve("root"));
    all.add(command);
    for (Object word : words) {
      if (word instanceof String[] several) {
        all.addAll(List.of(several));
      } else {
        all.add(word);
      }
    }
    return all.toArray();
  }

  private String commandLine() {
    return "'" + program + "' --root '" + path.resolve("root") + "' \"$@\"";
  }

  private String idsBegin() {
    return "oci-" + name.replaceAll("[^a-z0-9]", "-") + "-" + ProcessHandle.current().pid();
  }

  /** Writes a bundle; returns its container, which is not made yet. */
  Box bundle(Config config) {
    String id = idsBegin() + "-" + made;
    Path bundle = directory();
    Path root = bundle.resolve("rootfs");
    try {
      for (String each : List.of("bin", "dev", "etc", "proc", "sys", "tmp", "data")) {
        Files.createDirectories(root.resolve(each));
      }
      Files.copy(Ground.tool("inspect"), root.resolve("bin/inspect"));
      Files.writeString(root.resolve("etc/file"), "of the root\n");
      config.cgroup("/" + id);
      Files.writeString(bundle.resolve("config.json"), config.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Box(this, id, bundle);
  }

  /** Makes a container. */
  Box create(Config config) {
    Box box = bundle(config);
    Shell.Result result = box.create();
    if (result.code() != 0) {
      box.close();
      throw new AssertionError("create: " + result.err());
    }
    return box;
  }

  /** Runs {@code inspect} with these commands in a container; returns what it said. */
  Report inside(Config config, String... commands) {
    Shell.Result result = run(config.program(commands));
    if (result.code() != 0) {
      throw new AssertionError("run: exit code " + result.code() + ": " + result.err());
    }
    return Report.of(result.out());
  }

  /** Runs a container to its end. */
  Shell.Result run(Config config) {
    try (Box box = bundle(config)) {
      return box.run();
    }
  }

  /** Fails unless no container can be made of this, and nothing is left. */
  void refuses(Config config) {
    try (Box box = bundle(config)) {
      Shell.Result result = box.run();
      if (result.code() == 0) {
        throw new AssertionError("it was not refused");
      }
      if (call("state", box.id()).code() == 0) {
        throw new AssertionError("a container was made");
      }
    }
  }

  /** Returns what a supplier gave when it was first asked for under this key, or its failure. */
  @SuppressWarnings("unchecked")
  <T> T once(String key, Supplier<T> supplier) {
    Remembered found = memory.get(key);
    if (found == null) {
      try {
        found = new Remembered(supplier.get(), new AssertionError());
      } catch (AssertionError e) {
        found = new Remembered(new Object(), e);
      }
      memory.put(key, found);
    }
    if (found.failure().getMessage() != null) {
      throw found.failure();
    }
    return (T) found.value();
  }

  @Override
  public void close() {
    for (String id : call("list", "-q").out().lines().toList()) {
      call("delete", "--force", id);
    }
    if (!name.startsWith("carafe")) {
      removeCgroups();
    }
    Remembered found = memory.get("unified");
    if (found != null && found.value() instanceof Subject other) {
      other.close();
    }
  }

  /** crun now and then leaves a cgroup behind; that is to be seen for carafe, and for it alone. */
  private void removeCgroups() {
    Shell.run(
        "for i in $(seq 50); do"
            + " find /sys/fs/cgroup -depth -type d -name \"$1-*\" -exec rmdir {} + 2>/dev/null;"
            + " [ -n \"$(find /sys/fs/cgroup -type d -name \"$1-*\")\" ] || exit 0; sleep 0.2; done",
        idsBegin());
  }
}
