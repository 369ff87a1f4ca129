package dev.carafe;

/** There is a container of that id already. */
public final class ContainerExistsException extends CarafeException {
  private static final long serialVersionUID = 1L;

  private final String id;

  /** Makes one for an id. */
  public ContainerExistsException(String id) {
    // The words are runc's.
    super("container with given ID already exists");
    this.id = id;
  }

  /** Makes one for an id, with what to do about it. */
  public ContainerExistsException(String id, String hint) {
    super("container with given ID already exists: " + hint);
    this.id = id;
  }

  /** Returns the id. */
  public String id() {
    return id;
  }
}
