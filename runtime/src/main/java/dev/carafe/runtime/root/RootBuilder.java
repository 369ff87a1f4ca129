package dev.carafe.runtime.root;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Batch.Skip;
import dev.carafe.linux.Batch.When;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Mount;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.MountOptions.Spread;
import dev.carafe.spec.Linux;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Propagation;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Builds a container's root file system, in the mount namespace of its init agent. The order is
 * {@link #prepare}, {@link #mounts}, {@link #pivot}, {@link #close}.
 *
 * <p>The root file system is hostile, the spec is trusted. A path of the root is resolved in the
 * root by the kernel ({@code openat2} with {@code RESOLVE_IN_ROOT}), and what is found is used by
 * its descriptor only. All mounts are made in the agent's namespace: when it ends, so do they.
 */
public final class RootBuilder implements AutoCloseable {
  private static final int PATHS_IN_ONE_BATCH = 40;

  private final Spec spec;
  private final Linux linux;
  private final String bundle;
  private final RootOptions options;
  private final Consumer<String> warnings;
  private final Sources sources;
  private final String rootPath;
  private Optional<MountPlan> plan = Optional.empty();
  private Optional<Fd> rootFd = Optional.empty();
  private Optional<Ref> root = Optional.empty();

  /**
   * Makes one.
   *
   * @param spec what to build
   * @param bundle the bundle's directory, absolute
   * @param host opens what the host gives: sources of mounts, devices
   * @param options what the spec does not say
   * @param warnings takes what the user should know, one sentence each
   */
  public RootBuilder(
      Spec spec, String bundle, Executor host, RootOptions options, Consumer<String> warnings) {
    this.spec = spec;
    this.linux = spec.linux().orElseGet(() -> Linux.builder().build());
    this.bundle = bundle;
    this.options = options;
    this.warnings = warnings;
    this.sources = new Sources(host, new Spread(isPrivate() ? Mount.PRIVATE : Mount.SLAVE, true));
    this.rootPath = rootPath();
  }

  private Propagation propagation() {
    return linux.rootfsPropagation().orElse(Propagation.RSLAVE);
  }

  /** Whether mounts of the host neither send nor receive events; else they receive, as in runc. */
  private boolean isPrivate() {
    return switch (propagation()) {
      case PRIVATE, RPRIVATE, UNBINDABLE, RUNBINDABLE -> true;
      case SHARED, RSHARED, SLAVE, RSLAVE -> false;
    };
  }

  private String rootPath() {
    String path = spec.root().isPresent() ? spec.root().get().path() : "";
    return path.startsWith("/") ? path : bundle + "/" + path;
  }

  /**
   * Checks all of the spec's mounts and devices and opens the root file system, on the host; before
   * there is an init agent. Nothing is changed.
   *
   * @throws InvalidConfigException if the spec asks for what cannot be
   */
  public void prepare() {
    if (linux.namespace(NamespaceType.MOUNT).isEmpty()) {
      throw new InvalidConfigException(
          "linux.namespaces: a container needs a mount namespace, or its mounts would be the host's");
    }
    if (options.noPivot() && isPrivate()) {
      throw new InvalidConfigException(
          "linux.rootfsPropagation: " + propagation().word() + " is not safe without pivot_root");
    }
    if (options.hostOverlayRoot() && linux.namespace(NamespaceType.USER).isPresent()) {
      // The kernel lets a user namespace see no file system that the host's mounts cover.
      throw new InvalidConfigException(
          "linux.namespaces: the host's root cannot be had in a user namespace");
    }
    plan = Optional.of(MountPlan.of(spec, bundle, options, warnings));
    if (!options.hostOverlayRoot()) {
      if (spec.root().isEmpty() || spec.root().get().path().isEmpty()) {
        throw new InvalidConfigException("root.path: the root file system is not named");
      }
      rootFd = sources.openRoot(rootPath);
    }
  }

  /** Says where the user namespaces of idmapped mounts come from; before {@link #mounts}. */
  public void idmapBy(IdmapNamespaces namespaces) {
    sources.idmapBy(namespaces);
  }

  /**
   * Makes the mount tree: root, mounts, devices; in batches of its own. Before: the agent is in all
   * its namespaces, is user 0 of its user namespace and in its cgroup. After, until {@link #pivot},
   * the agent still sees the host's root, and the container's is mounted on its own path.
   */
  public void mounts(Executor init) {
    MountPlan planned = plan.orElseThrow(() -> new IllegalStateException("prepare() comes first"));
    List<Step> steps = new ArrayList<>();
    Calls calls = new Calls(init.batch());
    // Nothing that is mounted from here on may reach the host.
    calls.spreadAll("separate the mounts from the host's", Mount.SLAVE);
    TreeBuilder.Start start = this::attach;
    if (options.hostOverlayRoot()) {
      Ref overlay = HostOverlay.mount(init, calls);
      calls = new Calls(init.batch());
      start = (c, passed) -> attachOverlay(c, overlay);
      for (String mountPoint : HostMounts.read()) {
        steps.add(MountPlan.hostFileSystem(mountPoint));
      }
    }
    steps.addAll(planned.steps());
    if (planned.ownDev()) {
      steps.add(planned.devLinks(sources.exists("/proc/kcore")));
    }
    TreeBuilder builder = new TreeBuilder(init, rootFd, sources, warnings);
    root = Optional.of(builder.run(calls.batch, start, steps));
    close();
  }

  private static Ref attachOverlay(Calls calls, Ref overlay) {
    calls.moveOntoRoot("mount the root file system", overlay);
    return overlay;
  }

  /** Mounts the root on its own path, so that hooks find the container there. */
  private Ref attach(Calls calls, Optional<Ref> passed) {
    String label = "mount the root file system " + rootPath;
    Ref mount = passed.isPresent() ? passed.get() : sources.openRootInside(calls, rootPath);
    Ref place = calls.tryOpen(label, Arg.CWD, rootPath, Calls.FIND_DIRECTORY, 0);
    // The user of a user namespace may not be able to go there; then anywhere will do.
    Skip found = calls.batch.skip("unless its path cannot be opened", place, When.OK, 0);
    calls.moveOntoRoot(label, mount);
    calls.batch.endSkip(found);
    Skip notFound = calls.batch.skip("if its path can be opened", place, When.FAILED, 0);
    calls.move(label, mount, place);
    calls.close(place);
    calls.batch.endSkip(notFound);
    return mount;
  }

  /**
   * Returns the root of the tree that {@link #mounts} made, open in the agent until {@link #pivot}.
   */
  public Ref root() {
    return root.orElseThrow(() -> new IllegalStateException("mounts() comes first"));
  }

  /**
   * Adds to {@code batch}, of the agent that was given to {@link #mounts}: read-only and masked
   * paths, the change of the root, the end of the host's tree, a read-only root. Very many paths
   * are masked at once. After, the agent's root and working directory are the container's {@code
   * /}. With a terminal {@code /dev/console} is there, an empty file to mount on.
   */
  public void pivot(Executor init, Batch batch) {
    Ref mount = root();
    hidePaths(init, batch, mount);
    Calls calls = new Calls(batch);
    if (options.noPivot()) {
      moveRoot(calls, mount);
    } else {
      pivotRoot(calls, mount);
    }
    spreadRoot(calls, mount);
    if (spec.root().isPresent() && spec.root().get().readonly()) {
      calls.attributes("make the root file system read-only", mount, Attributes.READ_ONLY, false);
    }
    calls.close(mount);
  }

  private void hidePaths(Executor init, Batch batch, Ref mount) {
    for (ContainerPath path : plan.orElseThrow().readOnlyLater()) {
      Calls calls = new Calls(batch);
      String label = "make " + path + " read-only";
      Ref place = calls.open(label, mount, path.relative(), Calls.FIND, Calls.IN_ROOT);
      calls.attributes(label, place, Attributes.READ_ONLY, false);
      calls.close(place);
    }
    List<String> readOnly = linux.readonlyPaths();
    List<String> masked = linux.maskedPaths();
    boolean many = readOnly.size() + masked.size() > PATHS_IN_ONE_BATCH;
    for (int from = 0; from < readOnly.size() + masked.size(); from += PATHS_IN_ONE_BATCH) {
      int to = Math.min(from + PATHS_IN_ONE_BATCH, readOnly.size() + masked.size());
      Batch target = many ? init.batch() : batch;
      hidePaths(
          new Masks(target, mount, plan.orElseThrow().mountLabel()), from, to, readOnly, masked);
      if (many) {
        init.run(target);
        target.recycle();
      }
    }
  }

  private static void hidePaths(
      Masks masks, int from, int to, List<String> readOnly, List<String> masked) {
    int masksFrom = Math.max(from, readOnly.size());
    for (int i = from; i < Math.min(to, readOnly.size()); i++) {
      masks.readOnly(readOnly.get(i));
    }
    if (masksFrom < to) {
      Ref nullDevice = masks.openNull();
      for (int i = masksFrom; i < to; i++) {
        masks.mask(masked.get(i - readOnly.size()), nullDevice);
      }
      masks.close(nullDevice);
    }
  }

  /** Swaps the roots at one place: the old one is then on top of the new, and comes off. */
  private static void pivotRoot(Calls calls, Ref mount) {
    String label = "pivot to the root file system (on an initial ramdisk use --no-pivot)";
    Ref old = calls.open("open the old root", Arg.CWD, "/", Calls.FIND_DIRECTORY, 0);
    calls.batch.call(label, Syscall.FCHDIR, mount);
    calls.batch.call(label, Syscall.PIVOT_ROOT, calls.string("."), calls.string("."));
    calls.batch.call("go to the old root", Syscall.FCHDIR, old);
    calls.batch.call(
        "detach the old root", Syscall.UMOUNT2, calls.string("."), Arg.of(Mount.UMOUNT_DETACH));
    calls.close(old);
    calls.batch.call("go to /", Syscall.CHDIR, calls.string("/"));
  }

  /**
   * Without pivot_root the host's tree stays below. The host's whole procfs and sysfs must not:
   * with one in sight, a container in a user namespace may mount another without its masks.
   */
  private static void moveRoot(Calls calls, Ref mount) {
    String label = "move the root file system to /";
    for (String path : List.of("/proc", "/sys")) {
      Ref gone =
          calls.batch.tryCall(
              "unmount the host's " + path,
              Syscall.UMOUNT2,
              calls.string(path),
              Arg.of(Mount.UMOUNT_DETACH));
      Skip done = calls.batch.skip("unless that failed", gone, When.OK, 0);
      calls.batch.call(
          "cover the host's " + path,
          Syscall.MOUNT,
          calls.string("tmpfs"),
          calls.string(path),
          calls.string("tmpfs"),
          Arg.ZERO,
          Arg.ZERO);
      calls.batch.endSkip(done);
    }
    calls.moveOntoRoot(label, mount);
    calls.batch.call(label, Syscall.FCHDIR, mount);
    calls.batch.call(label, Syscall.CHROOT, calls.string("."));
    calls.batch.call("go to /", Syscall.CHDIR, calls.string("/"));
  }

  /**
   * pivot_root takes no shared root, so it becomes shared only now, in a peer group of its own
   * (config-linux.md, Rootfs Mount Propagation).
   */
  private void spreadRoot(Calls calls, Ref mount) {
    String label = "make the root file system " + propagation().word();
    switch (propagation()) {
      case SHARED, RSHARED -> calls.spread(label, mount, new Spread(Mount.SHARED, false));
      case UNBINDABLE, RUNBINDABLE ->
          calls.spread(label, mount, new Spread(Mount.UNBINDABLE, false));
      case PRIVATE, RPRIVATE, SLAVE, RSLAVE -> {}
    }
  }

  /** Closes what is still open on the host's side. */
  @Override
  public void close() {
    if (rootFd.isPresent()) {
      rootFd.get().close();
      rootFd = Optional.empty();
    }
  }
}
