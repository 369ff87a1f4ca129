package dev.carafe.runtime.launch;

import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Caps;
import dev.carafe.linux.Prctl;
import dev.carafe.spec.Capabilities;
import dev.carafe.spec.Process;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * The five capability sets of the container's program. config.md: "Any value which cannot be mapped
 * to a relevant kernel interface, or cannot be granted otherwise, MUST be logged as a warning by
 * the runtime", and is no error. Without {@code capabilities} all sets are empty, as with runc.
 */
final class CapabilityPlan {
  private static final int SYS_ADMIN = 21;

  private final long granted;
  private final long present;
  private final long bounding;
  private final long effective;
  private final long inheritable;
  private final long permitted;
  private final long ambient;

  /**
   * Makes the sets.
   *
   * @param granted what the first process has and can give
   * @param present its bounding set
   */
  CapabilityPlan(Process process, long granted, long present, Consumer<String> warnings) {
    Capabilities asked =
        process
            .capabilities()
            .orElse(new Capabilities(List.of(), List.of(), List.of(), List.of(), List.of()));
    List<String> refused = new ArrayList<>();
    this.granted = granted;
    this.present = present;
    bounding = set(asked.bounding(), present, refused);
    permitted = set(asked.permitted(), granted, refused);
    // The kernel wants the effective set inside the permitted one.
    effective = set(asked.effective(), permitted, refused);
    inheritable = set(asked.inheritable(), granted, refused);
    // It raises an ambient capability only if it is permitted and inheritable. The bundles that
    // runc's own spec command wrote for years ask for ambient ones that are not inheritable: these
    // are dropped as quietly as runc does.
    ambient = set(asked.ambient(), permitted, refused) & inheritable;
    if (!refused.isEmpty()) {
      warnings.accept("ignoring unknown or unavailable capabilities: " + refused);
    }
  }

  /** Returns all capabilities of the kernel, which the first process of a user namespace has. */
  static long all() {
    int count = Caps.last() + 1;
    return count >= Long.SIZE ? -1 : (1L << count) - 1;
  }

  private static long set(List<String> names, long possible, List<String> refused) {
    long bits = 0;
    for (String name : names) {
      OptionalInt number = Caps.number(name);
      long bit = number.isPresent() ? 1L << number.getAsInt() : 0;
      if ((bit & possible) != 0) {
        bits |= bit;
      } else if (!refused.contains(name)) {
        refused.add(name);
      }
    }
    return bits;
  }

  /**
   * Adds what comes before the user changes. From here on, a program that is executed gets no more
   * than the container's.
   */
  void addBounding(Batch batch) {
    Calls calls = new Calls(batch);
    if (inheritable != 0) {
      // capabilities(7): later it could not leave the bounding set.
      calls.capset("set the inheritable capabilities", granted, granted, inheritable);
    }
    for (int i = 0; i <= Caps.last(); i++) {
      if ((present & ~bounding & 1L << i) != 0) {
        calls.prctl("drop " + Caps.name(i) + " from the bounding set", Prctl.CAPBSET_DROP, i);
      }
    }
  }

  /**
   * Adds what comes when the user has changed and kept its permitted capabilities.
   *
   * @param keepsAdmin whether CAP_SYS_ADMIN stays until the exec, for a seccomp filter. The exec
   *     takes it away: what a program gets follows from the bounding, inheritable and ambient sets
   *     alone (capabilities(7), Transformation of capabilities during execve)
   */
  void addRest(Batch batch, boolean keepsAdmin) {
    Calls calls = new Calls(batch);
    long kept = keepsAdmin ? granted & 1L << SYS_ADMIN : 0;
    calls.capset("set the capabilities", effective | kept, permitted | kept, inheritable);
    calls.prctl("clear the ambient capabilities", Prctl.CAP_AMBIENT, Prctl.CAP_AMBIENT_CLEAR_ALL);
    for (int i = 0; i <= Caps.last(); i++) {
      if ((ambient & 1L << i) != 0) {
        calls.prctl(
            "raise " + Caps.name(i) + " in the ambient set",
            Prctl.CAP_AMBIENT,
            Prctl.CAP_AMBIENT_RAISE,
            i);
      }
    }
  }
}
