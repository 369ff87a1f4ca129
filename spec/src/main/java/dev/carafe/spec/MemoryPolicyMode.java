package dev.carafe.spec;

/** The modes of set_mempolicy(2) (config-linux.md, Memory policy). */
public enum MemoryPolicyMode implements SpecWord {
  /** {@code MPOL_DEFAULT}. */
  DEFAULT("MPOL_DEFAULT"),
  /** {@code MPOL_BIND}. */
  BIND("MPOL_BIND"),
  /** {@code MPOL_INTERLEAVE}. */
  INTERLEAVE("MPOL_INTERLEAVE"),
  /** {@code MPOL_WEIGHTED_INTERLEAVE}. */
  WEIGHTED_INTERLEAVE("MPOL_WEIGHTED_INTERLEAVE"),
  /** {@code MPOL_PREFERRED}. */
  PREFERRED("MPOL_PREFERRED"),
  /** {@code MPOL_PREFERRED_MANY}. */
  PREFERRED_MANY("MPOL_PREFERRED_MANY"),
  /** {@code MPOL_LOCAL}. */
  LOCAL("MPOL_LOCAL");

  private final String word;

  MemoryPolicyMode(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
