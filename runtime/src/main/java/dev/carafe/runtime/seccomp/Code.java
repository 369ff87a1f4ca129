package dev.carafe.runtime.seccomp;

import java.util.Arrays;

/** Instructions of a filter ({@code struct sock_filter}), one after the other. */
final class Code {
  static final int SIZE = 8;

  // The fields of struct seccomp_data.
  static final int NUMBER = 0;
  static final int ARCH = 4;

  private static final int LOAD = 0x20;
  private static final int JUMP = 0x05;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int JUMP_IF_AT_LEAST = 0x35;
  private static final int RETURN = 0x06;

  private byte[] bytes = new byte[1024];
  private int count;

  /** Returns how many instructions there are. */
  int count() {
    return count;
  }

  byte[] bytes() {
    return Arrays.copyOf(bytes, count * SIZE);
  }

  void load(int field) {
    add(LOAD, 0, 0, field);
  }

  void returns(int action) {
    add(RETURN, 0, 0, action);
  }

  /** Adds a jump over {@code over} instructions. */
  void jump(int over) {
    add(JUMP, 0, 0, over);
  }

  /** Adds a jump over {@code over} instructions, at most 255, if what is loaded is equal. */
  void ifEqual(int value, int over) {
    add(JUMP_IF_EQUAL, over, 0, value);
  }

  /** Adds a jump over {@code over} instructions, at most 255, if what is loaded is not less. */
  void ifAtLeast(int value, int over) {
    add(JUMP_IF_AT_LEAST, over, 0, value);
  }

  /** Adds all of another one. */
  void append(byte[] program) {
    grow(program.length);
    System.arraycopy(program, 0, bytes, count * SIZE, program.length);
    count += program.length / SIZE;
  }

  /**
   * Adds all of one that libseccomp made for one architecture, which was looked at before. Its look
   * at that gives way to a load of the call's number: version 2.5 leaves that out where the first
   * of its rules is about a call that has no number there, and compares the architecture instead.
   */
  void appendForArch(byte[] program) {
    int start = count;
    append(program);
    int at = start * SIZE;
    boolean looks =
        program.length > 2 * SIZE
            && bytes[at] == LOAD
            && bytes[at + 4] == ARCH
            && bytes[at + SIZE] == JUMP_IF_EQUAL
            && bytes[at + SIZE + 2] == 0;
    if (looks) {
      int end = count;
      count = start;
      load(NUMBER);
      jump(0);
      count = end;
    }
  }

  /** Makes the instruction at {@code at} a jump to the end as it is now. */
  void jumpHere(int at) {
    int end = count;
    count = at;
    jump(end - at - 1);
    count = end;
  }

  private void grow(int by) {
    if (count * SIZE + by > bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * (bytes.length + by));
    }
  }

  private void add(int operation, int ifTrue, int ifFalse, int value) {
    grow(SIZE);
    int at = count++ * SIZE;
    bytes[at] = (byte) operation;
    bytes[at + 1] = 0;
    bytes[at + 2] = (byte) ifTrue;
    bytes[at + 3] = (byte) ifFalse;
    bytes[at + 4] = (byte) value;
    bytes[at + 5] = (byte) (value >>> 8);
    bytes[at + 6] = (byte) (value >>> 16);
    bytes[at + 7] = (byte) (value >>> 24);
  }
}
