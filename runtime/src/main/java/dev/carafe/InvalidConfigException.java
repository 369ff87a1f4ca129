package dev.carafe;

/** The bundle's configuration is not what the spec asks for, or asks for what is not supported. */
public final class InvalidConfigException extends InvalidInputException {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public InvalidConfigException(String message) {
    super(message);
  }

  /** Makes one with the exception behind it. */
  public InvalidConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
