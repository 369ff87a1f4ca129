package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Syscall;
import dev.carafe.spec.Linux;
import dev.carafe.spec.MemoryPolicy;
import dev.carafe.spec.MemoryPolicyFlag;
import dev.carafe.spec.MemoryPolicyMode;
import dev.carafe.spec.NumberList;
import dev.carafe.spec.Personality;
import dev.carafe.spec.PersonalityDomain;

/** What a process can only set for itself: its NUMA memory policy and its personality. */
final class ExecutionDomain {
  private static final long PER_LINUX = 0;
  private static final long PER_LINUX32 = 8;

  private ExecutionDomain() {}

  /** Sets what the spec asks for in the process that will become the program. */
  static void set(Executor init, Linux linux) {
    if (linux.memoryPolicy().isEmpty() && linux.personality().isEmpty()) {
      return;
    }
    Batch batch = init.batch();
    Calls calls = new Calls(batch);
    if (linux.memoryPolicy().isPresent()) {
      memoryPolicy(calls, linux.memoryPolicy().get());
    }
    if (linux.personality().isPresent()) {
      Personality asked = linux.personality().get();
      boolean small = asked.domain() == PersonalityDomain.LINUX32;
      calls.personality(
          "set the personality " + asked.domain().word(), small ? PER_LINUX32 : PER_LINUX);
    }
    init.run(batch);
  }

  private static void memoryPolicy(Calls calls, MemoryPolicy policy) {
    long mode = number(policy.mode());
    for (MemoryPolicyFlag flag : policy.flags()) {
      mode |= number(flag);
    }
    byte[] mask = NumberList.mask(policy.nodes());
    String label = "set the memory policy " + policy.mode().word();
    if (mask.length == 0) {
      calls.call(label, Syscall.SET_MEMPOLICY, Arg.of(mode), Arg.ZERO, Arg.ZERO);
      return;
    }
    Data nodes = calls.batch().bytes(mask, "nodes " + policy.nodes());
    // The kernel takes the number of bits for one more than it is.
    long bits = 8L * mask.length + 1;
    calls.call(
        label + " with nodes " + policy.nodes(),
        Syscall.SET_MEMPOLICY,
        Arg.of(mode),
        nodes,
        Arg.of(bits));
  }

  private static long number(MemoryPolicyMode mode) {
    return switch (mode) {
      case DEFAULT -> 0;
      case PREFERRED -> 1;
      case BIND -> 2;
      case INTERLEAVE -> 3;
      case LOCAL -> 4;
      case PREFERRED_MANY -> 5;
      case WEIGHTED_INTERLEAVE -> 6;
    };
  }

  private static long number(MemoryPolicyFlag flag) {
    return switch (flag) {
      case NUMA_BALANCING -> 1 << 13;
      case RELATIVE_NODES -> 1 << 14;
      case STATIC_NODES -> 1 << 15;
    };
  }
}
