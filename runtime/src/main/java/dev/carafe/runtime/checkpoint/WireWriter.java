package dev.carafe.runtime.checkpoint;

import dev.carafe.linux.OsString;
import java.util.Arrays;

/** Writes a message of protocol buffers: the kinds of fields that CRIU's have. */
final class WireWriter {
  /** The kinds of fields, in the low three bits of a field's tag. */
  static final int VARINT = 0;

  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;

  private byte[] bytes = new byte[256];
  private int size;

  /** Adds an integer, an enum's number, or a bool as 0 or 1. */
  WireWriter number(int field, long value) {
    varint((long) field << 3 | VARINT);
    varint(value);
    return this;
  }

  /** Adds a bool if it is true. */
  WireWriter flag(int field, boolean value) {
    return value ? number(field, 1) : this;
  }

  /** Adds a string. */
  WireWriter text(int field, String value) {
    return bytes(field, OsString.encode(value));
  }

  /** Adds a message. */
  WireWriter message(int field, WireWriter value) {
    return bytes(field, value.toBytes());
  }

  private WireWriter bytes(int field, byte[] value) {
    varint((long) field << 3 | BYTES);
    varint(value.length);
    room(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
    return this;
  }

  private void varint(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  private void room(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }

  /** Returns the message. */
  byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }
}
