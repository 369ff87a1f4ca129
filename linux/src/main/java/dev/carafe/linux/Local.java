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
    // After a failure the interpreter has closed what was to be sent.
    return reader.reply(reader.failed() ? List.of() : sent(batch));
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
        i += (int) ((Arg.Constant) op.args[1]).value;
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
            : op.args[0] instanceof Arg.Constant number ? number.value : 0;
    long given = ((Arg.Constant) op.args[3]).value;
    int when = (int) ((Arg.Constant) op.args[2]).value;
    if (when == Batch.When.OK.code) {
      return value >= 0;
    }
    if (when == Batch.When.FAILED.code) {
      return value < 0;
    }
    return (when == Batch.When.EQUALS.code) == (value == given);
  }
}
