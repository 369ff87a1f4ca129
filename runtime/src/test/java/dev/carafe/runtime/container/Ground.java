package dev.carafe.runtime.container;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.carafe.ContainerId;
import dev.carafe.ContainerRequest;
import dev.carafe.StreamMode;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.Steps;
import dev.carafe.runtime.state.Stores;
import dev.carafe.spec.DefaultSpec;
import dev.carafe.spec.Hook;
import dev.carafe.spec.Hooks;
import dev.carafe.spec.Process;
import dev.carafe.spec.Root;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** A directory for a test's containers: {@code root}, {@code marks}, {@code bundle}. */
final class Ground implements AutoCloseable {
  final Path path;
  final Path root;
  final Path marks;
  final Path bundle;

  Ground() throws IOException {
    this(Files.createTempDirectory("carafe-state-"));
  }

  /** One that is there already, of another process. */
  Ground(Path path) throws IOException {
    this.path = path;
    this.root = path.resolve("root");
    this.marks = path.resolve("marks");
    this.bundle = path.resolve("bundle");
    Path ignored = Files.createDirectories(bundle.resolve("rootfs"));
  }

  Containers containers() {
    return containers(StateStore.at(root.toString()), new TestPlatform(marks, Steps.NONE));
  }

  Containers containers(StateStore store, TestPlatform platform) {
    return new Containers(store, platform);
  }

  Containers stepping(Steps steps) {
    return new Containers(
        Stores.stepping(root.toString(), steps, StateStore.LOCK_MILLIS),
        new TestPlatform(marks, steps));
  }

  /** The same root on the platform of Linux itself. */
  Containers onLinux(StateStore store) {
    return new Containers(store, NativePlatform.ofThisJvm());
  }

  /** Puts a static busybox into the bundle. */
  void addBusybox() throws IOException {
    Path bin = bundle.resolve("rootfs/bin");
    for (String each : List.of("bin", "dev", "proc", "sys")) {
      Path ignored = Files.createDirectories(bundle.resolve("rootfs").resolve(each));
    }
    Path ignored = Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
  }

  /** A container on the platform of Linux itself, with the default configuration. */
  ContainerRequest linuxRequest(String id) {
    Spec base = DefaultSpec.create(false);
    Process process =
        base.process().orElseThrow().toBuilder()
            .terminal(false)
            .args(List.of("/bin/busybox", "sleep", "1000"))
            .build();
    String cgroup = "/" + path.getFileName() + "/" + id;
    Spec spec =
        base.toBuilder()
            .process(process)
            .linux(base.linux().orElseThrow().toBuilder().cgroupsPath(cgroup).build())
            .build();
    return ContainerRequest.builder(id(id), bundle).spec(spec).streams(StreamMode.NONE).build();
  }

  /** Makes a bundle for {@link #linuxRequest}'s configuration; returns its directory. */
  Path bundle(String id) throws IOException {
    Path directory = path.resolve("bundle-" + id);
    Path config = directory.resolve("config.json");
    if (!Files.exists(config)) {
      Spec spec = linuxRequest(id).spec().orElseThrow();
      Root root = new Root(bundle.resolve("rootfs").toString(), true);
      Path ignored = Files.createDirectories(directory);
      ignored = Files.write(config, SpecWriter.write(spec.toBuilder().root(root).build()));
    }
    return directory;
  }

  /** Returns the processes in the cgroups of an id, whichever platform made them. */
  List<Integer> inCgroups(String id) {
    List<Integer> found = new ArrayList<>();
    for (Path each : cgroupDirectories()) {
      for (int pid : new TestCgroup(each.resolve(id)).processes()) {
        if (!found.contains(pid)) {
          found.add(pid);
        }
      }
    }
    return found;
  }

  /** Returns where the cgroups of this ground are, in every hierarchy. */
  List<Path> cgroupDirectories() {
    List<Path> all = new ArrayList<>();
    for (Path each : TestCgroup.roots()) {
      all.add(each.resolve(path.getFileName()));
    }
    return all;
  }

  static ContainerId id(String id) {
    return ContainerId.of(id);
  }

  ContainerRequest request(String id) {
    return request(id, "/bin/sleep", "1000");
  }

  ContainerRequest request(String id, String... args) {
    return builder(id, args).build();
  }

  ContainerRequest.Builder builder(String id, String... args) {
    return ContainerRequest.builder(id(id), bundle)
        .spec(spec(Hooks.NONE, args))
        .streams(StreamMode.NONE);
  }

  static Spec spec(Hooks hooks, String... args) {
    return Spec.builder("1.3.0")
        .process(Process.builder(List.of(args), "/").build())
        .root(new Root("rootfs", true))
        .hooks(hooks)
        .build();
  }

  static Hook hook(String path) {
    return new Hook(path, List.of(), List.of(), OptionalInt.empty());
  }

  /** Returns the live processes that are containers of this id, by their working directory. */
  List<Integer> live(String id) {
    List<Integer> found = new ArrayList<>();
    String mark = marks.resolve(id).toString();
    String[] names = Path.of("/proc").toFile().list();
    for (String name : names == null ? new String[0] : names) {
      if (Character.isDigit(name.charAt(0)) && mark.equals(workingDirectory(name))) {
        found.add(Integer.valueOf(name));
      }
    }
    return found;
  }

  private static String workingDirectory(String pid) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", pid, "cwd")).toString();
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  /** Returns the command lines of processes that were told of this ground. */
  List<String> processes() {
    List<String> found = new ArrayList<>();
    String[] names = Path.of("/proc").toFile().list();
    for (String name : names == null ? new String[0] : names) {
      String line = commandLine(name);
      if (line.contains(path.toString())) {
        found.add(name + " " + line);
      }
    }
    return found;
  }

  private static String commandLine(String pid) {
    try {
      return Files.readString(Path.of("/proc", pid, "cmdline"), ISO_8859_1).replace('\0', ' ');
    } catch (IOException e) {
      return ""; // no process, or one that has ended
    }
  }

  /** Returns what is left in the root, and of cgroups; empty if nothing is. */
  List<String> remains() throws IOException {
    List<String> left = new ArrayList<>();
    if (Files.isDirectory(root)) {
      try (Stream<Path> all = Files.walk(root)) {
        all.filter(each -> !isExpected(each)).forEach(each -> left.add(each.toString()));
      }
    }
    for (Path top : cgroupDirectories()) {
      if (Files.isDirectory(top)) {
        try (Stream<Path> all = Files.list(top)) {
          all.filter(Files::isDirectory).forEach(each -> left.add(each.toString()));
        }
      }
    }
    return left;
  }

  private boolean isExpected(Path each) {
    return each.equals(root)
        || each.equals(root.resolve("containers"))
        || each.equals(root.resolve("aside"));
  }

  Path cgroups() {
    return TestCgroup.root().resolve(path.getFileName().toString());
  }

  @Override
  public void close() throws IOException {
    for (Path top : cgroupDirectories()) {
      removeCgroups(top);
    }
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> all = Files.walk(path)) {
      all.sorted(Comparator.reverseOrder())
          .forEach(each -> {
            try {
              Files.delete(each);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  private static void removeCgroups(Path top) throws IOException {
    if (!Files.isDirectory(top)) {
      return;
    }
    List<Path> made;
    try (Stream<Path> all = Files.walk(top)) {
      made = all.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : made) {
      TestCgroup cgroup = new TestCgroup(each);
      cgroup.killAll();
      cgroup.remove();
    }
  }
}
