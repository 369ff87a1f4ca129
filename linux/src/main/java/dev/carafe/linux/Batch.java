package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * A batch of operations for an {@link Executor}: system calls with their arguments, each with a
 * label that names it in an error. A batch is made once, performed once, and stops at its first
 * error. The wire format is described in {@code src/main/native/protocol.h}.
 *
 * <p>Not for use by several threads at once.
 */
public final class Batch {
  static final int HEADER_SIZE = 32;
  static final int OP_SIZE = 80;
  static final int RELOC_SIZE = 16;

  private static final int RELOC_POINTER = 0;
  private static final int RELOC_REGISTER32 = 1;

  private final RegisterCounter registers;
  private final int firstRegister;
  private final List<Op> ops = new ArrayList<>();
  private final List<int[]> relocs = new ArrayList<>();
  private final List<Data> outputs = new ArrayList<>();
  private final List<Batch> nestedBatches = new ArrayList<>();
  private int pendingRelocs;
  private byte[] data = new byte[1024];
  private int dataSize;
  private int passedBase = -1;
  private int passedCount;

  /** Hands out the registers of one executor. */
  public static final class RegisterCounter {
    static final int LIMIT = 4096;
    private int next;

    /** Makes one for a new executor. */
    public RegisterCounter() {}

    int take(int count) {
      int first = next;
      if (first + count > LIMIT) {
        throw new IllegalStateException("an executor has " + LIMIT + " registers, all are in use");
      }
      next += count;
      return first;
    }
  }

  /** Makes an empty batch; executors call this. */
  public Batch(RegisterCounter registers) {
    this.registers = registers;
    this.firstRegister = registers.next;
  }

  /**
   * Gives back the registers of this batch, and of all that this executor made after it, so that
   * later batches can take them. None of their references may be used again.
   */
  public void recycle() {
    registers.next = firstRegister;
  }

  // ---- data

  /** Adds bytes. */
  public Data bytes(byte[] value) {
    int length = value.length;
    return new Data(put(value), length, () -> length + " bytes");
  }

  /** Adds bytes that a plan shows as {@code description}. */
  public Data bytes(byte[] value, String description) {
    return bytes(value, () -> description);
  }

  /** Adds bytes that a plan shows as {@code description} says, which is asked only then. */
  public Data bytes(byte[] value, Supplier<String> description) {
    return new Data(put(value), value.length, description);
  }

  /** Adds a string, ended by a NUL; the length does not count the NUL. */
  public Data string(String value) {
    byte[] encoded = OsString.encodeWithNul(value);
    return new Data(put(encoded), encoded.length - 1, () -> quoted(value));
  }

  /** Adds {@code length} zero bytes, for a call to write to. */
  public Data space(int length) {
    return new Data(allot(length), length, () -> length + " bytes");
  }

  /**
   * Adds an array of pointers to NUL-ended strings, ended by a null pointer, as {@code execve}
   * takes it. The relocations belong to the next operation.
   */
  public Data strings(List<String> values) {
    int at = allot(8 * (values.size() + 1));
    for (int i = 0; i < values.size(); i++) {
      reloc(RELOC_POINTER, at + 8 * i, put(OsString.encodeWithNul(values.get(i))));
    }
    List<String> kept = List.copyOf(values);
    return new Data(at, 8 * (values.size() + 1), () -> quoted(kept));
  }

  private static String quoted(String word) {
    return "\"" + word + "\"";
  }

  private static String quoted(List<String> words) {
    StringBuilder all = new StringBuilder("[");
    for (int i = 0; i < words.size(); i++) {
      all.append(i == 0 ? "" : ", ").append(quoted(words.get(i)));
    }
    return all.append(']').toString();
  }

  /**
   * Before the next operation, writes a pointer to {@code target} at {@code offset} in {@code
   * where}.
   */
  public void pointer(Data where, int offset, Data target) {
    reloc(RELOC_POINTER, where.offset + offset, target.offset);
  }

  /**
   * Before the next operation, writes the low 32 bits of a result at {@code offset} in {@code
   * where}.
   */
  public void register32(Data where, int offset, Ref value) {
    reloc(RELOC_REGISTER32, where.offset + offset, value.register);
  }

