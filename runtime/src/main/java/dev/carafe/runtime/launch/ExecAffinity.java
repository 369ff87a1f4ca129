package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import dev.carafe.spec.CpuAffinity;
import dev.carafe.spec.NumberList;
import dev.carafe.spec.Process;

/**
 * The processors of a process that joins a container, while it joins the cgroup and from then on
 * (config.md, Linux process, execCPUAffinity).
 */
final class ExecAffinity {
  private static final String ALL = "0-8191";

  private ExecAffinity() {}

  /** Sets those for the way into the cgroup. */
  static void before(Executor host, int pid, Process process) {
    if (process.execCpuAffinity().isPresent()) {
      set(host, pid, process.execCpuAffinity().get().initial().orElse(""));
    }
  }

  /** Sets those for the program: without any of its own, all that the cgroup allows. */
  static void after(Executor host, int pid, Process process) {
    if (process.execCpuAffinity().isPresent()) {
      CpuAffinity affinity = process.execCpuAffinity().get();
      String last = affinity.last().orElse("");
      set(host, pid, last.isEmpty() && !affinity.initial().orElse("").isEmpty() ? ALL : last);
    }
  }

  private static void set(Executor host, int pid, String list) {
    byte[] mask = NumberList.mask(list);
    if (mask.length == 0) {
      return;
    }
    Batch batch = host.batch();
    Ref _ =
        batch.call(
            "let the process run on processors " + list,
            Syscall.SCHED_SETAFFINITY,
            Arg.of(pid),
            Arg.of(mask.length),
            batch.bytes(mask, "processors " + list));
    Reply _ = host.run(batch);
  }
}
