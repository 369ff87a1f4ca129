package dev.carafe.cli;

/** {@code carafe resume}: lets a paused container go on. */
final class ResumeCommand extends Command {
  ResumeCommand() {
    super("resume", "let a paused container go on", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return "Lets all processes of a container go on that \"carafe pause\" has stopped.";
  }

  @Override
  int run(Session session, Arguments arguments) {
    session.container(arguments.rest().get(0)).resume();
    return 0;
  }
}
