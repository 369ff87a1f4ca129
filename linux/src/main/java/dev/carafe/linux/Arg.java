package dev.carafe.linux;

/** An argument of an operation in a {@link Batch}: a number, an earlier result, or bytes. */
public sealed interface Arg permits Arg.Constant, Ref, Data {

  /** The number -1, which many calls take as "none". */
  Arg NONE = new Constant(-1);

  /** The number 0. */
  Arg ZERO = new Constant(0);

  /** {@code AT_FDCWD}: paths are relative to the executor's working directory. */
  Arg CWD = new Constant(-100);

  /** Returns an argument that is the number {@code value}. */
  static Arg of(long value) {
    return new Constant(value);
  }

  /** Returns an argument that is the number of an open descriptor of this executor's process. */
  static Arg of(Fd fd) {
    return new Constant(fd.number());
  }

  /** A number, known when the batch is made. */
  final class Constant implements Arg {
    final long value;

    Constant(long value) {
      this.value = value;
    }

    /** Returns the number. */
    public long value() {
      return value;
    }
  }
}
