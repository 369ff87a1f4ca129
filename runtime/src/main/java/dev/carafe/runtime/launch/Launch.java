package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Op;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.runtime.cgroup.Entrance;
import dev.carafe.runtime.console.ConsoleSocket;
import dev.carafe.runtime.hook.HookRunner;
import dev.carafe.runtime.rdt.RdtGroup;
import dev.carafe.runtime.root.RootBuilder;
import dev.carafe.runtime.root.RootOptions;
import dev.carafe.runtime.seccomp.Filter;
import dev.carafe.runtime.seccomp.FilterCompiler;
import dev.carafe.runtime.seccomp.Listener;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.Linux;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Process;
import dev.carafe.spec.Spec;
import dev.carafe.spec.TimeOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** One launch: brings a container's first process to the point where only its start is missing. */
final class Launch {
  private static final String WHO = "the container's first process";
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int BACKLOG = 16;

  private final Caller caller;
  private final Executor host;
  private final LaunchRequest request;
  private final Spec spec;
  private final Process process;
  private final Linux linux;
  private final NamespacePlan namespaces;
  private final List<String> warnings = new ArrayList<>();
  private final ProgramSetup setup;
  private boolean idMapsWritten;
  private boolean inUserNamespace;
  private Optional<Filter> filter = Optional.empty();

  Launch(Caller caller, LaunchRequest request) {
    this.caller = caller;
    this.host = caller.host();
    this.request = request;
    this.spec = request.spec();
    this.process = spec.process().orElseThrow();
    this.linux = spec.linux().orElseGet(() -> Linux.builder().build());
    this.namespaces = NamespacePlan.of(spec);
    this.setup = new ProgramSetup(caller, process);
  }

  Launched run(Consumer<ProcessIdentity> initKnown) {
    PreservedFds.check(caller, request.options());
    RootlessRules.check(caller.world(), namespaces, process, new IdMaps(caller, linux));
    filter = linux.seccomp().map(profile -> FilterCompiler.compile(profile, warnings::add));
    RootOptions options =
        new RootOptions(
            request.options().noPivot(),
            request.options().hostOverlayRoot(),
            request.cgroup().mounts());
    Optional<ConsoleSocket> console = request.options().consoleSocket().map(ConsoleSocket::connect);
    try (RootBuilder root = new RootBuilder(spec, request.bundle(), host, options, warnings::add);
        Joining joining = Joining.open(host, namespaces.joined());
        Entrance entrance = request.cgroup().entrance(host)) {
      root.prepare();
      return spawned(root, joining, entrance, console, initKnown);
    } finally {
      console.ifPresent(ConsoleSocket::close);
    }
  }

  private Launched spawned(
      RootBuilder root,
      Joining joining,
      Entrance entrance,
      Optional<ConsoleSocket> console,
      Consumer<ProcessIdentity> initKnown) {
    ChildAgent init = spawnInit(joining, entrance.birthplace());
    boolean done = false;
    try {
      prepareFromOutside(init.pid(), entrance);
      ProcessIdentity identity = init.identity();
      initKnown.accept(identity);
      Launched launched = inside(init, identity, root, joining, entrance, console);
      done = true;
      return launched;
    } finally {
      if (done) {
        init.close();
      } else {
        init.kill();
      }
    }
  }

  // ---- the process and its namespaces

  private ChildAgent spawnInit(Joining joining, Optional<Fd> cgroup) {
    if (!namespaces.needsMiddle()) {
      return caller.spawn(namespaces.cloneFlags(), cgroup, request.stdio(), WHO);
    }
    ChildAgent middle = caller.spawn(0, request.stdio(), "the middle agent");
    try {
      return middle.cloneSibling(throughMiddle(middle, joining), cgroup, WHO);
    } finally {
      middle.dismiss();
    }
  }

  /** Prepares the middle agent; returns the flags that are left for the clone. */
  private long throughMiddle(ChildAgent middle, Joining joining) {
    long flags = namespaces.cloneFlags();
    if (!joining.isEmpty()) {
      Batch batch = middle.batch();
      joining.add(batch, batch.passed(joining.fds().length));
      middle.run(batch, joining.fds());
    }
    if (namespaces.isNew(NamespaceType.TIME)) {
      if (namespaces.isNew(NamespaceType.USER)) {
        // The time namespace is to belong to the user namespace, so that comes first.
        unshare(middle, "make the user namespace", CloneFlags.NEWUSER);
        writeIdMaps(middle.pid());
        flags &= ~CloneFlags.NEWUSER;
      }
      unshare(middle, "make the time namespace", CloneFlags.NEWTIME);
      writeTimeOffsets(middle.pid());
    }
    return flags;
  }

