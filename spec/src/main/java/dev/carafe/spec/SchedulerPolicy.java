package dev.carafe.spec;

/** The scheduling policies of sched(7) (config.md, Linux process, scheduler). */
public enum SchedulerPolicy implements SpecWord {
  /** {@code SCHED_OTHER}. */
  OTHER("SCHED_OTHER"),
  /** {@code SCHED_FIFO}. */
  FIFO("SCHED_FIFO"),
  /** {@code SCHED_RR}. */
  RR("SCHED_RR"),
  /** {@code SCHED_BATCH}. */
  BATCH("SCHED_BATCH"),
  /** {@code SCHED_ISO}. */
  ISO("SCHED_ISO"),
  /** {@code SCHED_IDLE}. */
  IDLE("SCHED_IDLE"),
  /** {@code SCHED_DEADLINE}. */
  DEADLINE("SCHED_DEADLINE");

  private final String word;

  SchedulerPolicy(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
