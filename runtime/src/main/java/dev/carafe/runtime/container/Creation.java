package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerRequest;
import dev.carafe.InvalidInputException;
import dev.carafe.RestoreRequest;
import dev.carafe.Status;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.launch.LaunchOptions;
import dev.carafe.runtime.launch.LaunchRequest;
import dev.carafe.runtime.launch.Launched;
import dev.carafe.runtime.rdt.RdtGroup;
import dev.carafe.runtime.sandbox.Membership;
import dev.carafe.runtime.sandbox.OomScore;
import dev.carafe.runtime.sandbox.SandboxPlace;
import dev.carafe.runtime.sandbox.SharedVolumes;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.HeldSandbox;
import dev.carafe.runtime.state.Lease;
import dev.carafe.runtime.state.NewContainer;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.StoredState.SandboxProcess;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import dev.carafe.runtime.state.Transition;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Makes a container, anew or from a checkpoint. First comes its state, which says that it is being
 * made, and by whom; then, without the lock, the cgroup and the first process; at the end the lock
 * again, and if the state is still ours it is settled. Whatever fails is undone.
 */
final class Creation {
  private final StateStore store;
  private final Platform platform;
  private final Ending ending;
  private final Consumer<String> warnings;
  private final ContainerRequest request;
  private final Optional<RestoreRequest> checkpoint;
  private final String id;

  private final Bundle bundle;
  private final LaunchOptions options;
  private final Membership membership;
  private final Sandboxes sandboxes;
  private Cgroup cgroup;

  // What was made so far, to be undone.
  private boolean cgroupTouched;
  private Optional<ProcessIdentity> init = Optional.empty();
  private Optional<SandboxRef> ownSandbox = Optional.empty();

  /** Reads and checks what is to be made; nothing is made yet. */
  Creation(
      StateStore store,
      Platform platform,
      Ending ending,
      Consumer<String> warnings,
      ContainerRequest request) {
    this(store, platform, ending, warnings, request, Optional.empty());
  }

  /** The same for one that is made from a checkpoint. */
  static Creation of(
      StateStore store,
      Platform platform,
      Ending ending,
      Consumer<String> warnings,
      RestoreRequest request) {
    return new Creation(
        store, platform, ending, warnings, request.container(), Optional.of(request));
  }

  private Creation(
      StateStore store,
      Platform platform,
      Ending ending,
      Consumer<String> warnings,
      ContainerRequest request,
      Optional<RestoreRequest> checkpoint) {
    this.store = store;
    this.platform = platform;
    this.ending = ending;
    this.warnings = warnings;
    this.request = request;
    this.checkpoint = checkpoint;
    this.id = request.id().value();
    this.options = options(request);
    this.bundle = Bundle.read(request);
    platform.check(bundle.spec(), options);
    if (request.detached() && request.consoleSocket().isEmpty() && hasTerminal(bundle.spec())) {
      // The words are runc's, but for the name.
      throw new InvalidInputException(
          "cannot allocate tty if carafe will detach without setting console socket");
    }
    if (request.consoleSocket().isPresent()
        && (!request.detached() || !hasTerminal(bundle.spec()))) {
      throw new InvalidInputException(
          "cannot use console socket if carafe will not detach or allocate tty");
    }
    this.membership = Membership.of(bundle.spec().annotations());
    this.sandboxes = new Sandboxes(store, platform);
    this.cgroup = platform.plan(request, bundle.spec(), warnings);
  }

  private static boolean hasTerminal(Spec spec) {
    return spec.process().isPresent() && spec.process().get().terminal();
  }

  /**
   * Makes it; returns the part of the state that names it, and the caller's ends of its streams.
   */
  Made run() {
    StoredState alone = first();
    if (membership instanceof Membership.Joining joining) {
      Optional<HeldSandbox> locked = sandboxes.lockToJoin(id, joining);
      if (locked.isPresent()) {
        return runIn(locked.get(), alone);
      }
    }
    boolean shares =
        membership instanceof Membership.First || SharedVolumes.areIn(alone.annotations());
    StoredState first = shares ? in(alone, id, alone.instance()) : alone;
    return run(first, store.create(first));
  }

  private static StoredState in(StoredState state, String sandbox, String instance) {
    return state.toBuilder().sandbox(new SandboxRef(sandbox, instance, Optional.empty())).build();
  }

  private Made runIn(HeldSandbox locked, StoredState alone) {
    StoredState first;
    NewContainer made;
    try (HeldSandbox sandbox = locked) {
      StoredState other = sandbox.first();
      first = in(alone, other.id(), other.instance());
      made = store.create(first);
    }
    return run(first, made);
  }

  private Made run(StoredState first, NewContainer made) {
    Lease lease = made.lease();
    try (lease;
        Pipes pipes = new Pipes()) {
      try {
        return finish(first, launch(made.held(), first, pipes), pipes, lease);
      } catch (RuntimeException | Error e) {
        // Still leased.
        undo(first, e);
        throw e;
      }
    }
  }

