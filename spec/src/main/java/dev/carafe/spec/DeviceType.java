package dev.carafe.spec;

/**
 * The kinds of device node (config-linux.md, Devices and Allowed Device list). Rules know only all,
 * character and block; nodes know all but {@code a}.
 */
public enum DeviceType implements SpecWord {
  /** {@code a}. */
  ALL("a"),
  /** {@code c}. */
  CHARACTER("c"),
  /** {@code b}. */
  BLOCK("b"),
  /** {@code u}. */
  UNBUFFERED_CHARACTER("u"),
  /** {@code p}. */
  FIFO("p");

  private final String word;

  DeviceType(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
