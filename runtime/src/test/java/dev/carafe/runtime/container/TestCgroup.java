package dev.carafe.runtime.container;

import dev.carafe.linux.Executor;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupMounts;
import dev.carafe.runtime.cgroup.Entrance;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A cgroup of version 2 without controllers, made below the machine's root one. */
final class TestCgroup implements Cgroup {
  private final Path path;

  TestCgroup(Path path) {
    this.path = path;
  }

  /** Finds where the machine has cgroups of version 2. */
  static Path root() {
    List<Path> found = mounts(" - cgroup2 ");
    if (found.isEmpty()) {
      throw new IllegalStateException("this machine has no cgroup of version 2");
    }
    return found.get(0);
  }

  /** Finds all hierarchies of the machine. */
  static List<Path> roots() {
    return mounts(" - cgroup");
  }

  private static List<Path> mounts(String type) {
    List<Path> found = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
        if (line.contains(type)) {
          found.add(Path.of(line.split(" ", -1)[4]));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  @Override
  public Map<String, String> paths() {
    return Map.of("", path.toString());
  }

  @Override
  public Map<String, String> saved() {
    return paths();
  }

  @Override
  public CgroupMounts mounts() {
    return new CgroupMounts(true, List.of());
  }

  @Override
  public Optional<String> unsupported(Resources resources) {
    return Optional.empty();
  }

  @Override
  public void create(Executor host) {
    create();
  }

  void create() {
    try {
      Path ignored = Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void apply(Executor host, Resources resources) {}

  @Override
  public Runnable update(Executor host, Resources given, Resources before) {
    return () -> {};
  }

  @Override
  public void join(Executor host, int pid, int init, Map<String, String> below) {
    join(host, pid);
  }

  @Override
  public void giveToOwner(Executor host, Spec spec) {}

  @Override
  public void join(Executor host, int pid) {
    write("cgroup.procs", Integer.toString(pid));
  }

  @Override
  public Entrance entrance(Executor host) {
    return Entrance.none();
  }

  @Override
  public boolean frozen() {
    try {
      return Files.readString(path.resolve("cgroup.freeze")).strip().equals("1");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void freeze() {
    write("cgroup.freeze", "1");
    while (!read("cgroup.events").contains("frozen 1")) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void thaw() {
    write("cgroup.freeze", "0");
  }

  @Override
  public void killAll() {
    // Version 1 has no such file.
    boolean atOnce = Files.exists(path.resolve("cgroup.kill"));
    if (atOnce) {
      try {
        write("cgroup.kill", "1");
      } catch (UncheckedIOException e) {
        if (Files.exists(path)) {
          throw e;
        }
        // A delete has removed it since: all in it are gone.
        return;
      }
    }
    while (!processes().isEmpty()) {
      for (int pid : atOnce ? List.<Integer>of() : processes()) {
        boolean ignored = PidFd.open(pid).map(each -> killed(each)).orElse(false);
      }
      Thread.onSpinWait();
    }
  }

  private static boolean killed(PidFd process) {
    try (process) {
      return process.signal(9);
    }
  }

  @Override
  public List<Integer> processes() {
    List<Integer> all = new ArrayList<>();
    for (String line : read("cgroup.procs").split("\n", -1)) {
      if (!line.isBlank()) {
        all.add(Integer.valueOf(line.strip()));
      }
    }
    return all;
  }

  @Override
  public void remove() {
    long end = System.nanoTime() + 2_000_000_000L;
    while (true) {
      try {
        boolean ignored = Files.deleteIfExists(path);
        return;
      } catch (IOException e) {
        if (System.nanoTime() > end) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private String read(String file) {
    try {
      return Files.readString(path.resolve(file));
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      // ENODEV: the cgroup was removed since it was opened.
      return "";
    }
  }

  private void write(String file, String text) {
    try {
      Path ignored = Files.writeString(path.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