  private Launched launch(HeldContainer held, StoredState first, Pipes pipes) {
    try (Fd directory = prepareAndUnlock(held, first)) {
      cgroupTouched = true;
      platform.prepare(cgroup, bundle.spec());
      Spec spec = inSandbox(first, launched(directory));
      LaunchRequest launch =
          new LaunchRequest(
              id,
              spec,
              bundle.path(),
              directory,
              cgroup,
              pipes.stdio(request.stdin(), request.stdout(), request.stderr()),
              options);
      Consumer<ProcessIdentity> known = process -> initKnown(first, process);
      return checkpoint.isEmpty()
          ? platform.launch(launch, known)
          : platform.restore(launch, checkpoint.get(), known, warnings);
    }
  }

  /** Returns the configuration with what the container shares in its sandbox. */
  private Spec inSandbox(StoredState first, Spec spec) {
    if (isJoining(first)) {
      try (HeldSandbox sandbox = sandboxes.lockMaking(first)) {
        StoredState other = sandbox.first();
        return platform.admit(place(other), id, spec);
      }
    }
    platform.openSandbox(place(first), process -> sandboxKnown(first, process));
    StoredState opened =
        ownSandbox.isEmpty() ? first : first.toBuilder().sandbox(ownSandbox.get()).build();
    return platform.admit(place(opened), id, spec);
  }

  private static boolean isJoining(StoredState first) {
    return first.sandbox().isPresent() && !first.isFirstOfSandbox();
  }

  private SandboxPlace place(StoredState first) {
    return SandboxPlace.of(first, store.directory(first.id()));
  }

  /** Returns the configuration with what this launch alone has: an exec has it not. */
  private Spec launched(Fd directory) {
    Spec spec = withListenFds(request, bundle.spec());
    return request.notifySocket() ? NotifySocket.addTo(spec, directory) : spec;
  }

  /** Returns the configuration that a launch would have; nothing is made. */
  static Spec planned(ContainerRequest request, Spec given, Fd directory) {
    Spec spec = withListenFds(request, given);
    return request.notifySocket() ? NotifySocket.shownIn(spec, directory) : spec;
  }

  private static Spec withListenFds(ContainerRequest request, Spec spec) {
    return request.listenFds() == 0
        ? spec
        : NotifySocket.withEnvironment(spec, "LISTEN_FDS=" + request.listenFds(), "LISTEN_PID=1");
  }

  private Fd prepareAndUnlock(HeldContainer held, StoredState first) {
    try (HeldContainer locked = held) {
      if (!cgroup.saved().equals(cgroup.paths())) {
        // Something was there, which is not ours to remove. But if it was that of an earlier
        // container of this id, it has been removed since: now that the id is ours, look again.
        cgroup = platform.plan(request, bundle.spec(), ignored -> {});
        locked.write(first.toBuilder().cgroups(cgroup.saved()).build());
      }
      locked.keepConfig(bundle.json());
      return locked.openDirectory();
    }
  }

  private Made finish(StoredState first, Launched launched, Pipes pipes, Lease lease) {
    boolean done = false;
    try {
      for (int i = 0; i < launched.warnings().size(); i++) {
        warnings.accept(launched.warnings().get(i));
      }
      if (request.pidFile().isPresent()) {
        PidFile.write(request.pidFile().get(), launched.init().pid());
      }
      if (request.pidfdSocket().isPresent() && launched.process().isPresent()) {
        PidfdSocket.send(request.pidfdSocket().get(), PidfdSocket.FIRST, launched.process().get());
      }
      if (checkpoint.isPresent()) {
        runPoststart(begun(first));
      }
      settle(first, lease);
      if (ownSandbox.isPresent()) {
        Children.adopt(ownSandbox.get().process().orElseThrow().identity());
      }
      if (joinsPidNamespace()) {
        // Its first process does not end before all others in it are reaped, asked for or not.
        Children.watch(launched.init(), raw -> Wait.record(store, id, first.instance(), raw));
      } else {
        Children.adopt(launched.init());
      }
      done = true;
      return new Made(first.instance(), pipes.takeOurs().withTerminal(launched.terminal()));
    } finally {
      if (launched.process().isPresent()) {
        // The parent can open it again until it has reaped it; others need no more than the state.
        launched.process().get().close();
      }
      if (!done && launched.terminal().isPresent()) {
        launched.terminal().get().close();
      }
    }
  }

  static LaunchOptions options(ContainerRequest request) {
    return new LaunchOptions(
        request.noPivot(),
        request.noNewKeyring(),
        request.listenFds() + request.preserveFds(),
        request.consoleSocket(),
        request.overHostRoot());
  }

  private StoredState first() {
    Spec spec = bundle.spec();
    Optional<Namespace> pids = pidNamespace();
    return StoredState.creating(id)
        .cgroups(cgroup.saved())
        .rdtGroups(RdtGroup.of(spec, id).map(RdtGroup::own).orElse(List.of()))
        .resources(spec.resources())
        .ownPidNamespace(pids.isPresent() && pids.get().path().isEmpty())
        .uid(Sys.geteuid())
        .ociVersion(spec.ociVersion())
        .bundle(bundle.path())
        .userLog(request.userLog())
        .rootfs(bundle.rootfs())
        .created(Rfc3339.now())
        .annotations(spec.annotations())
        .poststart(spec.hooks().poststart())
        .poststop(spec.hooks().poststop())
        .oomScoreAdj(
            spec.process().isPresent() ? spec.process().get().oomScoreAdj() : OptionalInt.empty())
        .build();
  }

