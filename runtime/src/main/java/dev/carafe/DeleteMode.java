package dev.carafe;

/** Which containers {@code delete} takes. */
public enum DeleteMode {
  /** One that is stopped, or that was never started. */
  STOPPED,
  /** Any: a live one is killed first, and what is broken or half-made is removed. */
  FORCE
}
