package dev.carafe.cli;

import dev.carafe.CarafeException;
import java.util.List;
import java.util.Optional;

/** Reads a command line, does what it says, and reports what went wrong: once, here. */
final class CommandLine {
  static final int FAILED = 1;

  /** What runc answers to a command that it does not know. */
  private static final int UNKNOWN_COMMAND = 3;

  private CommandLine() {}

  /**
   * Runs a command line.
   *
   * @param words without the name of the program
   * @return the exit code
   */
  static int run(Session session, List<String> words) {
    try {
      return dispatch(session, words);
    } catch (UsageException e) {
      return wrongUsage(session, e);
    } catch (CommandException | CarafeException e) {
      session.log().error(message(e));
      if (session.log().isDebug()) {
        debug(session, e);
      }
      return e instanceof CommandException own ? own.exitCode() : FAILED;
    } catch (RuntimeException | Error e) {
      session.log().error("internal error, please report it: " + e);
      debug(session, e);
      return FAILED;
    }
  }

  private static int dispatch(Session session, List<String> words) {
    GlobalFlags flags = GlobalFlags.parse(words);
    session.setFlags(flags);
    String log = flags.value("log");
    session
        .log()
        .configure(
            log.isEmpty() ? log : session.absolute(log),
            flags.value("log-format"),
            flags.has("debug"));
    if (flags.has("version")) {
      Stream.OUT.print(Version.text());
      return 0;
    }
    if (flags.has("help") || flags.rest().isEmpty()) {
      Stream.OUT.print(Help.program());
      return 0;
    }
    String name = flags.rest().get(0);
    Optional<Command> command = Commands.find(name);
    if (command.isEmpty()) {
      return unknown(session, name);
    }
    List<String> rest = flags.rest().subList(1, flags.rest().size());
    if (asksForHelp(rest)) {
      Stream.OUT.print(Help.command(command.get()));
      return 0;
    }
    Arguments arguments = command.get().parse(rest);
    try {
      return command.get().run(session, arguments);
    } catch (UsageException e) {
      throw e.of(command.get());
    }
  }

  private static boolean asksForHelp(List<String> words) {
    if (words.isEmpty()) {
      return false;
    }
    return switch (words.get(0)) {
      case "--help", "-help", "-h", "--h" -> true;
      default -> false;
    };
  }

  /** Says that there is no such command. */
  static int unknown(Session session, String name) {
    session.log().error("unknown command \"" + name + "\"; see carafe help");
    return UNKNOWN_COMMAND;
  }

  /** As runc does, shows the help on standard output and the error on standard error. */
  private static int wrongUsage(Session session, UsageException e) {
    Stream.OUT.print("Incorrect Usage.\n\n");
    Stream.OUT.print(e.command().isPresent() ? Help.command(e.command().get()) : Help.program());
    session.log().error(e.getMessage());
    return FAILED;
  }

  static String message(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.toString() : message;
  }

  private static void debug(Session session, Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      session.log().debug(t.toString());
      for (StackTraceElement element : t.getStackTrace()) {
        session.log().debug("    at " + element);
      }
    }
  }
}
