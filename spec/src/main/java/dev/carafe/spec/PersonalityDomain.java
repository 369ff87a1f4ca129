package dev.carafe.spec;

/** The execution domains of personality(2) (config-linux.md, Personality). */
public enum PersonalityDomain implements SpecWord {
  /** {@code LINUX}. */
  LINUX("LINUX"),
  /** {@code LINUX32}. */
  LINUX32("LINUX32");

  private final String word;

  PersonalityDomain(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
