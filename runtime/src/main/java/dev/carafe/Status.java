package dev.carafe;

/** The status of a container (runtime.md, State). It is derived from the kernel, never stored. */
public enum Status {
  /** The container is being made. */
  CREATING("creating"),
  /** The container is made, its program waits for the start. */
  CREATED("created"),
  /** The program runs. */
  RUNNING("running"),
  /** The program's processes are frozen. */
  PAUSED("paused"),
  /** The program has ended, or the making of the container was broken off. */
  STOPPED("stopped");

  private final String word;

  Status(String word) {
    this.word = word;
  }

  /** Returns the word that the spec has for it. */
  public String word() {
    return word;
  }

  /** Returns whether the container has a live process: it is created, running or paused. */
  public boolean isLive() {
    return this == CREATED || this == RUNNING || this == PAUSED;
  }

  /** Returns whether {@code start} is possible. */
  public boolean canStart() {
    return this == CREATED;
  }

  /** Returns whether {@code delete} is possible without force. */
  public boolean canDelete() {
    return this == CREATED || this == STOPPED;
  }

  @Override
  public String toString() {
    return word;
  }
}
