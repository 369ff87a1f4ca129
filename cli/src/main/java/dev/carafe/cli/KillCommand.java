package dev.carafe.cli;

import dev.carafe.Container;
import dev.carafe.KillScope;
import dev.carafe.Signal;
import java.util.List;

/** {@code carafe kill}: sends a signal. */
final class KillCommand extends Command {
  KillCommand() {
    super("kill", "send a signal to a container", "<container-id> [signal]", 1, 2);
  }

  @Override
  String description() {
    return """
    Sends a signal to the container's first process, or with --all to each of its
    processes. The signal is a name, with or without SIG, such as KILL or RTMIN+3, or a
    number; without one it is TERM.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(Flag.toggle("all", "send it to all processes of the container").or('a'));
  }

  @Override
  int run(Session session, Arguments arguments) {
    Container container = session.container(arguments.rest().get(0));
    Signal signal = arguments.rest().size() > 1 ? Signal.of(arguments.rest().get(1)) : Signal.TERM;
    container.kill(signal, arguments.has("all") ? KillScope.ALL : KillScope.INIT);
    return 0;
  }
}
