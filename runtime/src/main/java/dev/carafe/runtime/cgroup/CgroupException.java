package dev.carafe.runtime.cgroup;

/** A cgroup cannot be had as it was asked for. */
public final class CgroupException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes one. */
  public CgroupException(String message) {
    super(message);
  }
}
