package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers in byte arrays, in this machine's byte order. */
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

  static int getShort(byte[] data, int at) {
    return wrap(data).getShort(at) & 0xffff;
  }

  static int getInt(byte[] data, int at) {
    return wrap(data).getInt(at);
  }

  static long getLong(byte[] data, int at) {
    return wrap(data).getLong(at);
  }

  static void putShort(byte[] data, int at, int value) {
    wrap(data).putShort(at, (short) value);
  }

  static void putInt(byte[] data, int at, int value) {
    wrap(data).putInt(at, value);
  }

  static void putLong(byte[] data, int at, long value) {
    wrap(data).putLong(at, value);
  }
}
