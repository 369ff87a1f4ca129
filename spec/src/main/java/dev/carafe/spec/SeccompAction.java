package dev.carafe.spec;

/** What a filter does with a system call (config-linux.md, Seccomp). */
public enum SeccompAction implements SpecWord {
  /** {@code SCMP_ACT_KILL}. */
  KILL("SCMP_ACT_KILL"),
  /** {@code SCMP_ACT_KILL_PROCESS}. */
  KILL_PROCESS("SCMP_ACT_KILL_PROCESS"),
  /** {@code SCMP_ACT_KILL_THREAD}. */
  KILL_THREAD("SCMP_ACT_KILL_THREAD"),
  /** {@code SCMP_ACT_TRAP}. */
  TRAP("SCMP_ACT_TRAP"),
  /** {@code SCMP_ACT_ERRNO}. */
  ERRNO("SCMP_ACT_ERRNO"),
  /** {@code SCMP_ACT_TRACE}. */
  TRACE("SCMP_ACT_TRACE"),
  /** {@code SCMP_ACT_ALLOW}. */
  ALLOW("SCMP_ACT_ALLOW"),
  /** {@code SCMP_ACT_LOG}. */
  LOG("SCMP_ACT_LOG"),
  /** {@code SCMP_ACT_NOTIFY}. */
  NOTIFY("SCMP_ACT_NOTIFY");

  private final String word;

  SeccompAction(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
