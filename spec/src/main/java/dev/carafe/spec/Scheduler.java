package dev.carafe.spec;

import java.util.List;

/**
 * The scheduling policy of a process (config.md, Linux process, scheduler).
 *
 * @param policy the policy.
 * @param nice the nice value.
 * @param priority the static priority.
 * @param flags the flags.
 * @param runtime nanoseconds of each period for the deadline policy, unsigned.
 * @param deadline the deadline in nanoseconds, unsigned.
 * @param period the period in nanoseconds, unsigned.
 */
public record Scheduler(
    SchedulerPolicy policy,
    int nice,
    int priority,
    List<SchedulerFlag> flags,
    long runtime,
    long deadline,
    long period) {
  /** Keeps copies that nobody can change. */
  public Scheduler {
    flags = List.copyOf(flags);
  }
}
