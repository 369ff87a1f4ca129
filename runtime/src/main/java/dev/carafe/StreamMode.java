package dev.carafe;

/** What a container's standard stream is. */
public enum StreamMode {
  /** The caller's own. */
  INHERIT,
  /** A pipe, whose other end {@link Container} has. */
  PIPE,
  /** {@code /dev/null}. */
  NONE
}
