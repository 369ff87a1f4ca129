package dev.carafe.spec;

/**
 * How mounts spread from and to the root file system (config-linux.md, Rootfs Mount Propagation).
 * The spec names the first four; the recursive ones are written by Podman and Docker and mean the
 * same for a root.
 */
public enum Propagation implements SpecWord {
  /** {@code shared}. */
  SHARED("shared"),
  /** {@code slave}. */
  SLAVE("slave"),
  /** {@code private}. */
  PRIVATE("private"),
  /** {@code unbindable}. */
  UNBINDABLE("unbindable"),
  /** {@code rshared}. */
  RSHARED("rshared"),
  /** {@code rslave}. */
  RSLAVE("rslave"),
  /** {@code rprivate}. */
  RPRIVATE("rprivate"),
  /** {@code runbindable}. */
  RUNBINDABLE("runbindable");

  private final String word;

  Propagation(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
