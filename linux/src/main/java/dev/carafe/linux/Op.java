package dev.carafe.linux;

import java.nio.ByteBuffer;

/** One operation of a {@link Batch}. */
public final class Op {

  /** What an operation is. The codes are those of {@code protocol.h}. */
  public enum Kind {
    /** A system call: {@code nr} and up to six arguments. */
    SYSCALL(0),
    /** Compares a number in the data with an expected one: at, width, mask, expected, errno. */
    CHECK(1),
    /** Skips operations: value, count, condition, given. */
    SKIP(2),
    /**
     * Forks a child that is an agent too, with a socket of its own, whose other end comes with the
     * reply. Arguments: clone flags, cgroup descriptor or -1. Result: the child's process id.
     */
    CLONE(3),
    /**
     * Runs a program to its end: path, argv, envp, stdin descriptor, output descriptor or -1,
     * time-out in milliseconds or 0. Fails with ETIMEDOUT, with the errno of its exec, or with
     * {@link KernelException#exitStatus}.
     */
    RUN(4),
    /**
     * Answers, then waits at a listening socket for the start message and performs a nested batch:
     * socket descriptor, nested batch. Last in its batch.
     */
    HOLD(5),
    /** Becomes a program: path, argv, envp. Last in its batch. */
    EXEC(6),
    /**
     * The front waits for a child, forwarding signals: process id, terminal descriptor or -1,
     * flags, successor arguments. Result: its wait status.
     */
    WAIT(7),
    /** The front ends: exit code. */
    EXIT(8);

    final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /** The flag of an operation whose failure does not end the batch. */
  public static final int OPTIONAL = 1;

  static final int SEND_FD = 2;
  static final int LAST_WORDS = 4;

  final Kind kind;
  final int flags;
  final int number;
  final String label;
  final Arg[] args;
  int register;
  int labelOffset;
  int firstReloc;
  int relocCount;

  Op(Kind kind, int flags, int number, String label, Arg[] args) {
    this.kind = kind;
    this.flags = flags;
    this.number = number;
    this.label = label;
    this.args = args;
  }

  /** Returns what this operation is. */
  public Kind kind() {
    return kind;
  }

  /** Returns whether the batch goes on when this operation fails. */
  public boolean optional() {
    return (flags & OPTIONAL) != 0;
  }

  /** Returns whether the result is a descriptor that comes back with the reply. */
  public boolean sendsFd() {
    return (flags & SEND_FD) != 0;
  }

  /** Returns the number of the system call. */
  public int number() {
    return number;
  }

  /** Returns the words that name this operation in an error. */
  public String label() {
    return label;
  }

  /** Returns the arguments. */
  public Arg[] args() {
    return args.clone();
  }

  /**
   * Returns when a {@link Kind#SKIP} skips, for a reader of the plan.
   *
   * @throws IllegalStateException if this is none
   */
  public Batch.When when() {
    for (Batch.When each : Batch.When.values()) {
      if (kind == Kind.SKIP && args[2] instanceof Arg.Constant code && code.value == each.code) {
        return each;
      }
    }
    throw new IllegalStateException("not a skip: " + label);
  }

  /** Returns the register that takes the result. */
  public int register() {
    return register;
  }

  void encode(ByteBuffer to) {
    int start = to.position();
    to.putShort((short) kind.code).putShort((short) flags).putInt(number).putInt(register);
    to.putInt(labelOffset).putInt(firstReloc).putInt(relocCount);
    for (int i = 0; i < 6; i++) {
      to.put((byte) (i >= args.length ? 0 : type(args[i])));
    }
    to.position(start + 32);
    for (int i = 0; i < 6; i++) {
      to.putLong(i >= args.length ? 0 : value(args[i]));
    }
  }

  private static int type(Arg arg) {
    return arg instanceof Arg.Constant ? 0 : arg instanceof Ref ? 1 : 2;
  }

  private static long value(Arg arg) {
    if (arg instanceof Arg.Constant number) {
      return number.value;
    }
    return arg instanceof Ref ref ? ref.register : ((Data) arg).offset;
  }
}