  private boolean joinsPidNamespace() {
    Optional<Namespace> pids = pidNamespace();
    return pids.isPresent() && pids.get().path().isPresent();
  }

  private Optional<Namespace> pidNamespace() {
    Spec spec = bundle.spec();
    return spec.linux().isPresent()
        ? spec.linux().get().namespace(NamespaceType.PID)
        : Optional.empty();
  }

  /** Records the sandbox's own process, before it does anything. */
  private void sandboxKnown(StoredState first, ProcessIdentity process) {
    SandboxRef sandbox =
        new SandboxRef(
            id, first.instance(), Optional.of(new SandboxProcess(process, OomScore.of(process))));
    ownSandbox = Optional.of(sandbox);
    try (HeldContainer held = ours(first)) {
      if (!first.isFirstOfSandbox()) {
        // Now, since a delete on a full disk could not make it.
        held.makeSandboxLock();
      }
      held.write(held.state().toBuilder().sandbox(sandbox).build());
    }
  }

  /** Records the first process, before it does anything. */
  private void initKnown(StoredState first, ProcessIdentity process) {
    init = Optional.of(process);
    if (isJoining(first)) {
      // From here on the end of the sandbox finds it; if that came before, this is the end here.
      HeldSandbox sandbox = sandboxes.lockMaking(first);
      try {
        recordInit(first, process);
      } finally {
        sandbox.close();
      }
    } else {
      recordInit(first, process);
    }
  }

  private void recordInit(StoredState first, ProcessIdentity process) {
    try (HeldContainer held = ours(first)) {
      // What was there before is known only since the cgroup was made.
      held.write(held.state().toBuilder().init(process).cgroups(cgroup.saved()).build());
    }
  }

  /** What was restored runs already; nobody will start it. */
  private void runPoststart(StoredState begun) {
    for (Hook each : begun.poststart()) {
      platform.runHook(HookKind.POSTSTART, each, Observer.report(begun, Status.RUNNING).toOci());
    }
  }

  /** Writes down that it runs, which counts for its sandbox, too: as {@link Start} does. */
  private StoredState begun(StoredState first) {
    return sandboxes.counting(sandboxes.lock(first.sandbox()), warnings, () -> writeBegun(first));
  }

  private StoredState writeBegun(StoredState first) {
    try (HeldContainer held = ours(first)) {
      StoredState begun = held.state().goOn(Transition.STARTING).toBuilder().started(true).build();
      held.write(begun);
      return begun;
    }
  }

  private void settle(StoredState first, Lease lease) {
    try (HeldContainer held = ours(first)) {
      held.write(held.state().settled());
      // Under the lock, so that who gets it next finds the work done and the lease free.
      lease.close();
    }
  }

  /** Locks the container, if it is still the one that is being made here. */
  private HeldContainer ours(StoredState first) {
    Optional<HeldContainer> locked = store.lock(id);
    if (locked.isEmpty()) {
      throw new ContainerNotFoundException(id);
    }
    HeldContainer held = locked.get();
    boolean done = false;
    try {
      StoredState now = held.state();
      if (!now.generation().equals(first.generation())) {
        throw new CarafeException(
            "cannot create container \""
                + id
                + "\": it was deleted meanwhile"
                + (now.transitionOwner().isPresent()
                    ? " by " + now.transitionOwner().get().describe()
                    : ""));
      }
      done = true;
      return held;
    } finally {
      if (!done) {
        held.close();
      }
    }
  }

  /**
   * Undoes what was made. Our lease lasts until the end, so nobody else works on the container, nor
   * on another one of its id; but its state may not be ours to remove.
   */
  private void undo(StoredState first, Throwable why) {
    try {
      ending.killInit(init, cgroup.saved());
      ending.killSandbox(ownSandbox);
      if (!isJoining(first)) {
        platform.closeSandbox(store.directory(id));
      }
      if (cgroupTouched) {
        ending.removeCgroup(cgroup.saved(), init.isPresent());
      }
      RdtGroup.remove(first.rdtGroups());
      if (init.isPresent()) {
        // Hooks of the creation may have run (runtime.md, Lifecycle, step 13).
        ending.runPoststop(first);
      }
      Optional<HeldContainer> locked = store.lock(id);
      if (locked.isPresent()) {
        try (HeldContainer held = locked.get()) {
          if (held.state().generation().equals(first.generation())) {
            held.remove();
          }
        }
      }
    } catch (KernelException | CarafeException | CgroupException e) {
      // What is left is a container whose creation was broken off, which delete removes.
      why.addSuppressed(e);
      warnings.accept(
          "container \""
              + id
              + "\" is not wholly undone; remove it with delete: "
              + e.getMessage());
    }
  }
}
