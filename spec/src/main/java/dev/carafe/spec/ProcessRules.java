package dev.carafe.spec;

import java.util.ArrayList;
import java.util.List;

/** The rules of the process section (config.md, Process). */
final class ProcessRules {
  private ProcessRules() {}

  static void validate(At at, Process p) {
    Rules.absolute(at.field("cwd"), p.cwd());
    if (p.args().isEmpty()) {
      throw at.field("args").fail("is empty; it must name a program");
    }
    Rules.texts(at.field("args"), p.args());
    Rules.environment(at.field("env"), p.env());
    user(at.field("user"), p.user());
    rlimits(at.field("rlimits"), p.rlimits());
    Rules.text(at.field("apparmorProfile"), p.apparmorProfile().orElse(""));
    Rules.text(at.field("selinuxLabel"), p.selinuxLabel().orElse(""));
    if (p.oomScoreAdj().isPresent()) {
      range(at.field("oomScoreAdj"), p.oomScoreAdj().getAsInt(), -1000, 1000);
    }
    if (p.consoleSize().isPresent()) {
      // struct winsize has 16 bits for each.
      range(at.field("consoleSize").field("height"), p.consoleSize().get().height(), 0, 0xffff);
      range(at.field("consoleSize").field("width"), p.consoleSize().get().width(), 0, 0xffff);
    }
    if (p.scheduler().isPresent()) {
      scheduler(at.field("scheduler"), p.scheduler().get());
    }
    if (p.ioPriority().isPresent()) {
      range(at.field("ioPriority").field("priority"), p.ioPriority().get().priority(), 0, 7);
    }
    if (p.execCpuAffinity().isPresent()) {
      At affinity = at.field("execCPUAffinity");
      Rules.numbers(affinity.field("initial"), p.execCpuAffinity().get().initial().orElse(""));
      Rules.numbers(affinity.field("final"), p.execCpuAffinity().get().last().orElse(""));
    }
  }

  private static void user(At at, User user) {
    Rules.id(at.field("uid"), user.uid());
    Rules.id(at.field("gid"), user.gid());
    List<Long> gids = user.additionalGids();
    for (int i = 0; i < gids.size(); i++) {
      long gid = gids.get(i);
      if (gid < 0 || gid >= 0xffff_ffffL) {
        Rules.id(at.field("additionalGids").item(i), gid);
      }
    }
    if (user.umask().isPresent()) {
      long umask = user.umask().getAsLong();
      if (umask < 0 || umask > 0777) {
        throw at.field("umask").fail(umask + " has bits that are no permissions");
      }
    }
  }

  /**
   * A duplicate type must generate an error, and the kernel refuses a soft limit above the hard.
   */
  private static void rlimits(At at, List<Rlimit> limits) {
    // Not an EnumSet, which calls values() by reflection.
    List<RlimitType> seen = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      Rlimit limit = limits.get(i);
      if (seen.contains(limit.type())) {
        throw at.item(i).field("type").fail(limit.type().word() + " is there twice");
      }
      seen.add(limit.type());
      if (Long.compareUnsigned(limit.soft(), limit.hard()) > 0) {
        throw at.item(i)
            .field("soft")
            .fail(
                "the soft limit "
                    + Long.toUnsignedString(limit.soft())
                    + " is above the hard limit "
                    + Long.toUnsignedString(limit.hard()));
      }
    }
  }

  private static void scheduler(At at, Scheduler s) {
    range(at.field("nice"), s.nice(), -20, 19);
    boolean realtime = s.policy() == SchedulerPolicy.FIFO || s.policy() == SchedulerPolicy.RR;
    range(at.field("priority"), s.priority(), realtime ? 1 : 0, realtime ? 99 : 0);
    boolean timed = s.runtime() != 0 || s.deadline() != 0 || s.period() != 0;
    if (timed && s.policy() != SchedulerPolicy.DEADLINE) {
      throw at.fail("runtime, deadline and period are for SCHED_DEADLINE only");
    }
  }

  private static void range(At at, long value, long least, long most) {
    if (value < least || value > most) {
      throw at.fail(value + " is not between " + least + " and " + most);
    }
  }
}
