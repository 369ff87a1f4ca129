package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Executor;
import dev.carafe.runtime.systemd.Systemd;
import dev.carafe.runtime.systemd.SystemdException;
import dev.carafe.runtime.systemd.Value;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A cgroup that systemd makes: that of a scope, or of a slice. systemd wants a scope's first
 * processes when it makes it, so it is made, and its limits set, when one joins; and what systemd
 * knows nothing of is done through the file system.
 */
final class SystemdCgroup implements Cgroup {
  /** In what is saved: whose unit it is, and its name. No controller has the name. */
  static final String SAVED = "systemd";

  private static final long PATIENCE_MILLIS = 10_000;

  private static final String USER = "user ";
  private static final String MACHINE = "machine ";

  private final Manager manager;
  private final UnitName name;
  private final Map<String, String> annotations;
  private final String description;
  private final FileCgroup files;
  private final Consumer<String> warnings;

  /** What is to be set when it is made; empty in one that was. */
  private Optional<Resources> wanted;

  /** Whose it is to be then. */
  private Optional<Spec> owned = Optional.empty();

  /**
   * Which systemd, and how it is asked.
   *
   * @param user whether the caller's own.
   * @param runtimeDirectory returns the caller's {@code $XDG_RUNTIME_DIR}.
   */
  record Manager(boolean user, Supplier<Optional<String>> runtimeDirectory) {
    /** Returns the cgroup below which its units' are; empty for the root. */
    String controlGroup() {
      try (Systemd systemd = connect()) {
        return systemd.controlGroup();
      } catch (SystemdException e) {
        throw refused(e);
      }
    }

    Systemd connect() {
      try {
        return Systemd.connect(user, user ? runtimeDirectory.get() : Optional.empty());
      } catch (SystemdException e) {
        throw refused(e);
      }
    }
  }

  SystemdCgroup(
      Manager manager,
      UnitName name,
      String id,
      Map<String, String> annotations,
      FileCgroup files,
      Consumer<String> warnings) {
    this(manager, name, "carafe container " + id, annotations, files, warnings, true);
    Optional<String> wrong = UnitProperties.wrongAnnotation(annotations);
    if (wrong.isPresent()) {
      throw new CgroupException(wrong.get());
    }
  }

  private SystemdCgroup(
      Manager manager,
      UnitName name,
      String description,
      Map<String, String> annotations,
      FileCgroup files,
      Consumer<String> warnings,
      boolean planned) {
    this.manager = manager;
    this.name = name;
    this.description = description;
    this.annotations = annotations;
    this.files = files;
    this.warnings = warnings;
    this.wanted = planned ? Optional.of(Resources.builder().build()) : Optional.empty();
  }

  private static CgroupException refused(SystemdException e) {
    return new CgroupException(e.reason());
  }

  // ---- what is saved

  static SystemdCgroup load(
      String saved,
      FileCgroup files,
      Supplier<Optional<String>> runtimeDirectory,
      Consumer<String> warnings) {
    boolean user = saved.startsWith(USER);
    String unit = saved.substring((user ? USER : MACHINE).length());
    return new SystemdCgroup(
        new Manager(user, runtimeDirectory),
        new UnitName("", unit),
        "",
        Map.of(),
        files,
        warnings,
        false);
  }

  @Override
  public Map<String, String> saved() {
    Map<String, String> saved = files.saved();
    saved.put(SAVED, (manager.user() ? USER : MACHINE) + name.unit());
    return saved;
  }

  @Override
  public Map<String, String> paths() {
    return files.paths();
  }

  @Override
  public CgroupMounts mounts() {
    return files.mounts();
  }

  @Override
  public Optional<String> unsupported(Resources resources) {
    return files.unsupported(resources);
  }

  /** systemd takes what the kernel has taken. When it does not, all is as before. */
  @Override
  public Runnable update(Executor host, Resources given, Resources before) {
    Runnable undo = files.update(host, given, before);
    try {
      tell(given);
    } catch (CgroupException e) {
      undo.run();
      throw e;
    }
    return () -> {
      undo.run();
      try {
        tell(before);
      } catch (CgroupException e) {
        warnings.accept("systemd could not be told the limits of before: " + e.reason());
      }
    };
  }

  private void tell(Resources resources) {
    try (Systemd systemd = manager.connect()) {
      UnitProperties to = new UnitProperties(systemd.version());
      to.addLimits(files.limits(resources));
      if (!resources.devices().isEmpty() && !files.devicesAreTheHosts()) {
        addDevices(to, resources);
      }
      if (!to.all().isEmpty()) {
        systemd.set(name.unit(), to.all());
      }
    } catch (SystemdException e) {
      throw refused(e);
    }
  }

  private static void addDevices(UnitProperties to, Resources resources) {
    to.addDevices(
        DeviceAccess.of(resources.devices()), CgroupFiles.read("/proc/devices").orElse(""));
  }

  // ---- making it

  @Override
  public void create(Executor host) {
    // With its first process.
  }

  @Override
  public void apply(Executor host, Resources resources) {
    if (wanted.isPresent()) {
      wanted = Optional.of(resources);
    } else {
      files.apply(host, resources);
    }
  }

