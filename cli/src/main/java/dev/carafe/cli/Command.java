package dev.carafe.cli;

import java.util.List;

/** A command: its grammar, its help, and what it does. */
abstract class Command {
  /** As many arguments as the user likes. */
  static final int ANY = Integer.MAX_VALUE;

  private final String name;
  private final String summary;
  private final String usage;
  private final int least;
  private final int most;

  /**
   * @param name the word on the command line
   * @param summary one line for the list of commands
   * @param usage what follows the name and the flags
   * @param least how many arguments there must be after the flags
   * @param most how many there may be
   */
  Command(String name, String summary, String usage, int least, int most) {
    this.name = name;
    this.summary = summary;
    this.usage = usage;
    this.least = least;
    this.most = most;
  }

  final String name() {
    return name;
  }

  final String summary() {
    return summary;
  }

  final String usage() {
    return usage;
  }

  /** Returns the text that explains the command; lines, without indentation. */
  abstract String description();

  /** Returns the flags that the command knows. */
  List<Flag> flags() {
    return List.of();
  }

  /** Does what the command is for, and returns the exit code. */
  abstract int run(Session session, Arguments arguments);

  /** Reads the command's flags and arguments. */
  final Arguments parse(List<String> words) {
    Arguments arguments;
    try {
      arguments = Arguments.parse(flags(), words);
    } catch (UsageException e) {
      throw e.of(this);
    }
    int count = arguments.rest().size();
    if (count < least || count > most) {
      throw new UsageException(wrongCount(count)).of(this);
    }
    return arguments;
  }

  private String wrongCount(int count) {
    String quantity;
    if (least == most) {
      quantity = "exactly " + least;
    } else if (count < least) {
      quantity = "a minimum of " + least;
    } else {
      quantity = "a maximum of " + most;
    }
    return "carafe: \"" + name + "\" requires " + quantity + " argument(s)";
  }
}
