package dev.carafe.runtime.cgroup;

/** A cgroup cannot be had as it was asked for. */
public final class CgroupException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  /** Makes one. */
  public CgroupException(String reason) {
    super(reason);
    this.reason = reason;
  }

  /** Returns the message. */
  public String reason() {
    return reason;
  }
}