  @Override
  public void join(Executor host, int pid) {
    if (wanted.isEmpty()) {
      files.join(host, pid);
      return;
    }
    try (Systemd systemd = manager.connect()) {
      if (!name.isSlice() && !systemd.knowsOurPids()) {
        throw new CgroupException(
            "cannot have systemd make the cgroup: it is in another pid namespace, where the process"
                + " id "
                + pid
                + " is another process's; leave out --systemd-cgroup, or share its pid namespace");
      }
      start(systemd, properties(systemd.version(), wanted.get(), pid).all());
      String place = systemd.controlGroup(name.unit()).orElse("");
      if (!isOurs(place) || !files.isThere()) {
        systemd.stop(name.unit());
        throw new CgroupException(
            "systemd put unit " + name.unit() + " into \"" + place + "\", not " + files.paths());
      }
    } catch (SystemdException e) {
      throw refused(e);
    }
    // What systemd has not made, in hierarchies or with controllers that it leaves alone.
    files.create(host);
    files.join(host, pid);
    files.apply(host, wanted.get());
    wanted = Optional.empty();
    if (owned.isPresent()) {
      files.giveToOwner(host, owned.get());
    }
  }

  @Override
  public void join(Executor host, int pid, int init, Map<String, String> below) {
    files.join(host, pid, init, below);
  }

  @Override
  public void giveToOwner(Executor host, Spec spec) {
    if (wanted.isPresent()) {
      owned = Optional.of(spec);
    } else {
      files.giveToOwner(host, spec);
    }
  }

  private UnitProperties properties(int version, Resources resources, int pid) {
    UnitProperties to = new UnitProperties(version);
    to.add("Description", Value.of(description));
    if (name.isSlice()) {
      to.add("Wants", new Value.Array("s", List.of(Value.of(name.slice()))));
    } else {
      to.add("Slice", Value.of(name.slice()));
      to.add("Delegate", Value.of(true));
      to.add("PIDs", new Value.Array("u", List.of(new Value.Scalar('u', pid))));
    }
    // A scope that has failed, as after a kill for lack of memory, would keep its name taken.
    to.add("CollectMode", Value.of("inactive-or-failed"));
    to.add("MemoryAccounting", Value.of(true));
    to.add("CPUAccounting", Value.of(true));
    to.add(files.unified() ? "IOAccounting" : "BlockIOAccounting", Value.of(true));
    to.add("TasksAccounting", Value.of(true));
    // A container is not to be stopped for a shutdown before what manages it is.
    to.add("DefaultDependencies", Value.of(false));
    to.addAnnotations(annotations);
    if (!files.devicesAreTheHosts()) {
      addDevices(to, resources);
    }
    to.addLimits(files.limits(resources));
    return to;
  }

  /** Whatever has the name already goes, if no process is in it: a crash may have left it. */
  private void start(Systemd systemd, List<Systemd.Property> properties) {
    if (systemd.start(name.unit(), properties)) {
      return;
    }
    String place = systemd.controlGroup(name.unit()).orElse("");
    if (!place.isEmpty() && !isOurs(place)) {
      throw new CgroupException(
          "systemd has a unit "
              + name.unit()
              + " already, in "
              + place
              + "; give linux.cgroupsPath another name");
    }
    List<Integer> inside = files.processes();
    if (!inside.isEmpty()) {
      throw new CgroupException(
          "systemd has a unit "
              + name.unit()
              + " already, with processes "
              + inside
              + "; stop it, or give linux.cgroupsPath another name");
    }
    end(systemd);
    if (!systemd.start(name.unit(), properties)) {
      throw new CgroupException(
          "systemd has a unit "
              + name.unit()
              + " already, and keeps it; give linux.cgroupsPath another name");
    }
  }

  /**
   * Ends the unit, in whose cgroup no process is. Without a cgroup it has failed; with another one
   * it is somebody else's by now, and to stop it would kill what is in it there.
   */
  private void end(Systemd systemd) {
    Optional<String> place = systemd.controlGroup(name.unit());
    if (place.isPresent() && place.get().isEmpty()) {
      systemd.resetFailed(name.unit());
    } else if (place.isPresent() && isOurs(place.get())) {
      systemd.stop(name.unit());
    }
  }

  /** Returns whether a unit's cgroup, as systemd tells it, is this one. */
  private boolean isOurs(String place) {
    Map<String, String> paths = files.paths();
    for (Hierarchy each : Layout.read().hierarchies()) {
      if (paths.containsValue(Paths.join(each.mountPoint(), place))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Entrance entrance(Executor host) {
    return wanted.isPresent() ? Entrance.none() : files.entrance(host);
  }

  // ---- one that was made

  @Override
  public boolean frozen() {
    return files.frozen();
  }

  @Override
  public void freeze() {
    files.freeze();
  }

  @Override
  public void thaw() {
    files.thaw();
  }

  @Override
  public void killAll() {
    files.killAll();
  }

  @Override
  public List<Integer> processes() {
    return files.processes();
  }

  @Override
  public void remove() {
    // To stop a unit is to kill what is in it, and what is there now may be somebody else's.
    Waiting waiting = new Waiting(PATIENCE_MILLIS);
    List<Integer> inside = processes();
    while (!inside.isEmpty()) {
      if (waiting.over()) {
        throw new CgroupException(
            "cannot stop unit " + name.unit() + ": it still holds processes " + inside);
      }
      waiting.step();
      inside = processes();
    }
    try (Systemd systemd = manager.connect()) {
      end(systemd);
    } catch (SystemdException e) {
      throw refused(e);
    }
    files.remove();
  }
}
