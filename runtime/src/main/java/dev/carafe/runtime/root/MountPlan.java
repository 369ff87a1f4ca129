package dev.carafe.runtime.root;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Mount;
import dev.carafe.runtime.cgroup.CgroupMounts;
import dev.carafe.runtime.root.LinkStep.Link;
import dev.carafe.runtime.root.MountOptions.Idmap;
import dev.carafe.runtime.root.MountOptions.Spread;
import dev.carafe.spec.Device;
import dev.carafe.spec.DeviceType;
import dev.carafe.spec.Linux;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Turns what a spec asks for into steps. Looks at nothing but the spec: all errors are its. */
final class MountPlan {
  /** Where version 2 is mounted on a machine that has no other. */
  private static final String HOST_CGROUPS = "/sys/fs/cgroup";

  private static final MountOptions HOST_READ_ONLY =
      MountOptions.BIND
          .withOwn(Attributes.READ_ONLY)
          .withSpread(List.of(new Spread(Mount.PRIVATE, false)));
  private static final long CGROUP_ATTRIBUTES =
      Mount.ATTR_NOSUID | Mount.ATTR_NODEV | Mount.ATTR_NOEXEC;

  /** An agent's registers are not many. */
  private static final int MAX_DATA = 500;

  private static final List<String> KERNELS_OWN =
      List.of("proc", "sysfs", "mqueue", "cgroup", "cgroup2");

  private static final int NODES_IN_ONE_STEP = 50;
  private static final long MAX_MAJOR = 0xfff;
  private static final long MAX_MINOR = 0xfffff;

  private final Spec spec;
  private final String bundle;
  private final RootOptions options;
  private final Consumer<String> warnings;
  private final boolean userNamespace;
  private final List<Step> steps = new ArrayList<>();
  private final List<ContainerPath> readOnlyLater = new ArrayList<>();
  private boolean hostDev;

  private MountPlan(Spec spec, String bundle, RootOptions options, Consumer<String> warnings) {
    this.spec = spec;
    this.bundle = bundle;
    this.options = options;
    this.warnings = warnings;
    this.userNamespace = has(NamespaceType.USER);
  }

  /** Makes the plan of a spec; {@code bundle} is what relative sources start from. */
  static MountPlan of(Spec spec, String bundle, RootOptions options, Consumer<String> warnings) {
    MountPlan plan = new MountPlan(spec, bundle, options, warnings);
    for (dev.carafe.spec.Mount mount : spec.mounts()) {
      plan.add(mount);
    }
    plan.addDevices();
    return plan;
  }

  /** Returns the steps, in their order. */
  List<Step> steps() {
    return steps;
  }

  /** Returns what becomes read-only when all is mounted, since it may hold other mounts. */
  List<ContainerPath> readOnlyLater() {
    return readOnlyLater;
  }

  /** Returns whether {@code /dev} is the container's own, and gets the links of one. */
  boolean ownDev() {
    return !hostDev;
  }

  private boolean has(NamespaceType type) {
    return spec.linux().isPresent() && spec.linux().get().namespace(type).isPresent();
  }

  // ---- mounts

  private void add(dev.carafe.spec.Mount mount) {
    ContainerPath path = ContainerPath.of(mount.destination());
    if (path.isRoot()) {
      throw new InvalidConfigException("mount on /: the root itself cannot be mounted over");
    }
    MountOptions parsed = MountOptions.parse(path.toString(), mount.options());
    parsed = withIdmap(path, mount, parsed);
    if (parsed.data().size() > MAX_DATA) {
      throw new InvalidConfigException(
          "mount on " + path + ": it has more than " + MAX_DATA + " options");
    }
    String type = mount.type().orElse("none");
    if (parsed.copyUp() && (parsed.bind() || parsed.remount() || !type.equals("tmpfs"))) {
      throw new InvalidConfigException(
          "mount on " + path + ": the option tmpcopyup is for a new tmpfs only");
    }
    if (parsed.remount()) {
      steps.add(new RemountStep(path, withReadOnlyFlag(parsed)));
    } else if (parsed.bind() || type.equals("bind")) {
      addBind(path, mount, parsed);
    } else if (type.equals("none") || type.isEmpty()) {
      throw new InvalidConfigException(
          "mount on " + path + ": it has neither a type nor the option bind or rbind");
    } else {
      checkProc(path, type);
      if (type.equals("cgroup")) {
        addCgroups(path, parsed);
      } else {
        addFileSystem(path, type, mount.source(), parsed);
      }
    }
  }

