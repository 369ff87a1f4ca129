package dev.carafe.cli;

import java.util.Optional;

/** The command line itself is wrong: the help is shown with the error. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Optional<Command> command;

  UsageException(String message) {
    this(message, Optional.empty());
  }

  private UsageException(String message, Optional<Command> command) {
    super(message);
    this.command = command;
  }

  /** Returns the same error, as one about a command's words. */
  UsageException of(Command about) {
    return new UsageException(getMessage(), Optional.of(about));
  }

  /** Returns the command whose words are wrong; empty if it is the global ones. */
  Optional<Command> command() {
    return command;
  }

  @Override
  public String getMessage() {
    String message = super.getMessage();
    return message == null ? "" : message;
  }
}
