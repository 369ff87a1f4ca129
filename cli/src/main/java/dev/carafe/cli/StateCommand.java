package dev.carafe.cli;

import dev.carafe.spec.JsonOut;

/** {@code carafe state}: prints what a container does. */
final class StateCommand extends Command {
  StateCommand() {
    super("state", "print the state of a container", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return """
    Prints the container's state as JSON, as the OCI runtime specification has it, with
    the time it was created, its root file system and its owner.\
    """;
  }

  @Override
  int run(Session session, Arguments arguments) {
    JsonOut out = JsonOut.indented("  ");
    session.container(arguments.rest().get(0)).state().toOci().writeTo(out);
    Stream.OUT.print(out.toString());
    return 0;
  }
}