  /** A remount that is not of a bind changes the file system's own flag too, as mount(2) does. */
  private static MountOptions withReadOnlyFlag(MountOptions o) {
    boolean says = ((o.own().set() | o.own().clear()) & Mount.ATTR_RDONLY) != 0;
    if (o.bind() || !says) {
      return o;
    }
    List<String> superblock = new ArrayList<>(o.superblock());
    superblock.add(o.readOnly() ? "ro" : "rw");
    return o.withSuperblock(superblock);
  }

  /** config.md, mounts: uidMappings and gidMappings; and the options idmap and ridmap. */
  private MountOptions withIdmap(
      ContainerPath path, dev.carafe.spec.Mount mount, MountOptions parsed) {
    boolean maps = !mount.uidMappings().isEmpty();
    if (maps != !mount.gidMappings().isEmpty()) {
      throw new InvalidConfigException(
          "mount on " + path + ": id-mapped mounts must have both uidMappings and gidMappings set");
    }
    if (!maps && parsed.idmap() == Idmap.NO) {
      return parsed;
    }
    if (parsed.remount() || (!parsed.bind() && !mount.type().orElse("").equals("bind"))) {
      throw new InvalidConfigException(
          "mount on " + path + ": id-mapped mounts are only supported for bind mounts");
    }
    if (!maps && !userNamespace) {
      throw new InvalidConfigException(
          "mount on "
              + path
              + ": an idmap without uidMappings and gidMappings is that of the container's user"
              + " namespace, but it has none");
    }
    return parsed.idmap() == Idmap.NO ? parsed.withIdmap(Idmap.MOUNT) : parsed;
  }

  private void addBind(ContainerPath path, dev.carafe.spec.Mount mount, MountOptions parsed) {
    String source = mount.source().orElse("");
    if (source.isEmpty()) {
      throw new InvalidConfigException("mount on " + path + ": a bind mount needs a source");
    }
    if (!parsed.data().isEmpty()) {
      throw new InvalidConfigException(
          "mount on "
              + path
              + ": bind mounts cannot have any filesystem-specific options applied: "
              + String.join(",", parsed.data()));
    }
    if (!parsed.superblock().isEmpty()) {
      warnings.accept(
          "mount on "
              + path
              + ": a bind mount does not change the file system, these options do nothing: "
              + String.join(",", parsed.superblock()));
    }
    if (!path.is("/proc")) {
      checkProc(path, "bind");
    }
    hostDev |= path.is("/dev");
    String from = source.startsWith("/") ? source : bundle + "/" + source;
    steps.add(
        new BindStep(
                "mount " + from + " on " + path,
                path,
                mayFollowLinks(path),
                from,
                isSysOfUserNamespace(path, parsed)
                    ? parsed.withTree(parsed.tree().with(Mount.ATTR_RDONLY))
                    : parsed,
                Optional.empty(),
                false)
            .maps(mount.uidMappings(), mount.gidMappings()));
  }

  /**
   * A user namespace may have the host's whole {@code /sys} as its own, as {@code runc spec
   * --rootless} writes it; the cgroups below must then not be writable (CVE-2023-25809).
   */
  private boolean isSysOfUserNamespace(ContainerPath path, MountOptions parsed) {
    return userNamespace && path.is("/sys") && parsed.recursive() && parsed.readOnly();
  }

  private void addFileSystem(
      ContainerPath path, String type, Optional<String> source, MountOptions parsed) {
    MountOptions at = parsed;
    // Other mounts may need places in these first, so they become read-only at the end, as in runc.
    if (parsed.readOnly() && (type.equals("tmpfs") || path.is("/dev"))) {
      readOnlyLater.add(path);
      at = parsed.withOwn(parsed.own().silentOn(Mount.ATTR_RDONLY));
    }
    boolean kernels = type.equals("proc") || type.equals("sysfs");
    steps.add(
        new FileSystemStep(
                path,
                mayFollowLinks(path) && !kernels,
                type,
                source,
                labelled(type, at),
                instead(path, type, parsed))
            .withRootLabel(type.equals("mqueue") ? mountLabel() : Optional.empty()));
  }

  /** Returns the label for new file systems; empty if there is none. */
  Optional<String> mountLabel() {
    return spec.linux().flatMap(Linux::mountLabel).filter(label -> !label.isEmpty());
  }

  /**
   * config-linux.md, Mount Label. As with runc it is for new file systems that are the container's
   * own, not for what the kernel shows of itself; mqueue takes it only afterwards.
   */
  private MountOptions labelled(String type, MountOptions options) {
    Optional<String> label = mountLabel();
    if (label.isEmpty() || KERNELS_OWN.contains(type)) {
      return options;
    }
    List<String> data = new ArrayList<>(options.data());
    data.add("context=" + label.get());
    return options.withData(data);
  }

