package dev.carafe.linux;

import java.util.function.Supplier;

/**
 * Bytes in a batch's data segment. As an argument it is a pointer to them. A system call may write
 * to them; {@link Batch#output} asks for them back.
 */
public final class Data implements Arg {
  final int offset;
  final int length;
  // Made into words only for who reads a plan.
  private final Supplier<String> shown;

  Data(int offset, int length, Supplier<String> shown) {
    this.offset = offset;
    this.length = length;
    this.shown = shown;
  }

  /** Returns a part of these bytes. */
  Data part(int at, int size) {
    return new Data(offset + at, size, shown);
  }

  /** Returns the number of bytes. */
  public int length() {
    return length;
  }

  /** Returns what these bytes are, for a reader of the plan: a quoted string, or a size. */
  public String description() {
    return shown.get();
  }
}
