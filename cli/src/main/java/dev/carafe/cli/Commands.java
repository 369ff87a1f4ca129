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
          case "checkpoint" -> new CheckpointCommand();
          case "create" -> new CreateCommand();
          case "delete" -> new DeleteCommand();
          case "do" -> new DoCommand();
          case "events" -> new EventsCommand();
          case "exec" -> new ExecCommand();
          case "explain" -> new ExplainCommand();
          case "features" -> new FeaturesCommand();
          case "help", "h" -> new HelpCommand();
          case "kill" -> new KillCommand();
          case "list" -> new ListCommand();
          case "pause" -> new PauseCommand();
          case "ps" -> new PsCommand();
          case "restore" -> new RestoreCommand();
          case "resume" -> new ResumeCommand();
          case "run" -> new RunCommand();
          case "spec" -> new SpecCommand();
          case "start" -> new StartCommand();
          case "state" -> new StateCommand();
          case "update" -> new UpdateCommand();
          case "wait" -> new WaitCommand();
          case FinishCommand.NAME -> new FinishCommand();
          default -> null;
        });
  }

  /** Returns all that users may call, in the order of the help. */
  static List<Command> all() {
    return List.of(
        new CheckpointCommand(),
        new CreateCommand(),
        new DeleteCommand(),
        new DoCommand(),
        new EventsCommand(),
        new ExecCommand(),
        new ExplainCommand(),
        new FeaturesCommand(),
        new KillCommand(),
        new ListCommand(),
        new PauseCommand(),
        new PsCommand(),
        new RestoreCommand(),
        new ResumeCommand(),
        new RunCommand(),
        new SpecCommand(),
        new StartCommand(),
        new StateCommand(),
        new UpdateCommand(),
        new WaitCommand(),
        new HelpCommand());
  }
}
