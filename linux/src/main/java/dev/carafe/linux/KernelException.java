package dev.carafe.linux;

import java.util.OptionalInt;

/** The kernel refused an operation, or a program that ran for one ended badly. */
public sealed class KernelException extends RuntimeException permits AgentLostException {
  private static final int STATUS_BASE = 65536;

  private final String operation;
  private final String message;
  private final int errno;

  /**
   * Makes one.
   *
   * @param operation verb and object, as {@code mount proc on /proc}
   * @param errno the error number, or 65536 plus a raw wait status
   */
  public KernelException(String operation, int errno) {
    this(operation, errno, operation + ": " + reason(errno));
  }

  KernelException(String operation, int errno, String message) {
    super(message);
    this.operation = operation;
    this.errno = errno;
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }

  /** Returns what was tried: verb and object. */
  public String operation() {
    return operation;
  }

  /** Returns the error number; 0 when a program ended badly, see {@link #exitStatus}. */
  public int errno() {
    return errno >= STATUS_BASE ? 0 : errno;
  }

  /** Returns the raw wait status of a program that ended badly, for {@link WaitStatus}. */
  public OptionalInt exitStatus() {
    return errno >= STATUS_BASE ? OptionalInt.of(errno - STATUS_BASE) : OptionalInt.empty();
  }

  private static String reason(int errno) {
    return errno >= STATUS_BASE ? WaitStatus.describe(errno - STATUS_BASE) : Errno.describe(errno);
  }
}
