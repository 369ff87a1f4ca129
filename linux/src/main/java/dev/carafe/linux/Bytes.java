package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers in byte arrays, in this machine's byte order. */
final class Bytes {
  private Bytes() {}

  static ByteBuffer wrap(byte[] data) {
    return ByteBuffer.wrap(data).order(ByteOrder.nativeOrder());
  }

  /** Returns a buffer of zeros. */
  static ByteBuffer zeros(int size) {
    return wrap(new byte[size]);
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

  static void putInt(byte[] data, int at, int value) {
    wrap(data).putInt(at, value);
  }

  static void putLong(byte[] data, int at, long value) {
    wrap(data).putLong(at, value);
  }
}
