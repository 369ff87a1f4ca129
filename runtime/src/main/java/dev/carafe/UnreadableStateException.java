package dev.carafe;

/** What is stored about a container cannot be read; {@link DeleteMode#FORCE} removes it. */
public final class UnreadableStateException extends CarafeException {
  private static final long serialVersionUID = 1L;

  private final String id;

  /** Makes one. */
  public UnreadableStateException(String id, String message, Throwable cause) {
    super(message, cause);
    this.id = id;
  }

  /** Makes one. */
  public UnreadableStateException(String id, String message) {
    super(message);
    this.id = id;
  }

  /** Returns the id. */
  public String id() {
    return id;
  }
}
