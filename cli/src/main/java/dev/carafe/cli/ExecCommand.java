package dev.carafe.cli;

import dev.carafe.CarafeException;
import dev.carafe.ExecRequest;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Front;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import dev.carafe.linux.WaitStatus;
import dev.carafe.runtime.container.ExecHandle;
import dev.carafe.spec.JsonIn;
import dev.carafe.spec.Process;
import dev.carafe.spec.SpecException;
import dev.carafe.spec.SpecReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code carafe exec}: runs one more program in a container. */
final class ExecCommand extends Command {
  /** What runc answers when it could not even try. */
  private static final int NOT_RUN = 255;

  ExecCommand() {
    super(
        "exec",
        "run one more program in a container",
        "<container-id> <command> [argument]... | --process <file> <container-id>",
        1,
        ANY);
  }

  @Override
  String description() {
    return """
    Runs a program in the container, waits for its end, and ends with its exit code: 128 + n
    if signal n ended it, and 255 if it could not be run. Signals that carafe gets go to the
    program. What the flags do not say is as the container's own process has it. With
    --detach it returns when the program runs.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(
        Flag.value(
            "console-socket", "Unix socket that the terminal is sent to, for a detached one"),
        Flag.value("cwd", "the program's working directory in the container"),
        Flag.value("env", "a variable NAME=VALUE; may be repeated").or('e'),
        Flag.toggle("tty", "give the program a terminal of its own").or('t'),
        Flag.value("user", "whom it runs as: user[:group], numbers or names").or('u'),
        Flag.value("additional-gids", "one more group, a number; may be repeated").or('g'),
        Flag.value("process", "a file that describes the process, as JSON").or('p'),
        Flag.toggle("detach", "return when the program runs").or('d'),
        Flag.value("pid-file", "file that the program's process id is written to"),
        Flag.value(
            "internal-pid-file",
            "file that the program's process id in the container is written to"),
        Flag.value("pidfd-socket", "Unix socket that a pidfd of the program is sent to"),
        Flag.value("process-label", "the program's SELinux label"),
        Flag.value("apparmor", "the program's AppArmor profile"),
        Flag.toggle("no-new-privs", "let the program gain no privileges by an exec"),
        Flag.value("cap", "one more capability for the program; may be repeated").or('c'),
        Flag.value(
            "preserve-fds", "hand on so many descriptors after the standard ones (default: 0)"),
        Flag.value("cgroup", "a cgroup below the container's: [controllers:]path; may be repeated"),
        Flag.toggle("ignore-paused", "join a paused container, and wait for the resume"));
  }

  @Override
  int run(Session session, Arguments arguments) {
    try (ExecHandle process =
        session.container(arguments.rest().get(0)).exec(request(session, arguments))) {
      if (arguments.has("detach")) {
        return 0;
      }
      int relay = process.terminal().isPresent() ? Front.RELAY_TERMINAL : 0;
      Front.Waiting waiting =
          session
              .front()
              .startWaiting(
                  process.pid(), process.terminal(), Front.FORWARD_SIGNALS | relay, List.of());
      OptionalInt status = waiting.status(Foreground.STAY_MILLIS);
      if (status.isEmpty()) {
        // Nothing is left to be done at the end: the front needs no Java for it.
        Runtime.getRuntime().halt(0);
      }
      return WaitStatus.exitCode(status.orElseThrow());
    } catch (CarafeException e) {
      throw new CommandException("exec failed: " + CommandLine.message(e), e, NOT_RUN);
    }
  }

  private static ExecRequest request(Session session, Arguments arguments) {
    List<String> args = arguments.rest().subList(1, arguments.rest().size());
    Optional<String> file = arguments.value("process");
    ExecRequest.Builder request =
        file.isPresent()
            ? ExecRequest.builder(process(session.absolute(file.get())))
            : ExecRequest.builder(args);
    if (arguments.value("tty").isPresent()) {
      request.terminal(arguments.has("tty"));
    }
    arguments.value("cwd").ifPresent(request::cwd);
    arguments.value("user").ifPresent(request::user);
    arguments.value("process-label").ifPresent(request::selinuxLabel);
    arguments.value("apparmor").ifPresent(request::apparmorProfile);
    arguments.value("console-socket").ifPresent(v -> request.consoleSocket(session.absolute(v)));
    arguments.value("pid-file").ifPresent(v -> request.pidFile(session.absolute(v)));
    arguments
        .value("internal-pid-file")
        .ifPresent(v -> request.internalPidFile(session.absolute(v)));
    arguments.value("pidfd-socket").ifPresent(v -> request.pidfdSocket(session.absolute(v)));
    ExecRequest made =
        request
            .env(arguments.values("env"))
            .additionalGids(gids(arguments.values("additional-gids")))
            .capabilities(arguments.values("cap"))
            .noNewPrivileges(arguments.has("no-new-privs"))
            .preserveFds(arguments.count("preserve-fds"))
            .ignorePaused(arguments.has("ignore-paused"))
            .cgroups(cgroups(arguments.values("cgroup")))
            .build();
    if (arguments.has("detach") && made.terminal() && made.consoleSocket().isEmpty()) {
      throw new CommandException(
          "exec failed: cannot allocate tty if carafe will detach without setting console socket",
          NOT_RUN);
    }
    if (made.consoleSocket().isPresent() && !(arguments.has("detach") && made.terminal())) {
      throw new CommandException(
          "exec failed: cannot use console socket if carafe will not detach or allocate tty",
          NOT_RUN);
    }
    return made;
  }

  private static Process process(String path) {
    try {
      return SpecReader.readProcess(Sys.readFile(Fd.CWD, path, JsonIn.MAX_BYTES), path);
    } catch (KernelException e) {
      throw new CommandException(
          "exec failed: cannot read " + path + ": " + Errno.describe(e.errno()), e, NOT_RUN);
    } catch (SpecException e) {
      throw new CommandException("exec failed: " + CommandLine.message(e), e, NOT_RUN);
    }
  }

  /** As runc reads it: {@code cpu,memory:path}, or a path alone for every hierarchy. */
  private static Map<String, String> cgroups(List<String> words) {
    Map<String, String> cgroups = new LinkedHashMap<>();
    for (String word : words) {
      int colon = word.indexOf(':');
      String path = word.substring(colon + 1);
      for (String controller : word.substring(0, Math.max(colon, 0)).split(",", -1)) {
        String before = cgroups.put(controller, path);
        if (before != null) {
          throw new UsageException("flag -cgroup names \"" + controller + "\" twice");
        }
      }
    }
    return cgroups;
  }

  private static List<Long> gids(List<String> words) {
    List<Long> gids = new ArrayList<>();
    for (String word : words) {
      try {
        gids.add((long) Integer.parseUnsignedInt(word));
      } catch (NumberFormatException e) {
        throw new UsageException(
            "invalid value \"" + word + "\" for flag -additional-gids: a number");
      }
    }
    return gids;
  }
}
