package dev.carafe.runtime.systemd;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes values as D-Bus does, little-endian: each at a multiple of its own size. */
final class MessageWriter {
  private byte[] bytes = new byte[256];
  private int size;

  int size() {
    return size;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  void align(int to) {
    while (size % to != 0) {
      add(0);
    }
  }

  /** Appends a number of 1, 2, 4 or 8 bytes. */
  void number(int width, long value) {
    align(width);
    for (int i = 0; i < width; i++) {
      add((int) (value >>> (8 * i)));
    }
  }

  void string(String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    number(4, encoded.length);
    add(encoded);
    add(0);
  }

  void signature(String text) {
    add(text.length());
    add(text.getBytes(StandardCharsets.US_ASCII));
    add(0);
  }

  /** Begins an array of elements of a type; returns what {@link #endArray} wants. */
  int beginArray(char type) {
    number(4, 0);
    int lengthAt = size - 4;
    align(alignment(type));
    return lengthAt;
  }

  /** Fills in how long an array has become; what aligned its first element does not count. */
  void endArray(int lengthAt, char type) {
    int start = aligned(lengthAt + 4, alignment(type));
    for (int i = 0; i < 4; i++) {
      bytes[lengthAt + i] = (byte) ((size - start) >>> (8 * i));
    }
  }

  static int aligned(int position, int to) {
    return (position + to - 1) / to * to;
  }

  /** Returns of what a value of a type is at a multiple. */
  static int alignment(char type) {
    return switch (type) {
      case 'y', 'g', 'v' -> 1;
      case 'n', 'q' -> 2;
      case 'x', 't', 'd', '(', '{' -> 8;
      default -> 4;
    };
  }

  void add(byte[] more) {
    for (byte each : more) {
      add(each);
    }
  }

  private void add(int value) {
    if (size == bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * size);
    }
    bytes[size++] = (byte) value;
  }
}
