package dev.carafe.spec;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The rules of the process section (config.md, Process). */
final class ProcessRules {
  private ProcessRules() {}

  static void validate(String at, Process p) {
    Rules.absolute(at + ".cwd", p.cwd());
    if (p.args().isEmpty()) {
      throw Rules.fail(at + ".args", "is empty; it must name a program");
    }
    Rules.texts(at + ".args", p.args());
    Rules.environment(at + ".env", p.env());
    user(at + ".user", p.user());
    rlimits(at + ".rlimits", p.rlimits());
    Rules.text(at + ".apparmorProfile", p.apparmorProfile().orElse(""));
    Rules.text(at + ".selinuxLabel", p.selinuxLabel().orElse(""));
    if (p.oomScoreAdj().isPresent()) {
      range(at + ".oomScoreAdj", p.oomScoreAdj().getAsInt(), -1000, 1000);
    }
    if (p.consoleSize().isPresent()) {
      // struct winsize has 16 bits for each.
      range(at + ".consoleSize.height", p.consoleSize().get().height(), 0, 0xffff);
      range(at + ".consoleSize.width", p.consoleSize().get().width(), 0, 0xffff);
    }
    if (p.scheduler().isPresent()) {
      scheduler(at + ".scheduler", p.scheduler().get());
    }
    if (p.ioPriority().isPresent()) {
      range(at + ".ioPriority.priority", p.ioPriority().get().priority(), 0, 7);
    }
  }

  private static void user(String at, User user) {
    Rules.id(at + ".uid", user.uid());
    Rules.id(at + ".gid", user.gid());
    List<Long> gids = user.additionalGids();
    for (int i = 0; i < gids.size(); i++) {
      long gid = gids.get(i);
      if (gid < 0 || gid >= 0xffff_ffffL) {
        Rules.id(at + ".additionalGids[" + i + "]", gid);
      }
    }
    if (user.umask().isPresent()) {
      long umask = user.umask().getAsLong();
      if (umask < 0 || umask > 0777) {
        throw Rules.fail(at + ".umask", umask + " has bits that are no permissions");
      }
    }
  }

  /**
   * A duplicate type must generate an error, and the kernel refuses a soft limit above the hard.
   */
  private static void rlimits(String at, List<Rlimit> limits) {
    Set<RlimitType> seen = EnumSet.noneOf(RlimitType.class);
    for (int i = 0; i < limits.size(); i++) {
      Rlimit limit = limits.get(i);
      if (!seen.add(limit.type())) {
        throw Rules.fail(at + "[" + i + "].type", limit.type().word() + " is there twice");
      }
      if (Long.compareUnsigned(limit.soft(), limit.hard()) > 0) {
        throw Rules.fail(
            at + "[" + i + "].soft",
            "the soft limit "
                + Long.toUnsignedString(limit.soft())
                + " is above the hard limit "
                + Long.toUnsignedString(limit.hard()));
      }
    }
  }

  private static void scheduler(String at, Scheduler s) {
    range(at + ".nice", s.nice(), -20, 19);
    boolean realtime = s.policy() == SchedulerPolicy.FIFO || s.policy() == SchedulerPolicy.RR;
    range(at + ".priority", s.priority(), realtime ? 1 : 0, realtime ? 99 : 0);
    boolean timed = s.runtime() != 0 || s.deadline() != 0 || s.period() != 0;
    if (timed && s.policy() != SchedulerPolicy.DEADLINE) {
      throw Rules.fail(at, "runtime, deadline and period are for SCHED_DEADLINE only");
    }
  }

  private static void range(String at, long value, long least, long most) {
    if (value < least || value > most) {
      throw Rules.fail(at, value + " is not between " + least + " and " + most);
    }
  }
}
