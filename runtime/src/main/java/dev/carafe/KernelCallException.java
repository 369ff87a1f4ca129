package dev.carafe;

/** The kernel refused a call. */
public final class KernelCallException extends CarafeException {
  private static final long serialVersionUID = 1L;

  private final int errno;
  private final String errnoName;

  /** Makes one. */
  public KernelCallException(String message, int errno, String errnoName, Throwable cause) {
    super(message, cause);
    this.errno = errno;
    this.errnoName = errnoName;
  }

  /** Returns the number of the error, such as 28. */
  public int errno() {
    return errno;
  }

  /** Returns the name of the error, such as {@code ENOSPC}. */
  public String errnoName() {
    return errnoName;
  }
}
