package dev.carafe;

/** Which processes of a container get a signal. */
public enum KillScope {
  /** The first process. */
  INIT,
  /** Every process of the container. */
  ALL
}
