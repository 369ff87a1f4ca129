package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Syscall;
import dev.carafe.spec.Process;
import dev.carafe.spec.Rlimit;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What of a process only the host's side may set: its OOM score, and limits above the caller's. */
final class HostSideLimits {
  private HostSideLimits() {}

  /** Sets them, before the process is the container's. */
  static void set(Caller caller, Process process, int pid) {
    Batch batch = caller.host().batch();
    Calls calls = new Calls(batch);
    boolean any = false;
    if (process.oomScoreAdj().isPresent()) {
      String score = Integer.toString(process.oomScoreAdj().getAsInt());
      calls.writeFile(
          "set the OOM score to " + score + " (a lower one needs CAP_SYS_RESOURCE)",
          Arg.CWD,
          "/proc/" + pid + "/oom_score_adj",
          score);
      any = true;
    }
    for (Rlimit each : process.rlimits()) {
      long hard = caller.world().hardLimit(each.type());
      if (Long.compareUnsigned(each.hard(), hard) > 0) {
        raise(calls, pid, each, hard);
        any = true;
      }
    }
    if (any) {
      caller.host().run(batch);
    }
  }

  /** The container's own user could not raise a hard limit, and often its root could not either. */
  private static void raise(Calls calls, int pid, Rlimit limit, long from) {
    String label =
        label(limit)
            + ", above the caller's hard limit "
            + word(from)
            + " (needs CAP_SYS_RESOURCE, and for RLIMIT_NOFILE at most the sysctl fs.nr_open)";
    ByteBuffer data = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
    data.putLong(limit.soft()).putLong(limit.hard());
    calls.call(
        label,
        Syscall.PRLIMIT64,
        Arg.of(pid),
        Arg.of(CallerWorld.number(limit.type())),
        calls.batch().bytes(data.array(), label(limit)),
        Arg.ZERO);
  }

  /** Returns the words for setting a limit. */
  static String label(Rlimit limit) {
    return "set "
        + limit.type().word()
        + " to soft "
        + word(limit.soft())
        + " and hard "
        + word(limit.hard());
  }

  private static String word(long value) {
    return value == -1 ? "unlimited" : Long.toUnsignedString(value);
  }
}