  private static void unshare(ChildAgent agent, String label, long flags) {
    Batch batch = agent.batch();
    new Calls(batch).unshare(label, flags);
    agent.run(batch);
  }

  private void writeIdMaps(int pid) {
    new IdMaps(caller, linux).write(pid);
    idMapsWritten = true;
  }

  /** Only before the first process enters can they be written: time_namespaces(7). */
  private void writeTimeOffsets(int pid) {
    if (linux.timeOffsets().isEmpty()) {
      return;
    }
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, TimeOffset> each : linux.timeOffsets().entrySet()) {
      TimeOffset offset = each.getValue();
      text.append(each.getKey()).append(' ').append(offset.secs()).append(' ');
      text.append(offset.nanosecs()).append('\n');
    }
    Batch batch = host.batch();
    new Calls(batch)
        .writeFile(
            "set the time namespace's offsets",
            Arg.CWD,
            "/proc/" + pid + "/timens_offsets",
            text.toString());
    host.run(batch);
  }

  // ---- what is done to it from outside

  private void prepareFromOutside(int pid, Entrance entrance) {
    if (namespaces.isNew(NamespaceType.USER) && !idMapsWritten) {
      writeIdMaps(pid);
    }
    RdtGroup.of(spec, request.id()).ifPresent(group -> group.join(host, pid));
    if (entrance.isNone()) {
      request.cgroup().join(host, pid);
    }
    HostSideLimits.set(caller, process, pid);
  }

  // ---- what it does itself

  private Launched inside(
      ChildAgent init,
      ProcessIdentity identity,
      RootBuilder root,
      Joining joining,
      Entrance entrance,
      Optional<ConsoleSocket> console) {
    int innerPid = enter(init, joining, entrance);
    try (IdmapHelpers idmaps = new IdmapHelpers(caller, request.stdio(), init.pid())) {
      root.idmapBy(idmaps);
      root.mounts(init);
    }
    if (linux.netDevices().isEmpty()) {
      return held(init, innerPid, identity, root, console);
    }
    try (NetDevices devices = new NetDevices(host, init)) {
      devices.move(linux.netDevices());
      Launched launched = held(init, innerPid, identity, root, console);
      devices.keep();
      return launched;
    }
  }

  /** Goes from a container with its mounts and devices to a process that is held. */
  private Launched held(
      ChildAgent init,
      int innerPid,
      ProcessIdentity identity,
      RootBuilder root,
      Optional<ConsoleSocket> console) {
    // config.md, POSIX-platform Hooks: after the runtime environment has been created but before
    // the pivot_root. As with runc that includes the mounts: what such a hook mounts into the root
    // file system must not be hidden by them.
    request.runHooks(caller, HookKind.PRESTART, init.pid());
    request.runHooks(caller, HookKind.CREATE_RUNTIME, init.pid());
    createContainerHooks(init, innerPid);
    Optional<Fd> terminal = changeRoot(init, root, console);
    try {
      // Late: hooks, and all else that makes the container, are no part of it.
      Scheduling.set(host, init.pid(), process);
      ExecutionDomain.set(init, linux);
      hold(init, innerPid);
    } catch (RuntimeException e) {
      terminal.ifPresent(Fd::close);
      throw e;
    }
    return new Launched(
        identity, init.detachProcess(), OptionalInt.empty(), terminal, List.copyOf(warnings));
  }

  /** Completes its namespaces; returns its process id as it sees it itself. */
  private int enter(ChildAgent init, Joining joining, Entrance entrance) {
    Batch batch = init.batch();
    Calls calls = new Calls(batch);
    boolean direct = !namespaces.needsMiddle() && !joining.isEmpty();
    List<Fd> fds = new ArrayList<>(direct ? List.of(joining.fds()) : List.of());
    int first = fds.size();
    fds.addAll(entrance.fds());
    Ref[] passed = batch.passed(fds.size());
    // Before it does anything of the container's, so that all it ever uses counts.
    entrance.add(batch, passed, first);
    PreservedFds.closeOthers(calls, caller, request.options());
    if (direct) {
      joining.add(batch, passed);
    }
    if (namespaces.isNew(NamespaceType.CGROUP)) {
      calls.unshare("make the cgroup namespace", CloneFlags.NEWCGROUP);
    }
    inUserNamespace = namespaces.isNew(NamespaceType.USER) || joining.joinsUser();
    if (inUserNamespace) {
      becomeRoot(calls);
    }
    calls.setsid("make a session");
    // Modes of what is mounted and made are as asked, whatever the caller's mask.
    calls.umask("clear the file mode mask", 0);
    Optional<SessionKeyring> keyring =
        request.options().noNewKeyring()
            ? Optional.empty()
            : Optional.of(SessionKeyring.add(batch, request.id(), process));
    spec.hostname().ifPresent(n -> calls.sethostname("set the host name to " + n, n));
    spec.domainname().ifPresent(n -> calls.setdomainname("set the domain name to " + n, n));
    Ref pid = calls.getpid("ask for the process id inside");
    Reply reply = init.run(batch, fds.toArray(new Fd[0]));
    keyring.flatMap(k -> k.problem(reply)).ifPresent(warnings::add);
    return (int) reply.value(pid);
  }

  /** What is made from here on belongs to the container's root, where it has one. */
  private void becomeRoot(Calls calls) {
    boolean known = namespaces.isNew(NamespaceType.USER);
    if (known && !SpecRules.maps(linux.uidMappings(), 0)) {
      return;
    }
    Calls tolerant = known ? calls : calls.trying();
    if (known && new IdMaps(caller, linux).mayChangeGroups()) {
      calls.setgroups("leave the caller's groups", new long[0]);
    } else {
      calls.trying().setgroups("leave the caller's groups", new long[0]);
    }
    if (!known || SpecRules.maps(linux.gidMappings(), 0)) {
      tolerant.setresgid("become group 0 of the user namespace", 0);
    }
    tolerant.setresuid("become user 0 of the user namespace", 0);
  }

  private void createContainerHooks(ChildAgent init, int innerPid) {
    List<Hook> hooks = spec.hooks().createContainer();
    if (!hooks.isEmpty()) {
      Batch batch = init.batch();
      new Calls(batch).umask("set a usual file mode mask", Remainder.UMASK);
      init.run(batch);
      new HookRunner(init, host)
          .run(
              HookKind.CREATE_CONTAINER,
              hooks,
              request.state("creating", innerPid),
              process.env(),
              request.bundle());
      Batch after = init.batch();
      new Calls(after).umask("clear the file mode mask", 0);
      init.run(after);
    }
  }

  /** Enters the root and looks at what is there; returns the terminal, if it is the caller's. */
  private Optional<Fd> changeRoot(
      ChildAgent init, RootBuilder root, Optional<ConsoleSocket> console) {
    Batch batch = init.batch();
    // Hooks may have brought the network interface that a sysctl is about.
    Sysctls.write(batch, linux.sysctl());
    // After the last hook outside of the container's root, which must not have them.
    Labels.add(batch, process);
    setup.addMissingDirectory(batch, root.root());
    root.pivot(init, batch);
    return setup.run(init, batch, true, inUserNamespace, console);
  }

  /** Hands over what is left, which the process performs when it is told to start. */
  private void hold(ChildAgent init, int innerPid) {
    if (filter.isPresent() && filter.get().notifies()) {
      Listener.save(
          host,
          request.directory(),
          linux.seccomp().orElseThrow(),
          request.state("created", init.pid()),
          init.pid());
    }
    try (Fd socket = listen()) {
      Batch batch = init.batch();
      Ref[] passed = batch.passed(1);
      Remainder remainder =
          new Remainder(
              spec,
              request.options(),
              capabilities(),
              filter,
              setup.environment(),
              setup.program(),
              request.state("created", innerPid));
      boolean mayChangeGroups =
          !namespaces.isNew(NamespaceType.USER) || new IdMaps(caller, linux).mayChangeGroups();
      Batch rest = remainder.batch(init, setup.enterLate(), mayChangeGroups);
      Ref _ = batch.special(Op.Kind.HOLD, 0, "hold until the start", passed[0], batch.nested(rest));
      init.run(batch, socket);
      init.awaitHeld();
    }
  }

  private CapabilityPlan capabilities() {
    long all = CapabilityPlan.all();
    return new CapabilityPlan(
        process,
        inUserNamespace ? all : caller.world().permitted(),
        inUserNamespace ? all : caller.world().bounding(),
        warnings::add);
  }

  /**
   * Makes the start socket, last of all: who finds it listening may take the container for created.
   * Only the first process keeps it, so that it ends with that.
   */
  private Fd listen() {
    Batch batch = host.batch();
    Calls calls = new Calls(batch);
    Ref socket = calls.sending().socket("make the start socket", AF_UNIX, SOCK_STREAM, 0);
    String path = "/proc/self/fd/" + request.directory().number() + "/" + Launcher.START_SOCKET;
    calls.bindUnix("bind the start socket", socket, path);
    calls.listen("listen at the start socket", socket, BACKLOG);
    return host.run(batch).descriptors().get(0);
  }
}
