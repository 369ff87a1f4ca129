package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Op;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import java.util.ArrayList;
import java.util.List;

/**
 * Performs nothing, writes down what it was asked to perform, and answers success: every result and
 * every output is 0, and every descriptor is an empty file.
 */
final class PlanRecorder implements Executor {
  private static final int AT_FDCWD = -100;
  private static final int SMALL = 4096;

  private final String process;
  private final List<PlannedCall> plan;
  private final Batch.RegisterCounter counter = new Batch.RegisterCounter();

  PlanRecorder(String process, List<PlannedCall> plan) {
    this.process = process;
    this.plan = plan;
  }

  /** Writes down what is more than a batch. */
  void note(String operation, String call) {
    plan.add(new PlannedCall(process, "create", operation, call, 0, "", false));
  }

  /** Returns a descriptor that a plan hands around. */
  static Fd placeholder() {
    return Sys.memfdCreate("carafe-plan", Sys.MFD_CLOEXEC);
  }

  @Override
  public Batch batch() {
    return new Batch(counter);
  }

  @Override
  public Reply run(Batch batch, Fd... passed) {
    write(batch, "create");
    List<Op> ops = batch.ops();
    List<Fd> sent = new ArrayList<>();
    int next = 0;
    while (next < ops.size()) {
      Op op = ops.get(next++);
      if (op.kind() == Op.Kind.SKIP) {
        next += skipped(op);
      } else if (op.sendsFd() || op.kind() == Op.Kind.CLONE) {
        sent.add(placeholder());
      }
    }
    return new Reply(new long[ops.size()], new byte[batch.outputLength()], sent);
  }

  /** With 0 as every result. */
  private static int skipped(Op op) {
    Arg[] args = op.args();
    long given = number(args[3]);
    boolean skips =
        switch (op.when()) {
          case OK -> true;
          case FAILED -> false;
          case EQUALS -> given == 0;
          case DIFFERS -> given != 0;
        };
    return skips ? (int) number(args[1]) : 0;
  }

  /** What stands under a condition that success does not meet is a branch. */
  private record Branch(int end, String condition) {}

  private void write(Batch batch, String moment) {
    List<Op> ops = batch.ops();
    List<Branch> branches = new ArrayList<>();
    for (int i = 0; i < ops.size(); i++) {
      while (!branches.isEmpty() && branches.getLast().end() <= i) {
        branches.removeLast();
      }
      Op op = ops.get(i);
      if (op.kind() != Op.Kind.SKIP) {
        String condition = branches.isEmpty() ? "" : branches.getLast().condition();
        plan.add(
            new PlannedCall(
                process, moment, op.label(), call(op), branches.size(), condition, op.optional()));
      } else if (skipped(op) > 0) {
        branches.add(new Branch(i + 1 + skipped(op), condition(op)));
      }
    }
    for (Batch nested : batch.nestedBatches()) {
      write(nested, "start");
    }
  }

  /** Returns when what a skip would leave out is performed. */
  private static String condition(Op skip) {
    Arg[] args = skip.args();
    return "if "
        + word(args[0])
        + switch (skip.when()) {
          case OK -> " failed";
          case FAILED -> " succeeded";
          case EQUALS -> " is not " + word(args[3]);
          case DIFFERS -> " is " + word(args[3]);
        };
  }

  private static String call(Op op) {
    Arg[] args = op.args();
    return switch (op.kind()) {
      case CHECK -> check(args);
      case SYSCALL -> result(op) + Syscall.name(op.number()) + list(args);
      case CLONE -> result(op) + "clone3" + list(args);
      case RUN -> "run" + list(args);
      case HOLD -> "hold" + list(args);
      case EXEC -> "execve" + list(args);
      case WAIT -> "wait" + list(args);
      case EXIT -> "exit" + list(args);
      case FILTER -> "filter" + list(args);
      case LISTEN -> result(op) + "seccomp" + list(args);
      case MIND -> "mind" + list(args);
      case SKIP -> "";
    };
  }

  private static String result(Op op) {
    return "$" + op.register() + " = ";
  }

  private static String check(Arg[] args) {
    return "check that "
        + number(args[1])
        + " bytes of "
        + word(args[0])
        + " are "
        + word(args[3])
        + ", else "
        + Errno.name((int) number(args[4]));
  }

  private static String list(Arg[] args) {
    StringBuilder text = new StringBuilder("(");
    for (int i = 0; i < args.length; i++) {
      text.append(i == 0 ? "" : ", ").append(word(args[i]));
    }
    return text.append(')').toString();
  }

  private static String word(Arg arg) {
    if (arg instanceof Ref ref) {
      return "$" + ref.register();
    }
    if (arg instanceof Data data) {
      return data.description();
    }
    long value = number(arg);
    if (value == AT_FDCWD) {
      return "AT_FDCWD";
    }
    return value < 0 || value < SMALL ? Long.toString(value) : "0x" + Long.toHexString(value);
  }

  private static long number(Arg arg) {
    return arg instanceof Arg.Constant constant ? constant.value() : 0;
  }
}
