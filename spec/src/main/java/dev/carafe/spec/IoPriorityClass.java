package dev.carafe.spec;

/** The classes of ioprio_set(2) (config.md, Linux process, ioPriority). */
public enum IoPriorityClass implements SpecWord {
  /** {@code IOPRIO_CLASS_RT}. */
  REALTIME("IOPRIO_CLASS_RT"),
  /** {@code IOPRIO_CLASS_BE}. */
  BEST_EFFORT("IOPRIO_CLASS_BE"),
  /** {@code IOPRIO_CLASS_IDLE}. */
  IDLE("IOPRIO_CLASS_IDLE");

  private final String word;

  IoPriorityClass(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
