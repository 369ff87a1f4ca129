package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Sys;
import dev.carafe.spec.DeviceRule;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** A cgroup that is made through the file system, without systemd. */
final class FileCgroup implements Cgroup, Controllers {
  /**
   * In what is saved: the controllers whose cgroup was there before. No controller has the name.
   */
  private static final String KEPT = "kept";

  private final boolean unified;
  private final List<Place> places;
  private final boolean lenient;
  private final boolean devicesAreTheHosts;
  private final Consumer<String> warnings;
  private final List<String> refused = new ArrayList<>();

  /**
   * Makes one.
   *
   * @param lenient whether hierarchies that this user may not write are passed over
   * @param devicesAreTheHosts whether device rules are left out. A user without rights over the
   *     machine may set none, and has no devices but the host's, with the host's permissions.
   */
  FileCgroup(
      boolean unified,
      List<Place> places,
      boolean lenient,
      boolean devicesAreTheHosts,
      Consumer<String> warnings) {
    this.unified = unified;
    this.places = new ArrayList<>(places);
    this.lenient = lenient;
    this.devicesAreTheHosts = devicesAreTheHosts;
    this.warnings = warnings;
  }

  // ---- what is saved

  static FileCgroup load(Map<String, String> saved, Consumer<String> warnings) {
    List<String> kept = Layout.split(saved.getOrDefault(KEPT, "-"), ',');
    List<Place> places = new ArrayList<>();
    List<String> controllers = new ArrayList<>();
    String path = "";
    for (Map.Entry<String, String> each : saved.entrySet()) {
      if (each.getKey().equals(KEPT) || each.getKey().equals(SystemdCgroup.SAVED)) {
        continue;
      }
      // Controllers of one hierarchy follow each other and have the same path.
      if (!each.getValue().equals(path)) {
        addLoaded(places, controllers, path, kept);
        controllers = new ArrayList<>();
        path = each.getValue();
      }
      controllers.add(each.getKey());
    }
    addLoaded(places, controllers, path, kept);
    boolean unified = places.size() == 1 && places.get(0).version() == 2;
    return new FileCgroup(unified, places, true, false, warnings);
  }

  private static void addLoaded(
      List<Place> places, List<String> controllers, String path, List<String> kept) {
    if (!controllers.isEmpty()) {
      String first = controllers.get(0);
      int version = first.isEmpty() ? 2 : 1;
      places.add(new Place(version, controllers, "", path, kept.contains(first)));
    }
  }

  @Override
  public Map<String, String> paths() {
    Map<String, String> paths = new LinkedHashMap<>();
    for (Place place : places) {
      for (String controller : place.controllers()) {
        paths.put(controller, place.path());
      }
    }
    return paths;
  }

  @Override
  public Map<String, String> saved() {
    Map<String, String> saved = paths();
    StringBuilder kept = new StringBuilder();
    boolean any = false;
    for (Place place : places) {
      if (place.kept()) {
        kept.append(any ? "," : "").append(place.controllers().get(0));
        any = true;
      }
    }
    if (any) {
      saved.put(KEPT, kept.toString());
    }
    return saved;
  }

  @Override
  public CgroupMounts mounts() {
    List<CgroupMounts.Hierarchy> shown = new ArrayList<>();
    for (Place place : places) {
      if (unified) {
        shown.add(new CgroupMounts.Hierarchy("", "", List.of(), place.path()));
      } else if (place.version() == 1) {
        String name = Paths.name(place.mountPoint());
        List<String> links = new ArrayList<>();
        for (String controller : place.controllers()) {
          if (place.controllers().size() > 1 && !controller.equals(name)) {
            links.add(controller);
          }
        }
        String options = String.join(",", place.controllers());
        shown.add(new CgroupMounts.Hierarchy(name, options, links, place.path()));
      }
    }
    return new CgroupMounts(unified, shown);
  }

  // ---- limits

  @Override
  public Optional<String> unsupported(Resources resources) {
    try {
      Changes tried = new Changes(_ -> {});
      devices(resources.devices(), false, tried);
      limits(resources, tried);
      return Optional.empty();
    } catch (CgroupException e) {
      return Optional.of(e.reason());
    }
  }

  @Override
  public void apply(Executor host, Resources resources) {
    Changes changes = new Changes(warnings);
    Optional<byte[]> filter = devices(resources.devices(), false, changes);
    limits(resources, changes);
    HostWrites writes = new HostWrites(host);
    changes.addTo(writes);
    if (unified && !devicesAreTheHosts) {
      filter(writes, filter, places.get(0).kept());
    }
    if (!writes.isEmpty()) {
      run(writes);
    }
  }

