package dev.carafe.cli;

import java.util.Optional;

/** {@code carafe help}: shows the help. */
final class HelpCommand extends Command {
  HelpCommand() {
    super("help", "show the commands, or the help of one", "[command]", 0, 1);
  }

  @Override
  String description() {
    return "Shows the commands and the global flags, or what one command does and its flags.";
  }

  @Override
  int run(Session session, Arguments arguments) {
    if (arguments.rest().isEmpty()) {
      Stream.OUT.print(Help.program());
      return 0;
    }
    String name = arguments.rest().get(0);
    Optional<Command> command = Commands.find(name);
    if (command.isEmpty()) {
      return CommandLine.unknown(session, name);
    }
    Stream.OUT.print(Help.command(command.get()));
    return 0;
  }
}
