package dev.carafe.linux;

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
    /**
     * Becomes a program: path, argv, envp, and 1 if the agent is to stay as the program's parent,
     * which hands on signals, reaps orphans and ends with the program's exit code. Last in its
     * batch.
     */
    EXEC(6),
    /**
     * The front waits for a child, forwarding signals: process id, terminal descriptor or -1,
     * flags, successor arguments. Result: its wait status.
     */
    WAIT(7),
    /** The front ends: exit code. */
    EXIT(8),
    /** Says with which seccomp filter RUN's programs start from now on: filter, flags. */
    FILTER(9),
    /**
     * Loads a seccomp filter with a listener, and hands that over before it goes on: filter, flags.
     * The other side answers.
     */
    LISTEN(10),
    /**
     * The front hands the signals that it gets on to a child that another agent has cloned for it:
     * process id.
     */
    MIND(11);

    final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /** The flag of an operation whose failure does not end the batch. */
  public static final int OPTIONAL = 1;

  private static final int NO_LABEL = -1;
  private static final long TYPE_REGISTER = 1;
  private static final long TYPE_POINTER = 2;

  static final int SEND_FD = 2;
  static final int LAST_WORDS = 4;
  static final int IF_THERE = 8;

  final Kind kind;
  final int flags;
  final int number;
  final String label;
  final Arg[] args;
  int register;
  int labelOffset = NO_LABEL;
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

  /** Returns whether the batch may go on when this operation fails. */
  public boolean optional() {
    return (flags & (OPTIONAL | IF_THERE)) != 0;
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
      if (kind == Kind.SKIP && args[2] instanceof Arg.Constant code && code.value() == each.code) {
        return each;
      }
    }
    throw new IllegalStateException("not a skip: " + label);
  }

  /** Returns the register that takes the result. */
  public int register() {
    return register;
  }

  /**
   * Writes this as ten words.
   *
   * @param noLabel the offset that says that the batch holds no label
   */
  void encode(long[] words, int at, int noLabel) {
    words[at] = Batch.pair(kind.code | flags << 16, number);
    words[at + 1] = Batch.pair(register, labelOffset == NO_LABEL ? noLabel : labelOffset);
    words[at + 2] = Batch.pair(firstReloc, relocCount);
    long types = 0;
    for (int i = 0; i < args.length; i++) {
      Arg arg = args[i];
      if (arg instanceof Arg.Constant constant) {
        words[at + 4 + i] = constant.value;
      } else if (arg instanceof Ref ref) {
        types |= TYPE_REGISTER << (8 * i);
        words[at + 4 + i] = ref.register;
      } else {
        types |= TYPE_POINTER << (8 * i);
        words[at + 4 + i] = ((Data) arg).offset;
      }
    }
    words[at + 3] = types;
  }
}
