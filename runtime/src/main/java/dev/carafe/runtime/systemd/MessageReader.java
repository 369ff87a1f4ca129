package dev.carafe.runtime.systemd;

import java.nio.charset.StandardCharsets;

/** Reads values as D-Bus writes them, little-endian. What it reads may be anything. */
final class MessageReader {
  private final byte[] bytes;
  private int at;

  MessageReader(byte[] bytes) {
    this.bytes = bytes;
  }

  boolean atEnd() {
    return at >= bytes.length;
  }

  int position() {
    return at;
  }

  void align(int to) {
    skip(MessageWriter.aligned(at, to) - at);
  }

  void skip(int count) {
    if (count < 0 || count > bytes.length - at) {
      throw new SystemdException("systemd sent a D-Bus message that makes no sense");
    }
    at += count;
  }

  long number(int width) {
    align(width);
    int from = at;
    skip(width);
    long value = 0;
    for (int i = width - 1; i >= 0; i--) {
      value = value << 8 | (bytes[from + i] & 0xff);
    }
    return value;
  }

  String string() {
    return text(length(), StandardCharsets.UTF_8);
  }

  String signature() {
    return text((int) number(1), StandardCharsets.US_ASCII);
  }

  /** Reads a string, an object path or a signature in a variant; anything else is an error. */
  String stringInVariant() {
    return switch (signature()) {
      case "s", "o" -> string();
      case "g" -> signature();
      default -> throw new SystemdException("systemd sent a D-Bus value that is no string");
    };
  }

  private int length() {
    long length = number(4);
    return length > bytes.length ? -1 : (int) length;
  }

  private String text(int length, java.nio.charset.Charset charset) {
    int from = at;
    skip(length);
    String text = new String(bytes, from, length, charset);
    skip(1);
    return text;
  }
}
