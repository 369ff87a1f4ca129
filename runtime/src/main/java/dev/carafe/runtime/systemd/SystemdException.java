package dev.carafe.runtime.systemd;

/** systemd cannot be asked, or refused something. */
public final class SystemdException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final String error;

  SystemdException(String message) {
    this(message, "");
  }

  SystemdException(String message, String error) {
    super(message);
    this.reason = message;
    this.error = error;
  }

  /** Returns the message. */
  public String reason() {
    return reason;
  }

  /** Returns the D-Bus name of systemd's error; empty if it is not systemd's. */
  public String error() {
    return error;
  }
}
