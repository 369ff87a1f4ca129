package dev.carafe.runtime.seccomp;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Op;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Syscall;

/** A compiled filter, for the process that is to load it. */
public final class Filter {
  static final int SET_MODE_FILTER = 1;

  private static final String LOAD = "load the seccomp filter";

  private final byte[] program;
  private final int flags;
  private final boolean notifies;

  Filter(byte[] program, int flags, boolean notifies) {
    this.program = program;
    this.flags = flags;
    this.notifies = notifies;
  }

  byte[] program() {
    return program.clone();
  }

  /** Returns how many instructions it has. */
  public int instructions() {
    return program.length / Code.SIZE;
  }

  /** Returns whether loading it makes a listener, which the agent sends before it goes on. */
  public boolean notifies() {
    return notifies;
  }

  /**
   * Adds the load, which comes just before the exec: whatever comes after it the filter may forbid.
   * The process needs no_new_privs, or CAP_SYS_ADMIN in its user namespace.
   */
  public void addLoad(Batch batch) {
    Data program = program(batch);
    if (notifies) {
      Ref _ = batch.special(Op.Kind.LISTEN, 0, LOAD, program, Arg.of(flags));
    } else {
      new Calls(batch)
          .lastWords()
          .call(LOAD, Syscall.SECCOMP, Arg.of(SET_MODE_FILTER), Arg.of(flags), program);
    }
  }

  /**
   * Says that the programs that the agent runs from now on start with this filter. Without a
   * listener of their own: what that would decide is answered with ENOSYS.
   */
  public void addForPrograms(Batch batch) {
    Data program = program(batch);
    int without = flags & ~Constants.WAIT_KILLABLE_RECV;
    Ref _ =
        batch.special(Op.Kind.FILTER, 0, "give hooks the seccomp filter", program, Arg.of(without));
  }

  /** Returns a {@code struct sock_fprog} for the next operation. */
  private Data program(Batch batch) {
    Data instructions = batch.bytes(program);
    byte[] head = new byte[16];
    head[0] = (byte) instructions();
    head[1] = (byte) (instructions() >> 8);
    Data fprog = batch.bytes(head, () -> "a filter of " + instructions() + " instructions");
    batch.pointer(fprog, 8, instructions);
    return fprog;
  }
}
