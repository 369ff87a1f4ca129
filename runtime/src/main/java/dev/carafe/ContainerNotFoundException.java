package dev.carafe;

/** There is no container of that id. */
public final class ContainerNotFoundException extends CarafeException {
  private static final long serialVersionUID = 1L;

  private final String id;

  /** Makes one for an id. */
  public ContainerNotFoundException(String id) {
    // The words are runc's: containerd and Podman look for them.
    super("container does not exist");
    this.id = id;
  }

  /** Makes one for an id that another container speaks of. */
  public ContainerNotFoundException(String id, String message) {
    super(message);
    this.id = id;
  }

  /** Returns the id that was looked for. */
  public String id() {
    return id;
  }
}
