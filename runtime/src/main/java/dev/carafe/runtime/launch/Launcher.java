package dev.carafe.runtime.launch;

import dev.carafe.CarafeException;
import dev.carafe.InvalidConfigException;
import dev.carafe.InvalidInputException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Held;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.UnixSocket;
import dev.carafe.runtime.hook.HookException;
import dev.carafe.runtime.seccomp.FilterCompiler;
import dev.carafe.runtime.seccomp.Listener;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecException;
import dev.carafe.spec.SpecValidator;
import java.util.function.Consumer;

/** Brings a container from its spec to a first process that is held, and starts that. */
public final class Launcher {
  static final String START_SOCKET = "start.sock";

  /** How the labels of {@link Remainder} begin. */
  private static final String EXEC = "exec ";

  private static final String HOOK = "run startContainer hook";

  private final Caller caller;

  /** Makes a launcher for a caller, who stays its maker's. */
  public Launcher(Caller caller) {
    this.caller = caller;
  }

  /**
   * Checks that a spec asks for nothing malformed or contradictory and nothing that is not
   * supported; before anything is made.
   */
  public static void check(Spec spec, LaunchOptions options) {
    try {
      SpecValidator.validate(spec);
    } catch (SpecException e) {
      throw new InvalidConfigException("config.json: " + e.getMessage(), e);
    }
    Unsupported.check(spec);
    SpecRules.check(spec);
    spec.linux().flatMap(Linux::seccomp).ifPresent(FilterCompiler::check);
    if (options.preserveFds() < 0) {
      throw new InvalidInputException(
          "cannot preserve " + options.preserveFds() + " descriptors: give a number from 0 on");
    }
  }

  /**
   * Makes the container's first process and brings it to the point where only {@link #start} is
   * missing. When it fails, no process is left; the cgroup and the directory are the caller's to
   * remove.
   *
   * @param request what is launched
   * @param initKnown is told the first process as soon as it exists, before it does anything
   */
  public Launched launch(LaunchRequest request, Consumer<ProcessIdentity> initKnown) {
    return new Launch(caller, request).run(initKnown);
  }

  /**
   * Starts one more process in a container that is there; returns when its program runs.
   *
   * @param gate lets the process into the container's cgroup; if it throws, nothing is left
   */
  public Launched join(JoinRequest request, Gate gate) {
    try {
      SpecValidator.validateProcess(request.spec().process().orElseThrow());
    } catch (SpecException e) {
      throw new InvalidConfigException("process: " + e.getMessage(), e);
    }
    Unsupported.check(request.spec());
    SpecRules.check(request.spec());
    return new Join(caller, request).run(gate);
  }

  /**
   * Starts a process that is held: it runs its startContainer hooks and becomes the container's
   * program. Returns when that is so. May be called from any process.
   *
   * @param directory the container's private directory
   */
  public static void start(Fd directory) {
    try (Listener listener = Listener.of(directory)) {
      Held.start(directory, START_SOCKET, "start the container's first process", listener::send);
    } catch (KernelException e) {
      throw inRuncsWords(e);
    }
  }

  static RuntimeException inRuncsWords(KernelException e) {
    String operation = e.operation();
    if (operation.startsWith(EXEC) && e.errno() != 0) {
      return new CarafeException(
          ProgramSearch.NOT_STARTED + operation + ": " + ProgramSearch.words(e.errno()), e);
    }
    if (operation.startsWith(HOOK)) {
      return new HookException("error running" + e.getMessage().substring(HOOK.indexOf(' ')), e);
    }
    return e;
  }

  /** Returns whether a process is held in this directory: whether the container is "created". */
  public static boolean listens(Fd directory) {
    return UnixSocket.listens(directory, START_SOCKET);
  }
}
