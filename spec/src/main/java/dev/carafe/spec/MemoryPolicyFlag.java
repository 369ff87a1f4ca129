package dev.carafe.spec;

/** The mode flags of set_mempolicy(2) (config-linux.md, Memory policy). */
public enum MemoryPolicyFlag implements SpecWord {
  /** {@code MPOL_F_NUMA_BALANCING}. */
  NUMA_BALANCING("MPOL_F_NUMA_BALANCING"),
  /** {@code MPOL_F_RELATIVE_NODES}. */
  RELATIVE_NODES("MPOL_F_RELATIVE_NODES"),
  /** {@code MPOL_F_STATIC_NODES}. */
  STATIC_NODES("MPOL_F_STATIC_NODES");

  private final String word;

  MemoryPolicyFlag(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
