package dev.carafe.cli;

import dev.carafe.ContainerRequest;
import dev.carafe.runtime.container.Containers;
import java.util.ArrayList;
import java.util.List;

/** {@code carafe explain}: prints what a launch would do. */
final class ExplainCommand extends Command {
  /** A container's cgroup is called after its id, so the plan needs one. */
  private static final String ID = "container-id";

  ExplainCommand() {
    super("explain", "print the system calls that a launch would make", "", 0, 0);
  }

  @Override
  String description() {
    return """
    Prints, in their order, the system calls that making and starting a container of the
    bundle would make, without making them: by which process, with which arguments, and
    what each is for. Where another answer than success would change the way, a line says
    so.\
    """;
  }

  @Override
  List<Flag> flags() {
    List<Flag> flags = new ArrayList<>(Creating.LAUNCH_FLAGS);
    flags.add(Flag.value("format", "text or json (default: text)").or('f'));
    return flags;
  }

  @Override
  int run(Session session, Arguments arguments) {
    boolean json =
        switch (arguments.value("format").orElse("text")) {
          case "text" -> false;
          case "json" -> true;
          default -> throw new CommandException("invalid format option");
        };
    ContainerRequest request = Creating.request(session, arguments, ID).build();
    Stream.OUT.print(Containers.explain(request, session.front(), session.log()::warning, json));
    return 0;
  }
}