  /** Sets or takes away the device filter of version 2. */
  private void filter(HostWrites writes, Optional<byte[]> filter, boolean mayHaveOne) {
    String path = places.get(0).path();
    List<Integer> old = mayHaveOne ? DeviceFilter.attached(path) : List.of();
    if (filter.isPresent() || !old.isEmpty()) {
      DeviceFilter.replace(writes, path, filter, old);
    }
  }

  @Override
  public Runnable update(Executor host, Resources given, Resources before) {
    boolean rules = !given.devices().isEmpty();
    Changes changes = new Changes(warnings);
    Optional<byte[]> filter = Optional.empty();
    if (rules) {
      filter = devices(given.devices(), true, changes);
    }
    limits(given, changes);
    Changes old = new Changes(warnings);
    old.addOld(changes);
    try {
      write(host, changes);
      if (rules && unified) {
        // Last, and at once: one program takes the place of the other, or does not.
        replaceFilter(host, filter);
      }
    } catch (KernelException | CgroupException e) {
      setBack(host, old, rules && !unified, before);
      throw e;
    }
    return () -> setBack(host, old, rules, before);
  }

  private static void write(Executor host, Changes changes) {
    if (!changes.all().isEmpty()) {
      HostWrites writes = new HostWrites(host);
      changes.addTo(writes);
      run(writes);
    }
  }

  private void replaceFilter(Executor host, Optional<byte[]> filter) {
    HostWrites writes = new HostWrites(host);
    filter(writes, filter, true);
    if (!writes.isEmpty()) {
      Reply _ = writes.run();
    }
  }

  private void setBack(Executor host, Changes old, boolean rules, Resources before) {
    try {
      write(host, old);
    } catch (KernelException | CgroupException e) {
      // What was refused before may well be now. What counts is what the files say.
      Optional<String> other = old.differing();
      if (other.isPresent()) {
        warnings.accept("cannot set back " + other.get() + ": " + e.getMessage());
      }
    }
    if (rules) {
      try {
        Changes devices = new Changes(warnings);
        Optional<byte[]> filter = devices(before.devices(), true, devices);
        write(host, devices);
        if (unified) {
          replaceFilter(host, filter);
        }
      } catch (KernelException | CgroupException e) {
        warnings.accept("cannot set back the devices: " + e.getMessage());
      }
    }
  }

  private static void run(HostWrites writes) {
    try {
      Reply _ = writes.run();
    } catch (KernelException e) {
      if (e.errno() == Errno.EBUSY && e.operation().endsWith("/memory.limit_in_bytes")) {
        throw belowUsage(e.operation());
      }
      throw e;
    }
  }

  /** The words are runc's. */
  private static CgroupException belowUsage(String operation) {
    String limit = operation.substring("write ".length(), operation.indexOf(" to "));
    String directory = Paths.parent(operation.substring(operation.indexOf('/')));
    return new CgroupException(
        "unable to set memory limit to "
            + limit
            + " (current usage: "
            + CgroupFiles.read(directory + "/memory.usage_in_bytes").orElse("unknown")
            + ", peak usage: "
            + CgroupFiles.read(directory + "/memory.max_usage_in_bytes").orElse("unknown")
            + ")");
  }

  /** Returns the limits as they would be written now. */
  Changes limits(Resources resources) {
    Changes changes = new Changes(_ -> {});
    limits(resources, changes);
    return changes;
  }

  private void limits(Resources resources, Changes changes) {
    (unified ? new LimitsV2(this, changes) : new LimitsV1(this, changes)).add(resources);
  }

  /** Adds the device rules of version 1, or returns the program of version 2. */
  private Optional<byte[]> devices(List<DeviceRule> rules, boolean inUse, Changes changes) {
    DeviceAccess access = DeviceAccess.of(rules);
    if (devicesAreTheHosts) {
      return Optional.empty();
    }
    if (unified) {
      return access.deniesNothing()
          ? Optional.empty()
          : Optional.of(DeviceProgram.assemble(access));
    }
    if (rules.isEmpty() && find("devices").isEmpty()) {
      return Optional.empty();
    }
    String directory = directory("devices", "linux.resources.devices");
    if (inUse) {
      DevicesV1.change(directory, access, changes);
    } else {
      DevicesV1.set(directory, access, changes);
    }
    return Optional.empty();
  }

  // ---- where

  boolean unified() {
    return unified;
  }

  boolean devicesAreTheHosts() {
    return devicesAreTheHosts;
  }

