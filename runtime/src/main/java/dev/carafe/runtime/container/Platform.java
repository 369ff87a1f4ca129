package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.CheckpointRequest;
import dev.carafe.ContainerRequest;
import dev.carafe.RestoreRequest;
import dev.carafe.linux.Fd;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.checkpoint.Dump;
import dev.carafe.runtime.launch.Gate;
import dev.carafe.runtime.launch.JoinRequest;
import dev.carafe.runtime.launch.LaunchOptions;
import dev.carafe.runtime.launch.LaunchRequest;
import dev.carafe.runtime.launch.Launched;
import dev.carafe.runtime.sandbox.SandboxPlace;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.OciState;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How containers come to be, and how strongly they are isolated. The layer above never asks which
 * platform it has. May be used by several threads at once.
 */
public interface Platform {

  /** Refuses a spec that is contradictory or asks for what is not supported. */
  void check(Spec spec, LaunchOptions options);

  /** Says where the container's cgroup will be; makes nothing. */
  Cgroup plan(ContainerRequest request, Spec spec, Consumer<String> warnings);

  /** Makes the cgroup with its limits. What it made before a failure is left to be removed. */
  void prepare(Cgroup cgroup, Spec spec);

  /**
   * Makes a sandbox, before its first container is launched. When it fails, no process is left.
   *
   * @param processKnown is told the sandbox's own process as soon as it exists, where the platform
   *     has one; if it throws, this fails
   */
  void openSandbox(SandboxPlace sandbox, Consumer<ProcessIdentity> processKnown);

  /**
   * Lets a container into a sandbox, before it is launched, under the sandbox's lock.
   *
   * @return its configuration, with what it shares with the others
   */
  Spec admit(SandboxPlace sandbox, String id, Spec spec);

  /** Removes what a sandbox had, whose processes have ended; also one that is half made. */
  void closeSandbox(String directory);

  /**
   * Makes the container's first process, which is then held. When it fails, no process is left.
   *
   * @param initKnown is told the first process as soon as it exists; if it throws, the launch fails
   */
  Launched launch(LaunchRequest request, Consumer<ProcessIdentity> initKnown);

  /** Lets the first process go on, whose container has this directory; returns when it runs. */
  void start(Fd directory);

  /**
   * Starts one more process in a container; returns when its program runs. When it fails, no
   * process is left.
   *
   * @param gate lets a process, which has entered nothing yet, into the container's cgroup; if it
   *     throws, the join fails
   */
  Launched join(JoinRequest request, Gate gate);

  /**
   * Writes images of a container; if that fails, it goes on.
   *
   * @param warnings takes what the user should know
   */
  default void checkpoint(
      Dump.Target target, CheckpointRequest request, Consumer<String> warnings) {
    throw new CarafeException("containers of this platform cannot be checkpointed");
  }

  /**
   * Makes the container's processes from images. When it fails, what was told may be left.
   *
   * @param initKnown is told who makes them, and then the first process as soon as it exists
   * @param warnings takes what the user should know
   */
  default Launched restore(
      LaunchRequest launch,
      RestoreRequest request,
      Consumer<ProcessIdentity> initKnown,
      Consumer<String> warnings) {
    throw new CarafeException("containers of this platform cannot be restored");
  }

  /** Returns whether the first process of the container with this directory is held. */
  boolean awaitsStart(Fd directory);

  /** Returns the cgroup that {@link Cgroup#saved} described. */
  Cgroup cgroup(Map<String, String> saved);

  /**
   * Changes limits of the cgroup that {@link Cgroup#saved} described, as {@link Cgroup#update}.
   *
   * @return what makes all as before
   */
  Runnable update(
      Map<String, String> saved, Resources given, Resources before, Consumer<String> warnings);

  /** Runs a hook in the runtime's namespaces, with the state on its standard input. */
  void runHook(HookKind kind, Hook hook, OciState state);
}
