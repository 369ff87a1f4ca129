package dev.carafe.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * Performs batches in this process. Only plain system calls can be done here, none that changes the
 * process as a whole. An instance has registers of its own and belongs to one thread.
 */
public final class Local implements Executor {
  private final Batch.RegisterCounter counter = new Batch.RegisterCounter();
  private final long[] registers = new long[Batch.RegisterCounter.LIMIT];

  private Local() {}

  /** Returns a new executor. */
  public static Local get() {
    return new Local();
  }

  @Override
  public Batch batch() {
    return new Batch(counter);
  }

  @Override
  public Reply run(Batch batch, Fd... passed) {
    int[] fds = ReplyReader.numbers(batch, passed);
    byte[] answer = Native.run(batch.encode(), registers, fds);
    if (answer == null) {
      throw new IllegalArgumentException("the batch is malformed");
    }
    ReplyReader reader = new ReplyReader(batch, answer);
    if (reader.failed()) {
      closeLeftOpen(batch, reader);
    }
    // After a failure the interpreter has closed what was to be sent.
    return reader.reply(reader.failed() ? List.of() : sent(batch));
  }

  /**
   * A batch that failed between an open and its close has left a descriptor in this JVM, of which
   * nobody knows.
   */
  private static void closeLeftOpen(Batch batch, ReplyReader reader) {
    List<Op> ops = batch.ops();
    int completed = reader.completed();
    for (int i = 0; i < completed; i++) {
      Op op = ops.get(i);
      // What was skipped has the result 0.
      if (opens(op) && reader.result(i) > 2 && !closed(ops, completed, op.register)) {
        long _ = Sys.call(Syscall.CLOSE, reader.result(i));
      }
    }
  }

  private static boolean opens(Op op) {
    if (op.kind != Op.Kind.SYSCALL || op.sendsFd()) {
      return false;
    }
    int nr = op.number;
    return nr == Syscall.OPENAT
        || nr == Syscall.OPENAT2
        || nr == Syscall.OPEN_TREE
        || nr == Syscall.FSOPEN
        || nr == Syscall.FSMOUNT
        || nr == Syscall.SOCKET
        || nr == Syscall.MEMFD_CREATE
        || nr == Syscall.PIDFD_OPEN;
  }

  private static boolean closed(List<Op> ops, int completed, int register) {
    for (int i = 0; i < completed; i++) {
      Op op = ops.get(i);
      if (op.kind == Op.Kind.SYSCALL
          && op.number == Syscall.CLOSE
          && op.args[0] instanceof Ref ref
          && ref.register == register) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes the descriptors that would have been sent; what was skipped is found as it was skipped.
   */
  private List<Fd> sent(Batch batch) {
    List<Fd> all = new ArrayList<>();
    List<Op> ops = batch.ops();
    for (int i = 0; i < ops.size(); i++) {
      Op op = ops.get(i);
      if (op.kind == Op.Kind.SKIP && skips(op)) {
        i += (int) ((Arg.Constant) op.args[1]).value();
      } else if (op.sendsFd() && registers[op.register] >= 0) {
        all.add(Fd.own((int) registers[op.register]));
      }
    }
    return all;
  }

  private boolean skips(Op op) {
    long value =
        op.args[0] instanceof Ref ref
            ? registers[ref.register]
            : op.args[0] instanceof Arg.Constant number ? number.value() : 0;
    long given = ((Arg.Constant) op.args[3]).value();
    int when = (int) ((Arg.Constant) op.args[2]).value();
    if (when == Batch.When.OK.code) {
      return value >= 0;
    }
    if (when == Batch.When.FAILED.code) {
      return value < 0;
    }
    return (when == Batch.When.EQUALS.code) == (value == given);
  }
}