  /** Asks for the bytes back in the reply, as they are when the batch has ended. */
  public int output(Data bytes) {
    outputs.add(bytes);
    return outputs.size() - 1;
  }

  /** Returns the bytes of all outputs together. */
  int outputBytes() {
    int sum = 0;
    for (int i = 0; i < outputs.size(); i++) {
      sum = Math.addExact(sum, outputs.get(i).length);
    }
    return sum;
  }

  int outputLength(int index) {
    return outputs.get(index).length;
  }

  // ---- descriptors handed over

  /**
   * Declares that {@code count} descriptors come with this batch; called once, before use.
   *
   * @return a reference to each, in the order of {@link Executor#run}'s arguments
   */
  public Ref[] passed(int count) {
    if (passedBase >= 0) {
      throw new IllegalStateException("passed() is called once");
    }
    passedBase = registers.take(count);
    passedCount = count;
    Ref[] refs = new Ref[count];
    for (int i = 0; i < count; i++) {
      refs[i] = new Ref(passedBase + i, -1);
    }
    return refs;
  }

  int passedCount() {
    return passedCount;
  }

  // ---- operations

  /** Adds a system call whose failure ends the batch. */
  public Ref call(String label, int number, Arg... args) {
    return add(new Op(Op.Kind.SYSCALL, 0, number, label, args));
  }

  /**
   * Adds a system call that may fail: its result is then minus the errno, and the batch goes on.
   */
  public Ref tryCall(String label, int number, Arg... args) {
    return add(new Op(Op.Kind.SYSCALL, Op.OPTIONAL, number, label, args));
  }

  /**
   * Adds a system call that may find nothing: ENOENT and ENOTDIR are a result, as with {@link
   * #tryCall}; any other failure ends the batch.
   */
  public Ref callIfThere(String label, int number, Arg... args) {
    return add(new Op(Op.Kind.SYSCALL, Op.IF_THERE, number, label, args));
  }

  /**
   * Adds a system call whose result is a descriptor that is sent back with the reply and closed in
   * the executor.
   */
  public Ref sendFd(String label, int number, Arg... args) {
    return add(new Op(Op.Kind.SYSCALL, Op.SEND_FD, number, label, args));
  }

  /**
   * Adds a system call before which the executor does what else EXEC does before its exec: it
   * restores the caller's signal mask and dispositions and tells that it is about to exec. For a
   * seccomp filter that might forbid these.
   */
  public Ref lastWords(String label, int number, Arg... args) {
    return add(new Op(Op.Kind.SYSCALL, Op.LAST_WORDS, number, label, args));
  }

  /** Sends a copy of a descriptor back with the reply. */
  public Ref send(String label, Arg fd) {
    // F_DUPFD_CLOEXEC = 1030
    return sendFd(label, Syscall.FCNTL, fd, Arg.of(1030), Arg.ZERO);
  }

  /**
   * Adds a check: the {@code width} bytes (1, 2, 4 or 8) at {@code offset} in {@code where}, as an
   * unsigned number, masked, must equal {@code expected}, else the batch fails with {@code errno}.
   */
  public void check(
      String label, Data where, int offset, int width, long mask, long expected, int errno) {
    Data at = where.part(offset, width);
    add(
        new Op(
            Op.Kind.CHECK,
            0,
            0,
            label,
            new Arg[] {at, Arg.of(width), Arg.of(mask), Arg.of(expected), Arg.of(errno)}));
  }

  /** The condition of a {@link #skip}. */
  public enum When {
    /** The value is not negative: the call succeeded. */
    OK(0),
    /** The value is negative: the call failed. */
    FAILED(1),
    /** The value equals the given one. */
    EQUALS(2),
    /** The value differs from the given one. */
    DIFFERS(3);

    final int code;

    When(int code) {
      this.code = code;
    }
  }

  /**
   * Begins a run of operations that is skipped when {@code value} meets {@code when}; {@link
   * #endSkip} ends it. Runs may be nested.
   */
  public Skip skip(String label, Arg value, When when, long given) {
    Op op =
        new Op(
            Op.Kind.SKIP,
            0,
            0,
            label,
            new Arg[] {value, Arg.ZERO, Arg.of(when.code), Arg.of(given)});
    add(op);
    return new Skip(op, ops.size());
  }

