package dev.carafe.runtime.hook;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Op;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.linux.WaitStatus;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.OciState;
import java.util.List;

/**
 * Runs hooks in an agent, one after the other, with the container's state on their standard input
 * (config.md, POSIX-platform Hooks). The first that fails ends it.
 */
public final class HookRunner {
  /** The state of a hook's program as a negative result: see protocol.h, RUN. */
  private static final int STATUS_BASE = 65536;

  private static final int OUTPUT_MAX = 4096;

  private final Executor agent;
  private final Executor host;

  /**
   * Makes a runner.
   *
   * @param agent where hooks run: its namespaces are theirs, its process is their parent
   * @param host this process
   */
  public HookRunner(Executor agent, Executor host) {
    this.agent = agent;
    this.host = host;
  }

  /**
   * Runs hooks.
   *
   * @param kind what they are, for an error
   * @param hooks the programs, in their order
   * @param state what they read
   * @param environment for a hook that has none
   * @param directory the working directory, absolute
   * @throws HookException if one could not be run, ran too long or ended badly
   */
  public void run(
      HookKind kind, List<Hook> hooks, OciState state, List<String> environment, String directory) {
    if (hooks.isEmpty()) {
      return;
    }
    byte[] input = state.toHookInput();
    for (int i = 0; i < hooks.size(); i++) {
      run(kind.word() + " hook #" + i, hooks.get(i), input, environment, directory);
    }
  }

  private void run(
      String name, Hook hook, byte[] input, List<String> environment, String directory) {
    Batch files = host.batch();
    Calls onHost = new Calls(files);
    Ref stateFile = memfd(onHost.sending(), "state");
    Data state = files.bytes(input, "the state of the container");
    onHost.call("write the state for " + name, Syscall.WRITE, stateFile, state, n(input.length));
    memfd(onHost.sending(), "output");
    List<Fd> open = host.run(files).descriptors();
    try (Fd stdin = open.get(0);
        Fd output = open.get(1)) {
      long result = run(name, hook, stdin, output, environment, directory);
      if (result < 0) {
        throw new HookException(
            "error running " + name + " (" + hook.path() + "): " + reason(hook, result, output));
      }
    }
  }

  private long run(
      String name, Hook hook, Fd stdin, Fd output, List<String> environment, String directory) {
    Batch batch = agent.batch();
    Calls calls = new Calls(batch);
    Ref[] passed = batch.passed(2);
    // The agent may be the front, whose working directory is the caller's.
    Ref before = calls.trying().openat("open the working directory", Arg.CWD, ".", Open.PATH, 0);
    calls.chdir("enter " + directory + " for " + name, directory);
    calls.call("rewind the state", Syscall.LSEEK, passed[0], Arg.ZERO, Arg.ZERO);
    Ref result =
        batch.special(
            Op.Kind.RUN,
            Op.OPTIONAL,
            "run " + name + " (" + hook.path() + ")",
            batch.string(hook.path()),
            batch.strings(arguments(hook)),
            batch.strings(hook.env().isEmpty() ? environment : hook.env()),
            passed[0],
            passed[1],
            n(timeoutMillis(hook)));
    Batch.Skip none = batch.skip("if there was none", before, Batch.When.FAILED, 0);
    calls.trying().fchdir("enter the working directory again", before);
    calls.close("close the working directory", before);
    batch.endSkip(none);
    calls.close("close the state", passed[0]);
    calls.close("close the output", passed[1]);
    Reply reply = agent.run(batch, stdin, output);
    return reply.value(result);
  }

  /**
   * Adds hooks to the batch that an agent performs just before it becomes the container's program.
   * They write to the container's own streams.
   */
  public static void addInContainer(
      Batch batch, HookKind kind, List<Hook> hooks, OciState state, List<String> environment) {
    Calls calls = new Calls(batch);
    for (int i = 0; i < hooks.size(); i++) {
      Hook hook = hooks.get(i);
      String name = kind.word() + " hook #" + i;
      byte[] input = state.toHookInput();
      Ref stdin = memfd(calls, "state");
      Data data = batch.bytes(input, "the state of the container");
      calls.call("write the state for " + name, Syscall.WRITE, stdin, data, n(input.length));
      calls.call("rewind the state", Syscall.LSEEK, stdin, Arg.ZERO, Arg.ZERO);
      Ref _ =
          batch.special(
              Op.Kind.RUN,
              0,
              "run " + name + " (" + hook.path() + ")",
              batch.string(hook.path()),
              batch.strings(arguments(hook)),
              batch.strings(hook.env().isEmpty() ? environment : hook.env()),
              stdin,
              Arg.NONE,
              n(timeoutMillis(hook)));
      calls.close("close the state", stdin);
    }
  }

  private static Ref memfd(Calls calls, String name) {
    return calls.call(
        "make a file in memory for a hook's " + name,
        Syscall.MEMFD_CREATE,
        calls.batch().string("carafe-hook-" + name),
        n(Sys.MFD_CLOEXEC));
  }

  private static List<String> arguments(Hook hook) {
    return hook.args().isEmpty() ? List.of(hook.path()) : hook.args();
  }

  private static long timeoutMillis(Hook hook) {
    return hook.timeout().orElse(0) * 1000L;
  }

  private static String reason(Hook hook, long result, Fd output) {
    String words;
    if (result <= -STATUS_BASE) {
      words = WaitStatus.describe((int) (-result - STATUS_BASE));
    } else if (result == -Errno.ETIMEDOUT && hook.timeout().isPresent()) {
      words = "it ran past its time-out of " + hook.timeout().getAsInt() + " s";
    } else {
      words = Errno.describe((int) -result);
    }
    long _ = Sys.call(Syscall.LSEEK, output.number(), 0, 0);
    String text = OsString.decode(Sys.readFully(output, OUTPUT_MAX)).strip();
    return text.isEmpty() ? words : words + ", output: " + text;
  }

  private static Arg n(long value) {
    return Arg.of(value);
  }
}
