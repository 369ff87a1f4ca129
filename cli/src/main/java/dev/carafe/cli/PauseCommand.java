package dev.carafe.cli;

/** {@code carafe pause}: stops all processes of a container. */
final class PauseCommand extends Command {
  PauseCommand() {
    super("pause", "stop all processes of a container", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return "Stops all processes of the container, until \"carafe resume\".";
  }

  @Override
  int run(Session session, Arguments arguments) {
    session.container(arguments.rest().get(0)).pause();
    return 0;
  }
}
