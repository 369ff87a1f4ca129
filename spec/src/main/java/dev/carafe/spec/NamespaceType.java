package dev.carafe.spec;

/** The kinds of namespace (config-linux.md, Namespaces). */
public enum NamespaceType implements SpecWord {
  /** {@code pid}. */
  PID("pid"),
  /** {@code network}. */
  NETWORK("network"),
  /** {@code mount}. */
  MOUNT("mount"),
  /** {@code ipc}. */
  IPC("ipc"),
  /** {@code uts}. */
  UTS("uts"),
  /** {@code user}. */
  USER("user"),
  /** {@code cgroup}. */
  CGROUP("cgroup"),
  /** {@code time}. */
  TIME("time");

  private final String word;

  NamespaceType(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
