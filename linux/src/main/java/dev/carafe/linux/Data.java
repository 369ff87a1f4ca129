package dev.carafe.linux;

/**
 * Bytes in a batch's data segment. As an argument it is a pointer to them. A system call may write
 * to them; {@link Batch#output} asks for them back.
 */
public final class Data implements Arg {
  final int offset;
  final int length;
  private final String description;

  Data(int offset, int length, String description) {
    this.offset = offset;
    this.length = length;
    this.description = description;
  }

  /** Returns the number of bytes. */
  public int length() {
    return length;
  }

  /** Returns what these bytes are, for a reader of the plan: a quoted string, or a size. */
  public String description() {
    return description;
  }
}
