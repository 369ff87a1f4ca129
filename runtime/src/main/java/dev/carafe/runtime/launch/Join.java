package dev.carafe.runtime.launch;

import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Prctl;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.cgroup.Entrance;
import dev.carafe.runtime.console.ConsoleSocket;
import dev.carafe.runtime.rdt.RdtGroup;
import dev.carafe.runtime.seccomp.Filter;
import dev.carafe.runtime.seccomp.FilterCompiler;
import dev.carafe.runtime.seccomp.Listener;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.Hooks;
import dev.carafe.spec.Linux;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.OciState;
import dev.carafe.spec.Process;
import dev.carafe.spec.Seccomp;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One exec: brings a process into a container that is there. A middle agent goes into the cgroup
 * and the namespaces; its clone, which so begins with all of them, becomes the program.
 */
final class Join {
  private static final String WHO = "the process that joins";

  /**
   * How long one may take to go in itself. The container's lock is held, and whoever froze its
   * cgroups in the meantime, or gives them no time, would keep everybody from killing it.
   */
  private static final long ENTER_MILLIS = 1000;

  private final Caller caller;
  private final JoinRequest request;
  private final int init;
  private final List<String> warnings = new ArrayList<>();
  private boolean userNamespace;
  private int innerPid;
  private Optional<ChildAgent> middle = Optional.empty();
  private Optional<Filter> filter = Optional.empty();

  Join(Caller caller, JoinRequest request) {
    this.caller = caller;
    this.request = request;
    this.init = request.init().pid();
  }

  Launched run(Gate gate) {
    PreservedFds.check(caller, request.options());
    filter = seccomp().map(profile -> FilterCompiler.compile(profile, warnings::add));
    Optional<ConsoleSocket> console = request.options().consoleSocket().map(ConsoleSocket::connect);
    try {
      ChildAgent child = entered(gate);
      boolean done = false;
      try {
        HostSideLimits.set(caller, process(), child.pid());
        Scheduling.set(caller.host(), child.pid(), process());
        ProcessIdentity identity = child.identity();
        Optional<Fd> terminal = become(child, console);
        done = true;
        return new Launched(
            identity,
            child.detachProcess(),
            OptionalInt.of(innerPid),
            terminal,
            List.copyOf(warnings));
      } finally {
        if (done) {
          child.close();
        } else {
          child.kill();
        }
      }
    } finally {
      console.ifPresent(ConsoleSocket::close);
    }
  }

  private Process process() {
    return request.spec().process().orElseThrow();
  }

  private ChildAgent entered(Gate gate) {
    try {
      gate.admit(this::makeMiddle);
      ChildAgent agent = middle.orElseThrow();
      RdtGroup.of(request.spec(), request.id()).ifPresent(g -> g.admit(caller.host(), agent.pid()));
      ExecAffinity.after(caller.host(), agent.pid(), process());
      enterNamespaces(agent);
      return agent.cloneSibling(0, WHO);
    } finally {
      middle.ifPresent(ChildAgent::dismiss);
    }
  }

  private int makeMiddle(Entrance entrance) {
    ChildAgent agent = caller.spawn(0, entrance.birthplace(), request.stdio(), "the middle agent");
    boolean done = false;
    try {
      ExecAffinity.before(caller.host(), agent.pid(), process());
      Fd[] fds = entrance.fds().toArray(new Fd[0]);
      if (fds.length > 0) {
        Batch batch = agent.batch();
        entrance.add(batch, batch.passed(fds.length), 0);
        Reply _ = agent.runWithin(ENTER_MILLIS, batch, fds);
      }
      middle = Optional.of(agent);
      done = true;
      return agent.pid();
    } finally {
      if (!done) {
        agent.abandon();
      }
    }
  }

  /** All at once, by the process that has them and not by names that could mean another by now. */
  private void enterNamespaces(ChildAgent middle) {
    Optional<PidFd> opened = request.init().open();
    if (opened.isEmpty()) {
      throw stopped();
    }
    try (PidFd process = opened.get()) {
      long flags = differing();
      userNamespace = (flags & CloneFlags.NEWUSER) != 0;
      if ((flags & CloneFlags.NEWNS) != 0) {
        enter(middle, process, flags, Optional.empty());
        return;
      }
      int directory = Open.PATH | Open.DIRECTORY;
      try (Fd root = Sys.open("/proc/" + init + "/root", directory, 0)) {
        enter(middle, process, flags, Optional.of(root));
      }
    }
  }