  /** Ends a run of operations that {@link #skip} began. */
  public void endSkip(Skip skip) {
    skip.op.args[1] = Arg.of(ops.size() - skip.start);
  }

  /** A run of operations that may be skipped. */
  public static final class Skip {
    private final Op op;
    private final int start;

    private Skip(Op op, int start) {
      this.op = op;
      this.start = start;
    }
  }

  /** Adds an operation that only an agent can do; see {@link Op.Kind}. */
  public Ref special(Op.Kind kind, int flags, String label, Arg... args) {
    return add(new Op(kind, flags, 0, label, args));
  }

  /** Adds {@code nested} as data; its own descriptors and registers are this executor's. */
  public Data nested(Batch nested) {
    nestedBatches.add(nested);
    nested.addLabels();
    return bytes(nested.encode(), "a batch of " + nested.ops.size() + " operations");
  }

  /** Returns the operations so far, in order. */
  public List<Op> ops() {
    return List.copyOf(ops);
  }

  /** Returns the batches that {@link #nested} took, in order, for a reader of the plan. */
  public List<Batch> nestedBatches() {
    return List.copyOf(nestedBatches);
  }

  /** Returns how long the outputs are together, for who makes up a {@link Reply}. */
  public int outputLength() {
    return outputBytes();
  }

  int size() {
    return ops.size();
  }

  Op op(int index) {
    return ops.get(index);
  }

  private Ref add(Op op) {
    op.firstReloc = relocs.size() - pendingRelocs;
    op.relocCount = pendingRelocs;
    pendingRelocs = 0;
    op.register = registers.take(1);
    ops.add(op);
    return new Ref(op.register, ops.size() - 1);
  }

  private void reloc(int type, int at, int value) {
    relocs.add(new int[] {at, type, value});
    pendingRelocs++;
  }

  private int allot(int length) {
    int at = (dataSize + 7) & ~7;
    int end = Math.addExact(at, length);
    if (end > data.length) {
      data = Arrays.copyOf(data, Math.max(end, data.length * 2));
    }
    dataSize = end;
    return at;
  }

  private int put(byte[] value) {
    int at = allot(value.length);
    System.arraycopy(value, 0, data, at, value.length);
    return at;
  }

  /**
   * Puts the labels into the batch, for an agent that answers to somebody else. The one who sends a
   * batch knows its labels.
   */
  private void addLabels() {
    for (int i = 0; i < ops.size(); i++) {
      ops.get(i).labelOffset = put(OsString.encodeWithNul(ops.get(i).label));
    }
  }

  /** Returns this batch in the wire format. */
  byte[] encode() {
    int relocsAt = HEADER_SIZE + OP_SIZE * ops.size();
    int outsAt = relocsAt + RELOC_SIZE * relocs.size();
    int dataAt = (outsAt + 8 * outputs.size() + 15) & ~15;
    int size = Math.addExact(dataAt, dataSize);
    // In words, and then copied as a whole: byte by byte is slow where no compiler has come yet.
    long[] words = new long[dataAt / 8];
    words[0] = pair(size, ops.size());
    words[1] = pair(relocs.size(), outputs.size());
    words[2] = pair(Math.max(passedBase, 0), passedCount);
    words[3] = pair(dataAt, dataSize);
    for (int i = 0; i < ops.size(); i++) {
      ops.get(i).encode(words, (HEADER_SIZE + OP_SIZE * i) / 8, dataSize);
    }
    for (int i = 0; i < relocs.size(); i++) {
      int[] reloc = relocs.get(i);
      words[relocsAt / 8 + 2 * i] = pair(reloc[0], reloc[1]);
      words[relocsAt / 8 + 2 * i + 1] = reloc[2];
    }
    for (int i = 0; i < outputs.size(); i++) {
      words[outsAt / 8 + i] = pair(outputs.get(i).offset, outputs.get(i).length);
    }
    byte[] message = new byte[size];
    LongBuffer to = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    to.put(words);
    System.arraycopy(data, 0, message, dataAt, dataSize);
    return message;
  }

  /** Returns two 32-bit fields as one word; Carafe's architectures are little-endian. */
  static long pair(int first, int second) {
    return (first & 0xffffffffL) | (long) second << 32;
  }
}
