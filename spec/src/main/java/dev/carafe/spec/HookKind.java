package dev.carafe.spec;

/**
 * The six moments at which hooks run, in the order of the life cycle (config.md, POSIX-platform
 * Hooks).
 */
public enum HookKind implements SpecWord {
  /** {@code prestart}. */
  PRESTART("prestart"),
  /** {@code createRuntime}. */
  CREATE_RUNTIME("createRuntime"),
  /** {@code createContainer}. */
  CREATE_CONTAINER("createContainer"),
  /** {@code startContainer}. */
  START_CONTAINER("startContainer"),
  /** {@code poststart}. */
  POSTSTART("poststart"),
  /** {@code poststop}. */
  POSTSTOP("poststop");

  private final String word;

  HookKind(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
