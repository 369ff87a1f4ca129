package dev.carafe.runtime.checkpoint;

import dev.carafe.linux.OsString;
import java.util.Arrays;

/**
 * Reads a message of protocol buffers, field by field. What it is given may be anything: it reads
 * nothing beyond its end, and what is no message is an error.
 */
final class WireReader {
  private final byte[] bytes;
  private int at;
  private int field;
  private int kind;
  private long number;
  private byte[] value = new byte[0];

  WireReader(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Goes to the next field; false at the end. */
  boolean next() {
    if (at == bytes.length) {
      return false;
    }
    long tag = varint();
    if (tag >>> 3 == 0 || tag >>> 3 > Integer.MAX_VALUE >>> 2) {
      throw malformed();
    }
    field = (int) (tag >>> 3);
    kind = (int) (tag & 7);
    switch (kind) {
      case WireWriter.VARINT -> number = varint();
      case WireWriter.FIXED64 -> skip(8);
      case WireWriter.FIXED32 -> skip(4);
      case WireWriter.BYTES -> {
        long length = varint();
        int from = at;
        skip(length);
        value = Arrays.copyOfRange(bytes, from, at);
      }
      default -> throw malformed();
    }
    return true;
  }

  /** Returns the number of the field. */
  int field() {
    return field;
  }

  /** Returns the field as an integer of 32 bits, as CRIU has them all. */
  int number() {
    if (kind != WireWriter.VARINT) {
      throw malformed();
    }
    return (int) number;
  }

  /** Returns the field as a bool. */
  boolean flag() {
    return number() != 0;
  }

  /** Returns the field as a string. */
  String text() {
    return OsString.decode(raw());
  }

  /** Returns the field as a message. */
  WireReader message() {
    return new WireReader(raw());
  }

  private byte[] raw() {
    if (kind != WireWriter.BYTES) {
      throw malformed();
    }
    return value;
  }

  private void skip(long length) {
    if (length < 0 || length > bytes.length - at) {
      throw malformed();
    }
    at += (int) length;
  }

  private long varint() {
    long result = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == bytes.length) {
        throw malformed();
      }
      byte next = bytes[at++];
      result |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return result;
      }
    }
    throw malformed();
  }

  private static CriuException malformed() {
    return new CriuException("the answer of criu is malformed");
  }
}
