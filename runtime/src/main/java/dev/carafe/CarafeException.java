package dev.carafe;

/**
 * An operation on a container failed. What callers branch on has a subtype of its own. The message
 * says what was tried, on what, why it failed, and, where it is known, what to do about it; where
 * clients of runc read the words, they are runc's.
 */
public class CarafeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public CarafeException(String message) {
    super(message);
  }

  /** Makes one with the exception behind it. */
  public CarafeException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Returns what went wrong, in a sentence. */
  @Override
  public String getMessage() {
    String message = super.getMessage();
    return message == null ? "" : message;
  }
}
