package dev.carafe.cli;

/** {@code carafe start}: lets the program of a created container go on. */
final class StartCommand extends Command {
  StartCommand() {
    super("start", "start the program of a created container", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return "Starts the program that the container was created with, and returns when it runs.";
  }

  @Override
  int run(Session session, Arguments arguments) {
    Creating.start(session, session.container(arguments.rest().get(0)));
    return 0;
  }
}