  /**
   * A user namespace that does not own the network namespace may not mount sysfs: it gets the
   * host's, read-only all the way down, so that no cgroup can be written through it
   * (CVE-2023-25809).
   */
  private Optional<Step> instead(ContainerPath path, String type, MountOptions parsed) {
    if (!type.equals("sysfs") || !userNamespace) {
      return Optional.empty();
    }
    return Optional.of(
        bind("/sys", path, parsed.own().with(CGROUP_ATTRIBUTES), Attributes.READ_ONLY, true));
  }

  private static Step bind(
      String source, ContainerPath path, Attributes own, Attributes tree, boolean recursive) {
    MountOptions options = MountOptions.BIND.withOwn(own).withTree(tree);
    return new BindStep(
        "mount " + source + " on " + path,
        path,
        mayFollowLinks(path),
        source,
        recursive ? options.withRecursion() : options,
        Optional.empty(),
        false);
  }

  /** What stands at these places is believed: it must be what it says (CVE-2019-19921). */
  private static boolean mayFollowLinks(ContainerPath path) {
    return !path.is("/proc") && !path.is("/sys") && !path.is("/dev");
  }

  private static void checkProc(ContainerPath path, String type) {
    boolean isProc = path.is("/proc");
    if (isProc && !type.equals("proc")) {
      throw new InvalidConfigException(
          "mount " + type + " on /proc: it cannot be mounted because it is not of type proc");
    }
    if (!isProc && path.parts().get(0).equals("proc") && !Step.mayBeInProc(path)) {
      throw new InvalidConfigException(
          "mount "
              + type
              + " on "
              + path
              + ": \""
              + path
              + "\" cannot be mounted because it is inside /proc");
    }
  }

  // ---- cgroups

  private void addCgroups(ContainerPath path, MountOptions parsed) {
    CgroupMounts cgroups = options.cgroups();
    Attributes own = parsed.own().with(CGROUP_ATTRIBUTES);
    if (cgroups.unified()) {
      addUnified(path, parsed, own);
      return;
    }
    MountOptions tmpfs =
        MountOptions.NONE
            .withOwn(Attributes.NONE.with(CGROUP_ATTRIBUTES))
            .withSpread(parsed.spread())
            .withData(List.of("mode=755"));
    steps.add(
        new FileSystemStep(
            path,
            mayFollowLinks(path),
            "tmpfs",
            Optional.of("tmpfs"),
            labelled("tmpfs", tmpfs),
            Optional.empty()));
    List<Link> links = new ArrayList<>();
    for (CgroupMounts.Hierarchy hierarchy : cgroups.hierarchies()) {
      // The container's own cgroup, and nothing above it. In a cgroup namespace that is its root.
      steps.add(bind(hierarchy.path(), path.child(hierarchy.name()), own, Attributes.NONE, true));
      for (String name : hierarchy.links()) {
        links.add(new Link(name, hierarchy.name(), false));
      }
    }
    if (!links.isEmpty()) {
      steps.add(new LinkStep(path, links));
    }
    if (parsed.readOnly()) {
      readOnlyLater.add(path);
    }
  }

  private void addUnified(ContainerPath path, MountOptions parsed, Attributes own) {
    if (!userNamespace && !has(NamespaceType.CGROUP)) {
      // In the machine's own cgroup namespace a new mount sets the options of the machine's mount.
      steps.add(bind(HOST_CGROUPS, path, own, Attributes.NONE, true));
      return;
    }
    List<CgroupMounts.Hierarchy> all = options.cgroups().hierarchies();
    // Who has no cgroup of its own may look at all, as under runc.
    Step instead =
        all.isEmpty()
            ? bind(HOST_CGROUPS, path, own, Attributes.READ_ONLY, true)
            : bind(all.get(0).path(), path, own, Attributes.NONE, true);
    steps.add(
        new FileSystemStep(
            path,
            mayFollowLinks(path),
            "cgroup2",
            Optional.of("cgroup"),
            parsed.withOwn(own),
            Optional.of(instead)));
  }

  // ---- devices

