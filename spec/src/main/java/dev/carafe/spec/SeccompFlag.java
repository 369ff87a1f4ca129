package dev.carafe.spec;

/** The flags of seccomp(2) (config-linux.md, Seccomp). */
public enum SeccompFlag implements SpecWord {
  /** {@code SECCOMP_FILTER_FLAG_TSYNC}. */
  TSYNC("SECCOMP_FILTER_FLAG_TSYNC"),
  /** {@code SECCOMP_FILTER_FLAG_LOG}. */
  LOG("SECCOMP_FILTER_FLAG_LOG"),
  /** {@code SECCOMP_FILTER_FLAG_SPEC_ALLOW}. */
  SPEC_ALLOW("SECCOMP_FILTER_FLAG_SPEC_ALLOW"),
  /** {@code SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV}. */
  WAIT_KILLABLE_RECV("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");

  private final String word;

  SeccompFlag(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
