package dev.carafe.spec;

/** How an argument is compared (config-linux.md, Seccomp). */
public enum SeccompOperator implements SpecWord {
  /** {@code SCMP_CMP_NE}. */
  NE("SCMP_CMP_NE"),
  /** {@code SCMP_CMP_LT}. */
  LT("SCMP_CMP_LT"),
  /** {@code SCMP_CMP_LE}. */
  LE("SCMP_CMP_LE"),
  /** {@code SCMP_CMP_EQ}. */
  EQ("SCMP_CMP_EQ"),
  /** {@code SCMP_CMP_GE}. */
  GE("SCMP_CMP_GE"),
  /** {@code SCMP_CMP_GT}. */
  GT("SCMP_CMP_GT"),
  /** {@code SCMP_CMP_MASKED_EQ}. */
  MASKED_EQ("SCMP_CMP_MASKED_EQ");

  private final String word;

  SeccompOperator(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