  /** config-linux.md, Default Devices; and those that the spec names. */
  private void addDevices() {
    List<Device> named = spec.linux().isPresent() ? spec.linux().get().devices() : List.of();
    List<Device> all = new ArrayList<>();
    if (!hostDev) {
      addDefault(all, named, "null", 1, 3);
      addDefault(all, named, "zero", 1, 5);
      addDefault(all, named, "full", 1, 7);
      addDefault(all, named, "random", 1, 8);
      addDefault(all, named, "urandom", 1, 9);
      addDefault(all, named, "tty", 5, 0);
    }
    for (Device device : named) {
      check(device);
      if (!hostDev || !ContainerPath.of(device.path()).isBelow(ContainerPath.of("/dev"))) {
        all.add(device);
      }
    }
    while (!all.isEmpty()) {
      addDevicesLike(all);
    }
  }

  private static void addDefault(
      List<Device> all, List<Device> named, String name, int major, int minor) {
    ContainerPath path = ContainerPath.of("/dev/" + name);
    for (Device device : named) {
      if (ContainerPath.of(device.path()).is(path.toString())) {
        return;
      }
    }
    all.add(
        new Device(
            DeviceType.CHARACTER,
            path.toString(),
            major,
            minor,
            OptionalLong.of(0666),
            OptionalLong.empty(),
            OptionalLong.empty()));
  }

  private static void check(Device device) {
    String words = "make device " + device.path() + ": ";
    if (device.type() == DeviceType.ALL) {
      throw new InvalidConfigException(words + "its type must be c, b, u or p");
    }
    if (!device.path().startsWith("/") || ContainerPath.of(device.path()).isRoot()) {
      throw new InvalidConfigException(words + "its path must be absolute");
    }
    if (device.major() < 0
        || device.major() > MAX_MAJOR
        || device.minor() < 0
        || device.minor() > MAX_MINOR) {
      throw new InvalidConfigException(
          words + "Linux has no device " + device.major() + ":" + device.minor());
    }
  }

  /** Adds, of what is left, the devices in the directory of the first. */
  private void addDevicesLike(List<Device> left) {
    ContainerPath directory = ContainerPath.of(left.get(0).path()).parent();
    List<Device> here = new ArrayList<>();
    List<Device> there = new ArrayList<>();
    for (Device device : left) {
      boolean same = ContainerPath.of(device.path()).parent().is(directory.toString());
      (same ? here : there).add(device);
    }
    left.clear();
    left.addAll(there);
    List<Device> nodes = new ArrayList<>();
    for (Device device : here) {
      // A user namespace may make no devices (mknod(2), EPERM).
      if (userNamespace && device.type() != DeviceType.FIFO) {
        steps.add(hostDevice(device));
      } else {
        nodes.add(device);
      }
    }
    for (int i = 0; i < nodes.size(); i += NODES_IN_ONE_STEP) {
      int end = Math.min(i + NODES_IN_ONE_STEP, nodes.size());
      steps.add(new NodeStep(directory, nodes.subList(i, end)));
    }
  }

  /** Mounts the host's device of the same path, if it is the same device. */
  static Step hostDevice(Device device) {
    ContainerPath path = ContainerPath.of(device.path());
    return new BindStep(
        "mount device " + path,
        path,
        NodeStep.mayFollowLinks(path),
        path.toString(),
        MountOptions.BIND,
        Optional.of(device),
        false);
  }

  /**
   * Returns the links of a {@code /dev} (config-linux.md, Default Devices; runtime-linux.md, Dev
   * symbolic links), and the file that the console is mounted on.
   *
   * @param core whether the host has {@code /proc/kcore}
   */
  Step devLinks(boolean core) {
    List<Link> links = new ArrayList<>();
    links.add(new Link("fd", "/proc/self/fd", false));
    links.add(new Link("stdin", "/proc/self/fd/0", false));
    links.add(new Link("stdout", "/proc/self/fd/1", false));
    links.add(new Link("stderr", "/proc/self/fd/2", false));
    if (core) {
      links.add(new Link("core", "/proc/kcore", false));
    }
    links.add(new Link("ptmx", "pts/ptmx", true));
    if (spec.process().isPresent() && spec.process().get().terminal()) {
      links.add(new Link("console", "", false));
    }
    return new LinkStep(ContainerPath.of("/dev"), links);
  }

  /** Mounts a file system of the host where the host has it, read-only. */
  static Step hostFileSystem(String mountPoint) {
    return new BindStep(
        "mount " + mountPoint + " of the host",
        ContainerPath.of(mountPoint),
        false,
        mountPoint,
        HOST_READ_ONLY,
        Optional.empty(),
        true);
  }

  /** Returns the part of the spec that is Linux's. */
  Optional<Linux> linux() {
    return spec.linux();
  }
}
