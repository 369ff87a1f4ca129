package dev.carafe.linux;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The Java side of the front in tests: does what the command line's first argument says. */
final class FrontPlay {
  private FrontPlay() {}

  /** Is started by a front. */
  public static void main(String[] unused) throws Exception {
    Front front = Front.open();
    List<String> arguments = front.hello().arguments();
    List<String> rest = arguments.subList(Math.min(2, arguments.size()), arguments.size());
    switch (arguments.get(1)) {
      case "hello" -> hello(front);
      case "exit" -> front.exit(Integer.parseInt(rest.get(0)));
      case "quit" -> Runtime.getRuntime().halt(Integer.parseInt(rest.get(0)));
      case "sleep" -> say("java=" + ProcessHandle.current().pid());
      case "exec" -> exec(front.agent(), rest);
      case "run" -> run(front, rest, 0, false);
      case "reap" -> run(front, rest, Front.REAP_ALL, false);
      case "terminal" -> run(front, rest, Front.RELAY_TERMINAL, false);
      case "leave" -> run(front, rest, 0, true);
      case "leave-terminal" -> run(front, rest, Front.RELAY_TERMINAL, true);
      case "late" -> late(front, Path.of(rest.get(0)));
      case "successor" -> successor(front, rest);
      default -> throw new IllegalArgumentException(arguments.get(1));
    }
    Thread.sleep(60_000);
  }

  /** Appends to the front's output, which is this process's too, in one write. */
  private static void say(String line) throws IOException {
    new FileOutputStream(java.io.FileDescriptor.out).write(OsString.encode(line + "\n"));
  }

  private static void hello(Front front) throws IOException {
    Front.Hello hello = front.hello();
    say("pid=" + hello.pid());
    say("parent=" + hello.parent());
    say("mask=" + hello.signalMask());
    say("ignored=" + hello.ignoredSignals());
    say("umask=" + Integer.toOctalString(hello.umask()));
    say("cwdErrno=" + hello.cwdErrno());
    say("cwd=" + hello.cwd());
    say("nofile=" + hello.limits().get(Rlimit.NOFILE).soft());
    say("fds=" + hello.openFds());
    say("arguments=" + hello.arguments());
    say("environment=" + hello.environment());
    String directory = "";
    if (front.directory().isPresent()) {
      directory = "/proc/self/fd/" + front.directory().get().number();
      directory = Sys.readlinkat(Fd.CWD, directory);
    }
    say("directory=" + directory);
    say("properties=" + Files.readString(Path.of("/proc/self/cmdline")).replace('\0', ' '));
    front.exit(0);
  }

  private static void exec(Agent agent, List<String> program) {
    Batch batch = agent.batch();
    new Calls(batch).exec("execute", program.get(0), program, List.of("A=b"));
    agent.exec(batch);
  }

  /** Starts the program as the front's child, waits by the front and hands its status on. */
  private static void run(Front front, List<String> program, int flags, boolean leave)
      throws IOException {
    boolean relay = (flags & Front.RELAY_TERMINAL) != 0;
    Optional<Terminal.Pair> terminal = relay ? Optional.of(Terminal.open()) : Optional.empty();
    Agent ended = front.agent().cloneAgent(0, Optional.empty(), "clone one that ends");
    ended.close();
    Agent child = front.agent().cloneAgent(CloneFlags.NEWPID, Optional.empty(), "clone");
    Batch batch = child.batch();
    Calls calls = new Calls(batch);
    calls.setsid("begin a session");
    List<Fd> passed = new ArrayList<>();
    if (terminal.isPresent()) {
      Ref side = batch.passed(1)[0];
      passed.add(terminal.get().terminal());
      for (int i = 0; i < 3; i++) {
        calls.dup3("set descriptor " + i, side, i);
      }
      calls.ioctl("take the terminal", side, Terminal.TIOCSCTTY, 0);
    }
    calls.exec("execute", program.get(0), program, List.of("PATH=/bin:/usr/bin", "TERM=dumb"));
    // The wait comes first, so that no signal and no output is early.
    Front.Waiting waiting =
        front.startWaiting(
            child.pid(),
            terminal.map(Terminal.Pair::master),
            flags | Front.FORWARD_SIGNALS,
            List.of("carafe", "successor", "of", Long.toString(ProcessHandle.current().pid())));
    child.exec(batch, passed.toArray(new Fd[0]));
    terminal.ifPresent(pair -> pair.terminal().close());
    if (leave) {
      Runtime.getRuntime().halt(0);
    }
    int status = waiting.status(-1).orElseThrow();
    say("status=" + status);
    say("zombie=" + Files.exists(Path.of("/proc/" + ended.pid())));
    front.exit(WaitStatus.exitCode(status));
  }

  /** Has the front hold signals back, and makes its child only when there is a file. */
  private static void late(Front front, Path go) throws Exception {
    Batch hold = front.agent().batch();
    FrontRig.block(new Calls(hold), 1L << (Signal.SIGTERM - 1));
    Reply _ = front.agent().run(hold);
    say("held");
    while (!Files.exists(go)) {
      Thread.sleep(5);
    }
    Agent child = front.agent().cloneAgent(0, Optional.empty(), "clone");
    Batch batch = child.batch();
    new Calls(batch).exec("execute", "/bin/sleep", List.of("sleep", "20"), List.of());
    child.send(batch);
    say("ended=" + child.process().orElseThrow().waitExit(5000));
    boolean _ = child.process().orElseThrow().signal(Signal.SIGKILL);
    front.exit(0);
  }

  private static void successor(Front front, List<String> rest) throws IOException {
    say("successor=" + rest);
    front.exit(WaitStatus.exitCode(Integer.parseInt(rest.get(rest.size() - 1))));
  }
}