  private void enter(ChildAgent middle, PidFd process, long flags, Optional<Fd> root) {
    if (!process.isAlive()) {
      // What was read in /proc by its number may have been another process's, even the host's.
      throw stopped();
    }
    Batch batch = middle.batch();
    Calls calls = new Calls(batch);
    Fd[] fds = root.isPresent() ? new Fd[] {process.fd(), root.get()} : new Fd[] {process.fd()};
    Ref[] passed = batch.passed(fds.length);
    // What is there already must not look into an agent that still has what is the host's
    // (CVE-2016-9962).
    calls.prctl("be not dumpable", Prctl.SET_DUMPABLE, 0);
    if (root.isPresent()) {
      calls.fchdir("enter the container's root", passed[1]);
      calls.chroot("change to the container's root", ".");
      calls.close("close the container's root", passed[1]);
    }
    if (flags != 0) {
      String label = "join the namespaces of container \"" + request.id() + "\"";
      calls.setns(label, passed[0], flags);
    }
    calls.close("close the container's first process", passed[0]);
    Reply _ = middle.run(batch, fds);
  }

  /** The kernel refuses to join the user namespace that one is in, and to a user any other too. */
  private long differing() {
    long flags = 0;
    for (NamespaceType type : NamespaceType.values()) {
      String name = "/ns/" + NamespacePlan.file(type);
      Optional<Stat> theirs = Sys.statIfThere(Fd.CWD, "/proc/" + init + name, 0);
      Optional<Stat> ours = Sys.statIfThere(Fd.CWD, "/proc/thread-self" + name, 0);
      if (ours.isPresent() && theirs.isEmpty()) {
        // It is ending, and has left its namespaces already.
        throw stopped();
      }
      if (ours.isPresent() && !theirs.get().sameFile(ours.get())) {
        flags |= NamespacePlan.flag(type);
      }
    }
    return flags;
  }

  private WrongStatusException stopped() {
    // The words are runc's.
    return new WrongStatusException(
        request.id(), Status.STOPPED, "cannot exec in a stopped container");
  }

  private Optional<Fd> become(ChildAgent child, Optional<ConsoleSocket> console) {
    innerPid = begin(child);
    Process process = process();
    if (request.user().isPresent()) {
      process =
          process.toBuilder()
              .user(UserLookup.find(child, request.user().get(), process.user()))
              .build();
    }
    ProgramSetup setup = new ProgramSetup(caller, process);
    request.spec().linux().ifPresent(linux -> ExecutionDomain.set(child, linux));
    Optional<Fd> terminal = setup.run(child, child.batch(), false, userNamespace, console);
    boolean done = false;
    try {
      Spec spec = request.spec().toBuilder().process(process).hooks(Hooks.NONE).build();
      long all = CapabilityPlan.all();
      CapabilityPlan capabilities =
          new CapabilityPlan(
              process,
              userNamespace ? all : caller.world().permitted(),
              userNamespace ? all : caller.world().bounding(),
              warnings::add);
      Remainder remainder =
          new Remainder(
              spec,
              request.options(),
              capabilities,
              filter,
              setup.environment(),
              setup.program(),
              state(innerPid));
      Batch rest = remainder.batch(child, setup.enterLate(), mayChangeGroups());
      try (Listener listener = listener(child.pid())) {
        child.exec(rest, listener::send);
      }
      done = true;
      return terminal;
    } catch (KernelException e) {
      throw Launcher.inRuncsWords(e);
    } finally {
      if (!done) {
        terminal.ifPresent(Fd::close);
      }
    }
  }

  private Optional<Seccomp> seccomp() {
    return request.spec().linux().flatMap(Linux::seccomp);
  }

  private Listener listener(int pid) {
    return filter.isPresent() && filter.get().notifies()
        ? Listener.connect(seccomp().orElseThrow(), state(init), pid)
        : Listener.NONE;
  }

  /** Becomes what a container's process is, before anything of the container is looked at. */
  private int begin(ChildAgent child) {
    Batch batch = child.batch();
    Calls calls = new Calls(batch);
    PreservedFds.closeOthers(calls, caller, request.options());
    if (userNamespace) {
      calls.trying().setgroups("leave the caller's groups", new long[0]);
      calls.trying().setresgid("become group 0 of the user namespace", 0);
      calls.trying().setresuid("become user 0 of the user namespace", 0);
    }
    calls.setsid("make a session");
    Optional<SessionKeyring> keyring =
        request.options().noNewKeyring()
            ? Optional.empty()
            : Optional.of(SessionKeyring.add(batch, request.id(), process()));
    Labels.add(batch, process());
    Ref pid = calls.getpid("ask for the process id inside");
    Reply reply = child.run(batch);
    keyring.flatMap(k -> k.problem(reply)).ifPresent(warnings::add);
    return (int) reply.value(pid);
  }

  private OciState state(int pid) {
    return new OciState(
        request.spec().ociVersion(),
        request.id(),
        "running",
        OptionalInt.of(pid),
        request.bundle(),
        request.spec().annotations(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** user_namespaces(7): who may not drop groups may not set any. */
  private boolean mayChangeGroups() {
    Optional<byte[]> word = Sys.tryReadFile("/proc/" + init + "/setgroups", 16);
    return word.isEmpty() || !OsString.decode(word.get()).strip().equals("deny");
  }
}
