package dev.carafe.runtime.checkpoint;

/** CRIU is not there, is too old, or could not do what it was asked. */
public final class CriuException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public CriuException(String message) {
    super(message);
  }
}
