package dev.carafe;

/** Another operation holds the container, and did not end in time. */
public final class ContainerBusyException extends CarafeException {
  private static final long serialVersionUID = 1L;

  private final String id;

  /** Makes one. */
  public ContainerBusyException(String id, String message) {
    super(message);
    this.id = id;
  }

  /** Returns the id. */
  public String id() {
    return id;
  }
}
