package dev.carafe.runtime.hook;

import dev.carafe.CarafeException;

/** A hook could not be run, ran too long, or ended badly. */
public final class HookException extends CarafeException {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public HookException(String message) {
    super(message);
  }

  /** Makes one of what the kernel or a runner said. */
  public HookException(String message, Throwable cause) {
    super(message, cause);
  }
}
