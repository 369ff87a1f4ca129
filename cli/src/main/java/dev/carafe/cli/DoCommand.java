package dev.carafe.cli;

import dev.carafe.ContainerId;
import dev.carafe.ContainerRequest;
import dev.carafe.linux.Front;
import dev.carafe.linux.Terminal;
import dev.carafe.runtime.container.ContainerHandle;
import dev.carafe.runtime.state.RandomId;
import java.util.List;

/** {@code carafe do}: runs a command in a new container over the host's file system. */
final class DoCommand extends Command {
  DoCommand() {
    super("do", "run a command in a throw-away container", "[--] <command> [argument]...", 1, ANY);
  }

  @Override
  String description() {
    return """
    Runs a command in a new container, with no image and no bundle. Its root is the host's
    file system, seen read-only: what the command writes goes to an overlay in memory that
    is thrown away at its end. It has namespaces of its own and no network, unless
    --network host gives it the host's. Standard streams are passed through, with a
    terminal where there is one, and so are signals. Ends with the command's exit code.

        carafe do -- echo hello
        carafe do --network host -- apt-get install --yes hello\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(
        Flag.value("cwd", "the command's working directory (default: the current one)"),
        Flag.value("env", "a variable NAME=VALUE for the command; may be repeated").or('e'),
        Flag.value("hostname", "the container's host name (default: carafe)"),
        Flag.value("network", "none or host (default: none)"));
  }

  @Override
  int run(Session session, Arguments arguments) {
    boolean hostNetwork =
        switch (arguments.value("network").orElse("none")) {
          case "none" -> false;
          case "host" -> true;
          default ->
              throw new UsageException(
                  "invalid value \""
                      + arguments.value("network").orElse("")
                      + "\" for flag -network: none or host");
        };
    DoSpec spec = new DoSpec(session, arguments.rest());
    spec.hostNetwork(hostNetwork);
    spec.terminal(Terminal.isTerminal(0) && Terminal.isTerminal(1));
    spec.cwd(arguments.value("cwd"));
    spec.hostname(arguments.value("hostname").orElse("carafe"));
    spec.environment(arguments.values("env"));
    ContainerRequest request =
        ContainerRequest.builder(ContainerId.of("do-" + RandomId.next()), "/")
            .spec(spec.build())
            .overHostRoot(true)
            .rootless(session.isRootless())
            .build();
    // From here on Ctrl-C must not keep the container from being removed.
    Foreground.holdSignals(session.front());
    try (ContainerHandle container = session.carafe().create(request)) {
      return new Foreground(session, container, false, Front.FORWARD_SIGNALS | Front.REAP_ALL)
          .run();
    }
  }
}