  /** Returns whether it is there, in any hierarchy. */
  boolean isThere() {
    for (Place place : places) {
      if (CgroupFiles.exists(place.path())) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String directory(String controller, String wanted) {
    Optional<Place> place = find(unified ? "" : controller);
    if (place.isEmpty() && refused.contains(unified ? "" : controller)) {
      // The last words are runc's.
      throw new CgroupException(
          wanted
              + ": this user may not make a cgroup with the controller \""
              + controller
              + "\"; have a cgroup delegated (systemd: Delegate=yes), or remove the limit:"
              + " container could not join or create cgroup");
    }
    if (place.isEmpty()) {
      throw new CgroupException(
          wanted + ": this machine has no cgroup controller \"" + controller + "\"");
    }
    if (unified && !controller.equals("cgroup") && !enabled(controller, place.get())) {
      throw new CgroupException(
          wanted
              + ": cgroup "
              + place.get().path()
              + " has no controller \""
              + controller
              + "\"; what it can have is in cgroup.controllers of the cgroups above it");
    }
    return place.get().path();
  }

  private Optional<Place> find(String controller) {
    for (Place place : places) {
      if (place.controllers().contains(controller)) {
        return Optional.of(place);
      }
    }
    return Optional.empty();
  }

  /**
   * Before the cgroup is made, root can have all above it pass on what the topmost one has; for
   * others what the nearest one above has is what it can have.
   */
  private static boolean enabled(String controller, Place place) {
    String at = place.path();
    Optional<String> names = CgroupFiles.read(at + "/cgroup.controllers");
    while (names.isEmpty() && !at.equals("/") && !at.equals(place.mountPoint())) {
      at =
          Sys.geteuid() == 0 && !place.mountPoint().isEmpty()
              ? place.mountPoint()
              : Paths.parent(at);
      names = CgroupFiles.read(at + "/cgroup.controllers");
    }
    return Layout.split(names.orElse(""), ' ').contains(controller);
  }

  // ---- making and joining

  @Override
  public void create(Executor host) {
    List<Place> passedOver = new Creation(host, unified, places).run(lenient);
    places.removeAll(passedOver);
    for (Place place : passedOver) {
      refused.addAll(place.controllers());
    }
    for (Place place : places) {
      if (place.kept()) {
        int count = CgroupTree.processes(place.path()).size();
        if (count > 0) {
          // The words are runc's.
          warnings.accept("container's cgroup is not empty: " + count + " process(es) found");
          break;
        }
      }
    }
    if (frozen()) {
      throw new CgroupException(
          "container's cgroup unexpectedly frozen: thaw "
              + freezer().map(Freezer::path).orElse("")
              + " or a cgroup above it");
    }
  }

  @Override
  public void join(Executor host, int pid) {
    join(host, pid, pid, Map.of());
  }

  @Override
  public void join(Executor host, int pid, int init, Map<String, String> below) {
    new Joiner(unified, places).join(host, pid, init, below);
  }

  @Override
  public void giveToOwner(Executor host, Spec spec) {
    // One that was there before outlives the container, and who keeps it may have other plans with
    // it. It could be given back at the delete, but not after a crash in between.
    if (!unified || places.isEmpty() || places.get(0).kept()) {
      return;
    }
    OptionalLong owner = CgroupOwner.of(spec);
    if (owner.isPresent()) {
      CgroupOwner.give(host, places.get(0).path(), owner.getAsLong());
    }
  }

  @Override
  public Entrance entrance(Executor host) {
    return Entrance.open(host, places);
  }

  // ---- its processes

  private Optional<Freezer> freezer() {
    Optional<Place> place = find("freezer");
    return (place.isPresent() ? place : find("")).map(Freezer::new);
  }

  private Freezer requiredFreezer() {
    Optional<Freezer> freezer = freezer();
    if (freezer.isEmpty()) {
      throw new CgroupException(
          "cannot stop or resume the container: this machine has no cgroup controller"
              + " \"freezer\"");
    }
    return freezer.get();
  }

  @Override
  public boolean frozen() {
    Optional<Freezer> freezer = freezer();
    return freezer.isPresent() && freezer.get().frozen();
  }

  @Override
  public void freeze() {
    requiredFreezer().freeze();
  }

  @Override
  public void thaw() {
    requiredFreezer().thaw();
  }

  @Override
  public List<Integer> processes() {
    Optional<Place> place = main();
    return place.isEmpty() ? List.of() : CgroupTree.processes(place.get().path());
  }

  /** The hierarchy that is asked for processes: where they can be stopped, if there is one. */
  private Optional<Place> main() {
    Optional<Place> freezer = find("freezer");
    if (freezer.isPresent()) {
      return freezer;
    }
    return places.isEmpty() ? Optional.empty() : Optional.of(find("").orElse(places.get(0)));
  }

  @Override
  public void killAll() {
    Optional<Place> main = main();
    if (main.isPresent()) {
      new Killer(main.get().path(), freezer(), find("").map(Place::path)).run();
    }
  }

  @Override
  public void remove() {
    new Removal(places).run();
  }
}
