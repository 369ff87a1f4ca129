package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Executor;
import dev.carafe.spec.IoPriority;
import dev.carafe.spec.IoPriorityClass;
import dev.carafe.spec.Process;
import dev.carafe.spec.Scheduler;
import dev.carafe.spec.SchedulerFlag;
import dev.carafe.spec.SchedulerPolicy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A process's scheduler and the priority of its I/O (config.md, Linux process). Set from the host's
 * side: in a user namespace the right to real time is nobody's.
 */
final class Scheduling {
  /** The size of a {@code struct sched_attr} with its utilization clamps, which the spec lacks. */
  private static final int ATTRIBUTES_SIZE = 56;

  private static final int CLASS_SHIFT = 13;

  private Scheduling() {}

  /** Sets what a process is to have; in place before its program, and so its children's too. */
  static void set(Executor host, int pid, Process process) {
    if (process.scheduler().isEmpty() && process.ioPriority().isEmpty()) {
      return;
    }
    Batch batch = host.batch();
    Calls calls = new Calls(batch);
    if (process.scheduler().isPresent()) {
      Scheduler scheduler = process.scheduler().get();
      calls.schedSetattr(
          "set the scheduler to " + scheduler.policy().word() + needs(scheduler),
          Arg.of(pid),
          attributes(scheduler));
    }
    if (process.ioPriority().isPresent()) {
      IoPriority io = process.ioPriority().get();
      calls.ioprioSet(
          "set the I/O priority to " + io.priorityClass().word() + " " + io.priority(),
          Arg.of(pid),
          number(io.priorityClass()) << CLASS_SHIFT | io.priority());
    }
    host.run(batch);
  }

  private static String needs(Scheduler scheduler) {
    return switch (scheduler.policy()) {
      case FIFO, RR ->
          " " + scheduler.priority() + " (needs CAP_SYS_NICE and a cgroup with real-time)";
      case DEADLINE -> " (needs CAP_SYS_NICE, all processors, and runtime <= deadline <= period)";
      default -> scheduler.nice() < 0 ? " (a negative nice value needs CAP_SYS_NICE)" : "";
    };
  }

  private static byte[] attributes(Scheduler scheduler) {
    long flags = 0;
    for (SchedulerFlag flag : scheduler.flags()) {
      flags |= number(flag);
    }
    return ByteBuffer.allocate(ATTRIBUTES_SIZE)
        .order(ByteOrder.nativeOrder())
        .putInt(ATTRIBUTES_SIZE)
        .putInt(number(scheduler.policy()))
        .putLong(flags)
        .putInt(scheduler.nice())
        .putInt(scheduler.priority())
        .putLong(scheduler.runtime())
        .putLong(scheduler.deadline())
        .putLong(scheduler.period())
        .array();
  }

  private static int number(SchedulerPolicy policy) {
    return switch (policy) {
      case OTHER -> 0;
      case FIFO -> 1;
      case RR -> 2;
      case BATCH -> 3;
      case ISO -> 4;
      case IDLE -> 5;
      case DEADLINE -> 6;
    };
  }

  private static int number(SchedulerFlag flag) {
    return switch (flag) {
      case RESET_ON_FORK -> 1;
      case RECLAIM -> 2;
      case DL_OVERRUN -> 4;
      case KEEP_POLICY -> 8;
      case KEEP_PARAMS -> 16;
      case UTIL_CLAMP_MIN -> 32;
      case UTIL_CLAMP_MAX -> 64;
    };
  }

  private static int number(IoPriorityClass priorityClass) {
    return switch (priorityClass) {
      case REALTIME -> 1;
      case BEST_EFFORT -> 2;
      case IDLE -> 3;
    };
  }
}
