package dev.carafe;

/** The container is not in a status that allows the operation. */
public final class WrongStatusException extends CarafeException {
  private static final long serialVersionUID = 1L;

  private final String id;
  private final Status status;

  /** Makes one. */
  public WrongStatusException(String id, Status status, String message) {
    super(message);
    this.id = id;
    this.status = status;
  }

  /** Returns the id. */
  public String id() {
    return id;
  }

  /** Returns the status that the container was found in. */
  public Status status() {
    return status;
  }
}
