package dev.carafe.runtime.container;

import dev.carafe.ContainerNotFoundException;
import dev.carafe.ExecRequest;
import dev.carafe.InvalidInputException;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.Entrance;
import dev.carafe.runtime.launch.Gate;
import dev.carafe.runtime.launch.JoinRequest;
import dev.carafe.runtime.launch.LaunchOptions;
import dev.carafe.runtime.launch.Launched;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.spec.Capabilities;
import dev.carafe.spec.Process;
import dev.carafe.spec.Spec;
import dev.carafe.spec.User;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Starts one more process in a container. Whether it may is decided under the container's lock, and
 * with the lock held it comes into the cgroup: from then on a kill or a delete finds it. All else,
 * which takes what time the container likes, is done without the lock.
 */
final class Exec {
  private final StateStore store;
  private final Platform platform;
  private final Consumer<String> warnings;
  private final ExecRequest request;

  Exec(StateStore store, Platform platform, Consumer<String> warnings, ExecRequest request) {
    this.store = store;
    this.platform = platform;
    this.warnings = warnings;
    this.request = request;
  }

  ExecHandle run(String id, String instance) {
    if (request.args().isEmpty()) {
      throw new InvalidInputException("process args cannot be empty");
    }
    StoredState state;
    Spec spec;
    try (SeenContainer seen = look(id, instance)) {
      state = seen.state();
      check(id, new Observer(platform).look(seen).status());
      spec = spec(id, seen);
    }
    try (Pipes pipes = new Pipes()) {
      JoinRequest join =
          new JoinRequest(
              id,
              spec,
              state.bundle(),
              state.init().orElseThrow(),
              request.user(),
              pipes.stdio(request.stdin(), request.stdout(), request.stderr()),
              new LaunchOptions(
                  false, false, request.preserveFds(), request.consoleSocket(), false));
      return taken(platform.join(join, maker -> admit(id, instance, spec, maker)), pipes);
    }
  }

  private SeenContainer look(String id, String instance) {
    Optional<SeenContainer> seen = store.look(id);
    if (seen.isEmpty()) {
      throw new ContainerNotFoundException(id);
    }
    boolean done = false;
    try {
      Containers.checkInstance(seen.get().state(), instance);
      done = true;
      return seen.get();
    } finally {
      if (!done) {
        seen.get().close();
      }
    }
  }

  /** The words are runc's. */
  private void check(String id, Status status) {
    switch (status) {
      case RUNNING, CREATED -> {}
      case PAUSED -> {
        if (!request.ignorePaused()) {
          throw new WrongStatusException(
              id, status, "cannot exec in a paused container (use --ignore-paused to override)");
        }
      }
      case CREATING -> throw new WrongStatusException(id, status, "it is being created");
      case STOPPED ->
          throw new WrongStatusException(id, status, "cannot exec in a stopped container");
    }
  }

  /** Brings a process into the container's cgroup, if the container still may be joined. */
  private void admit(String id, String instance, Spec spec, Gate.Maker maker) {
    try (HeldContainer held = Containers.lock(store, id, instance)) {
      StoredState now = held.state();
      Status status = new Observer(platform).status(held, now);
      check(id, status);
      Cgroup cgroup = platform.cgroup(now.cgroups());
      // On its own way into a paused one it would stop while we hold the lock; and the others want
      // it to be somewhere else first.
      boolean plain =
          status != Status.PAUSED
              && request.cgroups().isEmpty()
              && spec.process().orElseThrow().execCpuAffinity().isEmpty();
      if (!plain || !entersItself(cgroup, maker)) {
        int init = now.init().orElseThrow().pid();
        cgroup.join(Local.get(), maker.make(Entrance.none()), init, request.cgroups());
      }
    }
  }

  /** Has it go in itself, where that can be: see {@link Entrance}. */
  private static boolean entersItself(Cgroup cgroup, Gate.Maker maker) {
    try (Entrance entrance = cgroup.entrance(Local.get())) {
      if (entrance.isNone()) {
        return false;
      }
      int ignored = maker.make(entrance);
      return true;
    } catch (KernelException e) {
      // Divided from inside, without some hierarchies, or not ours to write: from outside there may
      // be a way, or a better reason why not.
      return false;
    }
  }

  private ExecHandle taken(Launched launched, Pipes pipes) {
    Streams streams = pipes.takeOurs().withTerminal(launched.terminal());
    boolean done = false;
    try {
      // First: if this fails it is killed, and must be reaped, or the container could not end.
      Children.watch(launched.init(), ignored -> {});
      for (int i = 0; i < launched.warnings().size(); i++) {
        warnings.accept(launched.warnings().get(i));
      }
      if (request.pidFile().isPresent()) {
        PidFile.write(request.pidFile().get(), launched.init().pid());
      }
      if (request.internalPidFile().isPresent() && launched.innerPid().isPresent()) {
        PidFile.write(request.internalPidFile().get(), launched.innerPid().getAsInt());
      }
      if (request.pidfdSocket().isPresent() && launched.process().isPresent()) {
        PidfdSocket.send(request.pidfdSocket().get(), PidfdSocket.JOINED, launched.process().get());
      }
      done = true;
      return new ExecHandle(launched.init(), streams);
    } finally {
      if (launched.process().isPresent()) {
        if (!done) {
          boolean ignored = launched.process().get().signal(dev.carafe.linux.Signal.SIGKILL);
        }
        launched.process().get().close();
      }
      if (!done) {
        streams.close();
      }
    }
  }

  // ---- what is to be run

  private Spec spec(String id, SeenContainer seen) {
    Spec spec = KeptConfig.read(id, seen.config());
    return spec.toBuilder().process(process(spec)).build();
  }

  private Process process(Spec spec) {
    Process base = request.process().orElseGet(() -> spec.process().orElseThrow());
    Process.Builder process = base.toBuilder().args(request.args()).terminal(request.terminal());
    if (request.cwd().isPresent()) {
      process.cwd(request.cwd().get());
    }
    if (!request.env().isEmpty()) {
      List<String> env = new ArrayList<>(base.env());
      env.addAll(request.env());
      process.env(env);
    }
    if (!request.additionalGids().isEmpty()) {
      List<Long> gids = new ArrayList<>(base.user().additionalGids());
      gids.addAll(request.additionalGids());
      User user = base.user();
      process.user(new User(user.uid(), user.gid(), user.umask(), gids, user.username()));
    }
    if (!request.capabilities().isEmpty()) {
      process.capabilities(more(base.capabilities()));
    }
    if (request.noNewPrivileges()) {
      process.noNewPrivileges(true);
    }
    if (request.apparmorProfile().isPresent()) {
      process.apparmorProfile(request.apparmorProfile().get());
    }
    if (request.selinuxLabel().isPresent()) {
      process.selinuxLabel(request.selinuxLabel().get());
    }
    return process.build();
  }

  private Capabilities more(Optional<Capabilities> given) {
    List<String> none = List.of();
    Capabilities base = given.orElse(new Capabilities(none, none, none, none, none));
    return new Capabilities(
        plus(base.bounding()),
        plus(base.effective()),
        base.inheritable(),
        plus(base.permitted()),
        base.inheritable().isEmpty() ? base.ambient() : plus(base.ambient()));
  }

  private List<String> plus(List<String> names) {
    List<String> all = new ArrayList<>(names);
    for (String each : request.capabilities()) {
      if (!all.contains(each)) {
        all.add(each);
      }
    }
    return all;
  }
}
