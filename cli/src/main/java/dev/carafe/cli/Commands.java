package dev.carafe.cli;

import java.util.List;
import java.util.Optional;

/** All commands, by their names. */
final class Commands {
  private Commands() {}

  /** Finds a command. Only its own class is loaded. */
  static Optional<Command> find(String name) {
    return Optional.ofNullable(
        switch (name) {
          case "help", "h" -> new HelpCommand();
          case "spec" -> new SpecCommand();
          default -> null;
        });
  }

  /** Returns all that users may call, in the order of the help. */
  static List<Command> all() {
    return List.of(new SpecCommand(), new HelpCommand());
  }
}
