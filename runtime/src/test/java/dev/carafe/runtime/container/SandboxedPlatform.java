package dev.carafe.runtime.container;

import dev.carafe.ContainerRequest;
import dev.carafe.linux.Agent;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Local;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Spawner;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.launch.Gate;
import dev.carafe.runtime.launch.JoinRequest;
import dev.carafe.runtime.launch.LaunchOptions;
import dev.carafe.runtime.launch.LaunchRequest;
import dev.carafe.runtime.launch.Launched;
import dev.carafe.runtime.sandbox.SandboxPlace;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.Steps;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.OciState;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A second platform: containers as on {@link TestPlatform}, and for each sandbox one process more,
 * which is told over a pipe, {@code control}, whom it serves, and writes that to {@code served}.
 * Its working directory is that of the sandbox's first container, by which an observer knows it.
 */
final class SandboxedPlatform implements Platform {
  private static final String SCRIPT =
      "exec 3<>control; : >served; while read -r line <&3; do echo \"$line\" >>served; done";

  private final TestPlatform containers;
  private final Steps steps;

  SandboxedPlatform(Path marks, Steps steps) {
    this.containers = new TestPlatform(marks, steps);
    this.steps = steps;
  }

  @Override
  public void openSandbox(SandboxPlace sandbox, Consumer<ProcessIdentity> processKnown) {
    steps.at("sandbox");
    Batch make = Local.get().batch();
    new Calls(make)
        .mknodat("make the pipe", Arg.CWD, sandbox.directory() + "/control", Mode.FIFO | 0600, 0);
    var ignored = Local.get().run(make);
    Agent agent = Spawner.spawn(0, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    try (agent) {
      try {
        steps.at("sandbox spawned");
        processKnown.accept(ProcessIdentity.of(agent.pid()).orElseThrow());
        steps.at("sandbox known");
        Batch batch = agent.batch();
        Calls calls = new Calls(batch);
        calls.chdir("change to the sandbox's directory", sandbox.directory());
        calls.exec("execute sh", "/bin/sh", List.of("sh", "-c", SCRIPT), List.of());
        agent.exec(batch);
        awaitReady(sandbox);
        agent.detachProcess().orElseThrow().close();
      } catch (RuntimeException | Error e) {
        TestPlatform.end(agent);
        throw e;
      }
    }
  }

  /** What is written to a pipe that nobody has open is lost. */
  private static void awaitReady(SandboxPlace sandbox) {
    try {
      for (int i = 0; i < 1000 && !Files.exists(Path.of(sandbox.directory(), "served")); i++) {
        Thread.sleep(5);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Spec admit(SandboxPlace sandbox, String id, Spec spec) {
    steps.at("admit");
    if (sandbox.process().isEmpty() || !sandbox.process().get().isAlive()) {
      throw new IllegalStateException("sandbox " + sandbox.id() + " has no process");
    }
    try (RandomAccessFile control = new RandomAccessFile(sandbox.directory() + "/control", "rw")) {
      control.write(("admit " + id + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return spec;
  }

  @Override
  public void closeSandbox(String directory) {
    steps.at("close sandbox");
  }

  // ---- as it is there

  @Override
  public void check(Spec spec, LaunchOptions options) {
    containers.check(spec, options);
  }

  @Override
  public Cgroup plan(ContainerRequest request, Spec spec, Consumer<String> warnings) {
    return containers.plan(request, spec, warnings);
  }

  @Override
  public void prepare(Cgroup cgroup, Spec spec) {
    containers.prepare(cgroup, spec);
  }

  @Override
  public Launched launch(LaunchRequest request, Consumer<ProcessIdentity> initKnown) {
    return containers.launch(request, initKnown);
  }

  @Override
  public void start(Fd directory) {
    containers.start(directory);
  }

  @Override
  public Launched join(JoinRequest request, Gate gate) {
    return containers.join(request, gate);
  }

  @Override
  public boolean awaitsStart(Fd directory) {
    return containers.awaitsStart(directory);
  }

  @Override
  public Cgroup cgroup(Map<String, String> saved) {
    return containers.cgroup(saved);
  }

  @Override
  public Runnable update(
      Map<String, String> saved, Resources given, Resources before, Consumer<String> warnings) {
    return containers.update(saved, given, before, warnings);
  }

  @Override
  public void runHook(HookKind kind, Hook hook, OciState state) {
    containers.runHook(kind, hook, state);
  }
}
