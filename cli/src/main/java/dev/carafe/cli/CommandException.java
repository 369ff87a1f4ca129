package dev.carafe.cli;

/** A command failed for a reason of the command line's own, or with an exit code of its own. */
class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  CommandException(String message) {
    this(message, CommandLine.FAILED);
  }

  CommandException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  CommandException(String message, Throwable cause) {
    this(message, cause, CommandLine.FAILED);
  }

  CommandException(String message, Throwable cause, int exitCode) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** Returns what the program ends with. */
  int exitCode() {
    return exitCode;
  }
}
