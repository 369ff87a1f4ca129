package dev.carafe.cli;

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
    processes, or with --pid or --pgid to some. The signal is a name, with or without SIG,
    such as KILL or RTMIN+3, or a number; without one it is TERM.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(
        Flag.toggle("all", "send it to all processes of the container").or('a'),
        Flag.value("pid", "send it to the process with this id in the container's pid namespace"),
        Flag.value("pgid", "send it to the process group with this id in there"),
        Flag.toggle("regex", "send it to all containers whose id this matches").or('r'));
  }

  @Override
  int run(Session session, Arguments arguments) {
    Signal signal = arguments.rest().size() > 1 ? Signal.of(arguments.rest().get(1)) : Signal.TERM;
    KillScope scope = scope(arguments);
    if (!arguments.has("regex")) {
      session.container(arguments.rest().get(0)).kill(signal, scope);
      return 0;
    }
    return Matching.each(
        session, arguments.rest().get(0), id -> session.carafe().load(id).kill(signal, scope));
  }

  private static KillScope scope(Arguments arguments) {
    boolean all = arguments.has("all");
    boolean one = arguments.value("pid").isPresent();
    boolean group = arguments.value("pgid").isPresent();
    if ((all && (one || group)) || (one && group)) {
      throw new UsageException("only one of -all, -pid and -pgid can be given");
    }
    if (one) {
      return new KillScope.One(arguments.count("pid"));
    }
    if (group) {
      return new KillScope.Group(arguments.count("pgid"));
    }
    return all ? KillScope.ALL : KillScope.INIT;
  }
}
