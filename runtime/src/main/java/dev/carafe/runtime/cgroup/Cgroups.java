package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Mode;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.linux.UserNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The control groups of this machine: where a container's will be, or was made. */
public final class Cgroups {
  private final Layout layout;

  Cgroups(Layout layout) {
    this.layout = layout;
  }

  /** What is mounted, as it was found at the first use. */
  private static final class Found {
    static final Cgroups HERE = new Cgroups(Layout.read());
  }

  /**
   * How a container's cgroup is made.
   *
   * @param rootless whether hierarchies that this user may not write are passed over, when no path
   *     was asked for.
   * @param warnings takes what the user should know, one sentence each.
   */
  public record Options(boolean rootless, Consumer<String> warnings) {}

  /** Looks at this machine's hierarchies; only once in a process. */
  public static Cgroups detect() {
    return Found.HERE;
  }

  /**
   * Says where a container's cgroup will be; makes nothing. {@code ..} leads nowhere out of a
   * hierarchy.
   *
   * @param cgroupsPath as {@code linux.cgroupsPath}: absolute is below the mount point of a
   *     hierarchy, relative is below this process's own cgroup; on a machine with version 2 only,
   *     beside it, since a cgroup with processes cannot pass controllers on
   * @param id the container's id, the path if there is none
   * @throws CgroupException if this process is in the cgroup, or it cannot be one
   */
  public Cgroup plan(Optional<String> cgroupsPath, String id, Options options) {
    boolean asked = cgroupsPath.isPresent() && !cgroupsPath.get().isEmpty();
    String inner = asked ? cgroupsPath.get() : "/" + id;
    boolean absolute = asked && inner.startsWith("/");
    List<Place> places = new ArrayList<>();
    for (Hierarchy each : layout.hierarchies()) {
      String base = absolute ? "/" : layout.unified() ? Paths.parent(each.own()) : each.own();
      String path = Paths.join(each.mountPoint(), Paths.clean(base + Paths.clean(inner)));
      String own = Paths.join(each.mountPoint(), each.own());
      if (Paths.within(own, path)) {
        throw new CgroupException(
            "cannot put container \""
                + id
                + "\" into cgroup "
                + path
                + ": carafe itself runs in it; give linux.cgroupsPath a cgroup of its own");
      }
      Optional<Stat> there = CgroupFiles.stat(path);
      if (there.isPresent() && !there.get().is(Mode.DIRECTORY)) {
        throw new CgroupException(
            "cannot make cgroup " + path + ": that is the name of a file of the cgroup above");
      }
      places.add(
          new Place(
              each.version(), each.controllers(), each.mountPoint(), path, there.isPresent()));
    }
    boolean lenient = options.rootless() && !asked;
    return new FileCgroup(
        layout.unified(), places, lenient, noDevices(options), options.warnings());
  }

  private static boolean noDevices(Options options) {
    return options.rootless() && (Sys.geteuid() != 0 || !UserNamespace.isInitial());
  }

  /**
   * Says where a container's cgroup will be that systemd makes, which must answer; makes nothing.
   * Who is rootless has the user's systemd make it, that is in {@code XDG_RUNTIME_DIR}.
   *
   * @param cgroupsPath as {@code linux.cgroupsPath}: {@code slice:prefix:name}
   * @param id the container's id, the name if there is none
   * @param annotations the container's, of which some are properties of the unit
   * @param runtimeDirectory returns the caller's {@code $XDG_RUNTIME_DIR}
   * @throws CgroupException if systemd cannot be asked, or the path or an annotation is wrong
   */
  public Cgroup planSystemd(
      Optional<String> cgroupsPath,
      String id,
      Map<String, String> annotations,
      Supplier<Optional<String>> runtimeDirectory,
      Options options) {
    boolean user = options.rootless();
    if (user && !layout.unified()) {
      throw new CgroupException(
          "cannot let the user's systemd make the cgroup: that takes cgroup v2 alone; leave out"
              + " --systemd-cgroup");
    }
    UnitName name = UnitName.of(cgroupsPath.orElse(""), id, user);
    SystemdCgroup.Manager manager = new SystemdCgroup.Manager(user, runtimeDirectory);
    String below = manager.controlGroup() + name.path();
    List<Place> places = new ArrayList<>();
    for (Hierarchy each : layout.hierarchies()) {
      String path = Paths.join(each.mountPoint(), below);
      places.add(new Place(each.version(), each.controllers(), each.mountPoint(), path, false));
    }
    FileCgroup files =
        new FileCgroup(layout.unified(), places, user, noDevices(options), options.warnings());
    return new SystemdCgroup(manager, name, id, annotations, files, options.warnings());
  }

  /** Returns the cgroup that {@link Cgroup#saved} described, if no user's systemd made it. */
  public static Cgroup load(Map<String, String> saved) {
    return load(saved, Optional::empty, ignored -> {});
  }

  /**
   * Returns the cgroup that {@link Cgroup#saved} described; looks at nothing.
   *
   * @param runtimeDirectory returns the caller's {@code $XDG_RUNTIME_DIR}
   */
  public static Cgroup load(
      Map<String, String> saved,
      Supplier<Optional<String>> runtimeDirectory,
      Consumer<String> warnings) {
    FileCgroup files = FileCgroup.load(saved, warnings);
    String unit = saved.get(SystemdCgroup.SAVED);
    return unit == null ? files : SystemdCgroup.load(unit, files, runtimeDirectory, warnings);
  }
}
