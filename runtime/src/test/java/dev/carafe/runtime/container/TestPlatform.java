package dev.carafe.runtime.container;

import dev.carafe.ContainerRequest;
import dev.carafe.linux.Agent;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.linux.Op;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Spawner;
import dev.carafe.linux.UnixSocket;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.launch.Gate;
import dev.carafe.runtime.launch.JoinRequest;
import dev.carafe.runtime.launch.LaunchOptions;
import dev.carafe.runtime.launch.LaunchRequest;
import dev.carafe.runtime.launch.Launched;
import dev.carafe.runtime.launch.Launcher;
import dev.carafe.runtime.launch.Stdio;
import dev.carafe.runtime.sandbox.SandboxPlace;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.Steps;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.OciState;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Containers that are only processes: a real agent, held at a real socket, in a real cgroup,
 * without namespaces. Each has the directory MARKS/ID as its working directory, by which an
 * observer knows it.
 */
final class TestPlatform implements Platform {
  private final Path marks;
  private final Path cgroups;
  private final Steps steps;
  final List<String> hooksRun = new CopyOnWriteArrayList<>();
  volatile String failingHook = "";

  TestPlatform(Path marks, Steps steps) {
    this.marks = marks;
    this.cgroups = TestCgroup.root().resolve(marks.getName(marks.getNameCount() - 2).toString());
    this.steps = steps;
  }

  @Override
  public void check(Spec spec, LaunchOptions options) {}

  @Override
  public Cgroup plan(ContainerRequest request, Spec spec, Consumer<String> warnings) {
    return new TestCgroup(cgroups.resolve(request.id().value()));
  }

  @Override
  public void prepare(Cgroup cgroup, Spec spec) {
    steps.at("cgroup");
    ((TestCgroup) cgroup).create();
  }

  @Override
  public void openSandbox(SandboxPlace sandbox, Consumer<ProcessIdentity> processKnown) {}

  @Override
  public Spec admit(SandboxPlace sandbox, String id, Spec spec) {
    return spec;
  }

  @Override
  public void closeSandbox(String directory) {}

  @Override
  public Launched launch(LaunchRequest request, Consumer<ProcessIdentity> initKnown) {
    Stdio.Streams streams =
        request.stdio() instanceof Stdio.Streams given
            ? given
            : new Stdio.Streams(Optional.empty(), Optional.empty(), Optional.empty());
    steps.at("spawn");
    Agent agent = Spawner.spawn(0, streams.in(), streams.out(), streams.err(), List.of());
    try (agent) {
      try (UnixSocket socket = UnixSocket.listen(request.directory(), "start.sock", 16)) {
        ProcessIdentity init = ProcessIdentity.of(agent.pid()).orElseThrow();
        ((TestCgroup) request.cgroup()).join(Local.get(), agent.pid());
        steps.at("init known");
        initKnown.accept(init);
        steps.at("hold");
        hold(agent, socket, request);
        steps.at("held");
        return new Launched(
            init, agent.detachProcess(), OptionalInt.empty(), Optional.empty(), List.of());
      } catch (RuntimeException | Error e) {
        end(agent);
        throw e;
      }
    }
  }

  private void hold(Agent agent, UnixSocket socket, LaunchRequest request) {
    Path mark = marks.resolve(request.id());
    try {
      Path ignored = Files.createDirectories(mark);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> args = request.spec().process().orElseThrow().args();
    Batch batch = agent.batch();
    Ref passed = batch.passed(1)[0];
    new Calls(batch).chdir("change to the container's mark", mark.toString());
    Batch rest = agent.batch();
    new Calls(rest).exec("execute " + args.get(0), args.get(0), args, List.of());
    batch.special(Op.Kind.HOLD, 0, "hold", passed, batch.nested(rest));
    Reply ignored = agent.run(batch, socket.fd());
  }

  @Override
  public Launched join(JoinRequest request, Gate gate) {
    Stdio.Streams streams = (Stdio.Streams) request.stdio();
    Agent agent = Spawner.spawn(0, streams.in(), streams.out(), streams.err(), List.of());
    try (agent) {
      try {
        gate.admit(entrance -> agent.pid());
        ProcessIdentity process = ProcessIdentity.of(agent.pid()).orElseThrow();
        List<String> args = request.spec().process().orElseThrow().args();
        Batch batch = agent.batch();
        new Calls(batch).exec("execute " + args.get(0), args.get(0), args, List.of());
        agent.exec(batch);
        return new Launched(
            process, agent.detachProcess(), OptionalInt.empty(), Optional.empty(), List.of());
      } catch (RuntimeException | Error e) {
        end(agent);
        throw e;
      }
    }
  }

  static void end(Agent agent) {
    try (PidFd process = agent.detachProcess().orElseThrow()) {
      Optional<ProcessIdentity> who = ProcessIdentity.of(process.pid());
      boolean signalled = process.signal(Signal.SIGKILL);
      if (!process.waitExit(10_000)) {
        throw new IllegalStateException("an agent does not end: " + signalled);
      }
      // A delete in this JVM may have reaped it already.
      OptionalInt ignored =
          who.isEmpty() ? OptionalInt.empty() : Children.collect(who.get(), process);
    }
  }

  @Override
  public void start(Fd directory) {
    steps.at("start");
    Launcher.start(directory);
  }

  @Override
  public boolean awaitsStart(Fd directory) {
    return Launcher.listens(directory);
  }

  @Override
  public Cgroup cgroup(Map<String, String> saved) {
    return new TestCgroup(Path.of(saved.getOrDefault("", "/nonexistent")));
  }

  @Override
  public Runnable update(
      Map<String, String> saved, Resources given, Resources before, Consumer<String> warnings) {
    steps.at("update");
    return () -> steps.at("update undone");
  }

  @Override
  public void runHook(HookKind kind, Hook hook, OciState state) {
    steps.at("hook");
    hooksRun.add(hook.path() + " " + state.id() + " " + state.status());
    if (hook.path().equals(failingHook)) {
      throw new KernelException("run " + hook.path(), dev.carafe.linux.Errno.ENOENT);
    }
  }
}
