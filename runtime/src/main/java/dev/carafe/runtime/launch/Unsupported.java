package dev.carafe.runtime.launch;

import dev.carafe.InvalidConfigException;
import dev.carafe.spec.Process;
import dev.carafe.spec.SchedulerPolicy;
import dev.carafe.spec.Spec;

/**
 * Refuses by name what a spec may ask for and this runtime does not do yet. What would have no
 * effect passes. Nothing is ever ignored: a container with less protection or fewer resources than
 * it asked for is worse than none.
 */
final class Unsupported {
  private Unsupported() {}

  static void check(Spec spec) {
    for (String platform : spec.otherPlatforms()) {
      refuse(true, platform);
    }
    spec.process().ifPresent(Unsupported::process);
  }

  private static void process(Process process) {
    // sched(7) has its number, and no kernel has it.
    refuse(
        process.scheduler().filter(s -> s.policy() == SchedulerPolicy.ISO).isPresent(),
        "process.scheduler.policy SCHED_ISO");
  }

  private static void refuse(boolean asked, String what) {
    if (asked) {
      throw new InvalidConfigException(
          what + " is not supported by this version of Carafe; remove it from config.json");
    }
  }
}
