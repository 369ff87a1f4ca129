package dev.carafe;

/** What was asked for cannot be: an id, a signal, a path or a configuration is not valid. */
public class InvalidInputException extends CarafeException {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public InvalidInputException(String message) {
    super(message);
  }

  /** Makes one with the exception behind it. */
  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
