package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Numbers in byte arrays, in the byte order of all our architectures. Without {@link ByteBuffer},
 * since on the command line no compiler comes to make that fast.
 */
final class Bytes {
  private Bytes() {}

  static ByteBuffer wrap(byte[] data) {
    return ByteBuffer.wrap(data).order(ByteOrder.nativeOrder());
  }

  /** Returns the bytes of 64-bit numbers. */
  static byte[] longs(long... values) {
    byte[] data = new byte[8 * values.length];
    for (int i = 0; i < values.length; i++) {
      putLong(data, 8 * i, values[i]);
    }
    return data;
  }

  /** Returns the bytes of 32-bit numbers. */
  static byte[] ints(int... values) {
    byte[] data = new byte[4 * values.length];
    for (int i = 0; i < values.length; i++) {
      putInt(data, 4 * i, values[i]);
    }
    return data;
  }

  /** Returns 64-bit numbers that follow each other, copied as a whole. */
  static long[] getLongs(byte[] data, int at, int count) {
    long[] numbers = new long[count];
    ByteBuffer.wrap(data, at, 8 * count).order(ByteOrder.nativeOrder()).asLongBuffer().get(numbers);
    return numbers;
  }

  static int getShort(byte[] data, int at) {
    return (data[at] & 0xff) | (data[at + 1] & 0xff) << 8;
  }

  static int getInt(byte[] data, int at) {
    return getShort(data, at) | getShort(data, at + 2) << 16;
  }

  static long getLong(byte[] data, int at) {
    return (getInt(data, at) & 0xffffffffL) | (long) getInt(data, at + 4) << 32;
  }

  static void putShort(byte[] data, int at, int value) {
    data[at] = (byte) value;
    data[at + 1] = (byte) (value >> 8);
  }

  static void putInt(byte[] data, int at, int value) {
    data[at] = (byte) value;
    data[at + 1] = (byte) (value >> 8);
    data[at + 2] = (byte) (value >> 16);
    data[at + 3] = (byte) (value >> 24);
  }

  static void putLong(byte[] data, int at, long value) {
    putInt(data, at, (int) value);
    putInt(data, at + 4, (int) (value >>> 32));
  }
}
