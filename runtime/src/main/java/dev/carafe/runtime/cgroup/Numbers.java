package dev.carafe.runtime.cgroup;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A structure of the kernel, in this machine's byte order. */
final class Numbers {
  private final ByteBuffer to;

  Numbers(int size) {
    to = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }

  Numbers putInt(int at, int value) {
    to.putInt(at, value);
    return this;
  }

  void putText(int at, String text) {
    to.put(at, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  byte[] bytes() {
    return to.array();
  }
}
