package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.console.Console;
import dev.carafe.runtime.console.ConsoleSocket;
import dev.carafe.spec.Process;
import dev.carafe.spec.User;
import java.util.List;
import java.util.Optional;

/**
 * What a process in its container's root needs to become the program: its terminal, its working
 * directory, its home, and where the program is. All of it is looked up in the container, which may
 * be hostile.
 */
final class ProgramSetup {
  private static final int F_GETPIPE_SZ = 1032;

  private final Caller caller;
  private final Process process;
  private final WorkingDirectory directory;
  private final List<String> environment;
  private Optional<WorkingDirectory> enterLate = Optional.empty();
  private String program = "";

  ProgramSetup(Caller caller, Process process) {
    this.caller = caller;
    this.process = process;
    this.directory = new WorkingDirectory(process.cwd());
    this.environment = Environment.unique(process.env());
  }

  /** Adds what makes the working directory if it is missing; {@code root} will be the root. */
  void addMissingDirectory(Batch batch, Ref root) {
    directory.addMissing(batch, root);
  }

  /**
   * Adds it all to a batch after which the agent is in the root, and performs that.
   *
   * @param first whether it is the container's first process
   * @param inUserNamespace whether the agent is user 0 of a user namespace
   * @param console where the terminal's other side goes
   * @return that side, if it goes nowhere
   */
  Optional<Fd> run(
      ChildAgent init,
      Batch batch,
      boolean first,
      boolean inUserNamespace,
      Optional<ConsoleSocket> console) {
    Calls calls = new Calls(batch);
    if (process.terminal()) {
      Console.add(batch, process.user().uid(), process.consoleSize(), first);
    } else {
      givePipes(batch, calls);
    }
    Optional<HomeLookup> home = HomeLookup.ifNeeded(process);
    home.ifPresent(h -> h.add(batch));
    Ref entered = directory.addEnter(batch);
    ProgramSearch search = new ProgramSearch(process.args().get(0), process.env());
    asUser(calls, inUserNamespace, () -> search.add(batch));
    Reply reply = init.run(batch);
    if (reply.value(entered) < 0) {
      enterLate = Optional.of(directory);
    }
    Optional<Fd> master =
        process.terminal() ? Optional.of(reply.descriptors().get(0)) : Optional.empty();
    boolean done = false;
    try {
      program = search.result(batch, reply);
      if (home.isPresent()) {
        Environment.put(environment, "HOME=" + home.get().result(init, batch, reply));
      }
      if (master.isPresent() && console.isPresent()) {
        console.get().send(master.get());
        return Optional.empty();
      }
      done = true;
      return master;
    } finally {
      if (!done) {
        master.ifPresent(Fd::close);
      }
    }
  }

  /** Returns the program's path, when it was found. */
  String program() {
    return program;
  }

  /** Returns the program's environment. */
  List<String> environment() {
    return environment;
  }

  /** Returns the working directory, if it is only to be entered as the user. */
  Optional<WorkingDirectory> enterLate() {
    return enterLate;
  }

  /** The user must be able to open /dev/stdout: pipes are given to it, as runc does. */
  private void givePipes(Batch batch, Calls calls) {
    long uid = process.user().uid();
    if (uid == 0) {
      return;
    }
    for (int fd = 0; fd < 3; fd++) {
      Ref pipe = calls.trying().fcntl("is stream " + fd + " a pipe", Arg.of(fd), F_GETPIPE_SZ, 0);
      Batch.Skip none = batch.skip("if it is none", pipe, Batch.When.FAILED, 0);
      calls.trying().fchown("give stream " + fd + " to user " + uid, Arg.of(fd), uid, -1);
      batch.endSkip(none);
    }
  }

  /** For access(2) the real user counts; the effective one stays. */
  private void asUser(Calls calls, boolean inUserNamespace, Runnable ask) {
    User user = process.user();
    boolean other = user.uid() != 0 || user.gid() != 0;
    Calls trying = calls.trying();
    if (other) {
      // For good: nothing after this needs the caller's groups.
      trying.setgroups("set the additional groups", Remainder.groups(user));
      setReal(trying, "be user " + user.uid() + " for the look-up", user.uid(), user.gid());
    }
    ask.run();
    if (other) {
      int uid = inUserNamespace ? 0 : caller.world().euid();
      int gid = inUserNamespace ? 0 : caller.world().egid();
      setReal(trying, "be user " + uid + " again", uid, gid);
    }
  }

  private static void setReal(Calls calls, String label, long uid, long gid) {
    calls.call(label, Syscall.SETRESGID, Arg.of(gid), Arg.NONE, Arg.NONE);
    calls.call(label, Syscall.SETRESUID, Arg.of(uid), Arg.NONE, Arg.NONE);
  }
}
