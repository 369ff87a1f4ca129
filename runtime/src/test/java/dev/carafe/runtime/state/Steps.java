package dev.carafe.runtime.state;

/** Stands at each step of an operation; throws, or does not come back, as a test wants it. */
public interface Steps {
  /** Nothing happens. */
  Steps NONE = step -> {};

  /** Is told before each step, and once more after it. */
  void at(String step);
}
