package dev.carafe.runtime.container;

import dev.carafe.CheckpointRequest;
import dev.carafe.ContainerRequest;
import dev.carafe.InvalidConfigException;
import dev.carafe.RestoreRequest;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Front;
import dev.carafe.linux.Local;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.cgroup.Cgroups;
import dev.carafe.runtime.checkpoint.Dump;
import dev.carafe.runtime.checkpoint.Restoration;
import dev.carafe.runtime.hook.HookRunner;
import dev.carafe.runtime.launch.Caller;
import dev.carafe.runtime.launch.Explain;
import dev.carafe.runtime.launch.FrontCaller;
import dev.carafe.runtime.launch.Gate;
import dev.carafe.runtime.launch.JoinRequest;
import dev.carafe.runtime.launch.JvmCaller;
import dev.carafe.runtime.launch.LaunchOptions;
import dev.carafe.runtime.launch.LaunchRequest;
import dev.carafe.runtime.launch.Launched;
import dev.carafe.runtime.launch.Launcher;
import dev.carafe.runtime.sandbox.Membership;
import dev.carafe.runtime.sandbox.SandboxPlace;
import dev.carafe.runtime.sandbox.SharedVolumes;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.Linux;
import dev.carafe.spec.OciState;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The platform of Linux itself: namespaces, cgroups, capabilities. */
final class NativePlatform implements Platform {
  private final Supplier<Caller> callers;

  private NativePlatform(Supplier<Caller> callers) {
    this.callers = callers;
  }

  /** Returns the platform for this JVM, whose children the first processes are. */
  static NativePlatform ofThisJvm() {
    return new NativePlatform(JvmCaller::new);
  }

  /** Returns the platform for a command, whose front is the first processes' parent. */
  static NativePlatform of(Front front) {
    return new NativePlatform(() -> new FrontCaller(front));
  }

  @Override
  public void check(Spec spec, LaunchOptions options) {
    Launcher.check(spec, options);
    // Those of who joins a sandbox do not count, and may be half filled in.
    if (!(Membership.of(spec.annotations()) instanceof Membership.Joining)) {
      SharedVolumes.check(spec.annotations());
    }
  }

  @Override
  public Cgroup plan(ContainerRequest request, Spec spec, Consumer<String> warnings) {
    try {
      Optional<String> path = spec.linux().flatMap(Linux::cgroupsPath);
      String id = request.id().value();
      Cgroups.Options options = new Cgroups.Options(request.rootless(), warnings);
      Cgroup cgroup =
          request.systemdCgroup()
              ? Cgroups.detect()
                  .planSystemd(path, id, spec.annotations(), this::runtimeDirectory, options)
              : Cgroups.detect().plan(path, id, options);
      Optional<String> missing = cgroup.unsupported(spec.resources());
      if (missing.isPresent()) {
        throw new InvalidConfigException("cannot apply linux.resources: " + missing.get());
      }
      return cgroup;
    } catch (CgroupException e) {
      throw new InvalidConfigException(e.getMessage() + "", e);
    }
  }

  @Override
  public void prepare(Cgroup cgroup, Spec spec) {
    Executor host = Local.get();
    cgroup.create(host);
    cgroup.apply(host, spec.resources());
    cgroup.giveToOwner(host, spec);
  }

  /** Returns what making and starting a container would do, without doing it. */
  Explain explain(ContainerRequest request, Bundle bundle, Consumer<String> warnings) {
    LaunchOptions options = Creation.options(request);
    check(bundle.spec(), options);
    Cgroup cgroup = plan(request, bundle.spec(), warnings);
    if (SharedVolumes.areIn(bundle.spec().annotations())) {
      warnings.accept(
          "mounts of volumes that a pod shares are shown as the configuration has them");
    }
    try (Caller caller = callers.get()) {
      return Explain.launch(
          caller,
          request.id().value(),
          bundle.spec(),
          directory -> Creation.planned(request, bundle.spec(), directory),
          bundle.path(),
          cgroup,
          options);
    }
  }

  /** The kernel is what the containers of a sandbox share: it needs no process. */
  @Override
  public void openSandbox(SandboxPlace sandbox, Consumer<ProcessIdentity> processKnown) {}

  @Override
  public Spec admit(SandboxPlace sandbox, String id, Spec spec) {
    return SharedVolumes.share(sandbox, spec);
  }

  @Override
  public void closeSandbox(String directory) {
    SharedVolumes.remove(directory);
  }

  @Override
  public Launched launch(LaunchRequest request, Consumer<ProcessIdentity> initKnown) {
    try (Caller caller = callers.get()) {
      return new Launcher(caller).launch(request, initKnown);
    }
  }

  @Override
  public void start(Fd directory) {
    Launcher.start(directory);
  }

  @Override
  public Launched join(JoinRequest request, Gate gate) {
    try (Caller caller = callers.get()) {
      return new Launcher(caller).join(request, gate);
    }
  }

  @Override
  public void checkpoint(Dump.Target target, CheckpointRequest request, Consumer<String> warnings) {
    try (Caller caller = callers.get()) {
      new Dump(caller, target, request, warnings).run();
    }
  }

  @Override
  public Launched restore(
      LaunchRequest launch,
      RestoreRequest request,
      Consumer<ProcessIdentity> initKnown,
      Consumer<String> warnings) {
    try (Caller caller = callers.get()) {
      return new Restoration(caller, launch, request, warnings).run(initKnown);
    }
  }

  @Override
  public boolean awaitsStart(Fd directory) {
    return Launcher.listens(directory);
  }

  @Override
  public Cgroup cgroup(Map<String, String> saved) {
    return Cgroups.load(saved, this::runtimeDirectory, ignored -> {});
  }

  @Override
  public Runnable update(
      Map<String, String> saved, Resources given, Resources before, Consumer<String> warnings) {
    return Cgroups.load(saved, this::runtimeDirectory, warnings).update(Local.get(), given, before);
  }

  /** The environment of the command line's JVM is not the caller's. */
  private Optional<String> runtimeDirectory() {
    try (Caller caller = callers.get()) {
      return caller.world().variable("XDG_RUNTIME_DIR");
    }
  }

  @Override
  public void runHook(HookKind kind, Hook hook, OciState state) {
    try (Caller caller = callers.get()) {
      new HookRunner(caller.hookAgent(), caller.host())
          .run(kind, List.of(hook), state, caller.world().environment(), state.bundle());
    }
  }
}
