package dev.carafe.runtime.state;

/** Stands at each step of an operation; throws, or does not come back, as a test wants it. */
public interface Steps {
  /** Nothing happens. */
  Steps NONE = step -> {};

  /** Is told before each step; what comes before the next one is what comes after this. */
  void at(String step);
}
