package dev.carafe.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Strings of the operating system, which are bytes. They are read as UTF-8; a byte that is not part
 * of a well-formed character becomes the lone surrogate U+DC00 + byte, so that any bytes come back
 * exactly.
 */
public final class OsString {
  private static final int ESCAPE = 0xDC00;

  private OsString() {}

  /** Returns the string for {@code bytes}. */
  public static String decode(byte[] bytes) {
    return decode(bytes, 0, bytes.length);
  }

  /** Returns the string for {@code length} bytes at {@code offset}. */
  public static String decode(byte[] bytes, int offset, int length) {
    int end = offset + length;
    int i = offset;
    while (i < end && bytes[i] >= 0) {
      i++;
    }
    if (i == end) {
      return new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
    }
    StringBuilder to = new StringBuilder(length);
    i = offset;
    while (i < end) {
      int size = wellFormed(bytes, i, end);
      if (size == 0) {
        to.append((char) (ESCAPE + (bytes[i] & 0xff)));
        i++;
      } else {
        to.appendCodePoint(codePoint(bytes, i, size));
        i += size;
      }
    }
    return to.toString();
  }

  /**
   * Returns the bytes of {@code text}.
   *
   * @throws IllegalArgumentException if it holds a surrogate that stands for no byte
   */
  public static byte[] encode(String text) {
    // Nearly all strings are ASCII, and most are encoded where no compiler has come yet: copied as
    // a whole and then looked through. A character that has no byte in Latin-1 becomes '?'.
    byte[] plain = text.getBytes(StandardCharsets.ISO_8859_1);
    int length = plain.length;
    for (int i = 0; i < length; i++) {
      byte b = plain[i];
      if (b < 0 || b == '?') {
        return encodeSlowly(text, 0);
      }
    }
    return plain;
  }

  /**
   * Returns the bytes of {@code text} and a NUL, as system calls take them.
   *
   * @throws IllegalArgumentException if it holds a NUL already, at which the kernel would cut it,
   *     or a surrogate that stands for no byte
   */
  public static byte[] encodeWithNul(String text) {
    byte[] plain = text.getBytes(StandardCharsets.ISO_8859_1);
    int length = plain.length;
    byte[] ended = Arrays.copyOf(plain, length + 1);
    int i = 0;
    while (true) {
      // Letters pass with one comparison, and the NUL stops this.
      while (ended[i] > '?') {
        i++;
      }
      if (ended[i] <= 0 || ended[i] == '?') {
        return i == length ? ended : encodeSlowlyWithNul(text);
      }
      i++;
    }
  }

  private static byte[] encodeSlowlyWithNul(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "a string for the kernel holds a NUL character: \"" + text.replace("\0", "\\0") + '"');
    }
    return encodeSlowly(text, 1);
  }

  private static byte[] encodeSlowly(String text, int more) {
    int length = text.length();
    int size = 0;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        size += 1;
      } else if (c < 0x800) {
        size += 2;
      } else if (!Character.isSurrogate(c)) {
        size += 3;
      } else if (isPair(text, i)) {
        size += 4;
        i++;
      } else if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff) {
        size += 1;
      } else {
        throw new IllegalArgumentException(
            "a lone surrogate U+" + Integer.toHexString(c) + " at index " + i + " has no bytes");
      }
    }
    byte[] to = new byte[size + more];
    int at = 0;
    for (int i = 0; i < length; i++) {
      int c = text.charAt(i);
      if (c < 0x80) {
        to[at++] = (byte) c;
      } else if (c < 0x800) {
        to[at++] = (byte) (0xc0 | c >> 6);
        to[at++] = tail(c);
      } else if (isPair(text, i)) {
        c = text.codePointAt(i);
        to[at++] = (byte) (0xf0 | c >> 18);
        to[at++] = tail(c >> 12);
        to[at++] = tail(c >> 6);
        to[at++] = tail(c);
        i++;
      } else if (Character.isSurrogate((char) c)) {
        to[at++] = (byte) (c - ESCAPE);
      } else {
        to[at++] = (byte) (0xe0 | c >> 12);
        to[at++] = tail(c >> 6);
        to[at++] = tail(c);
      }
    }
    return to;
  }

  private static boolean isPair(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        && i + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(i + 1));
  }

  private static byte tail(int bits) {
    return (byte) (0x80 | (bits & 0x3f));
  }

  /** Returns the length of the well-formed character at {@code i} (Unicode, table 3-7), or 0. */
  private static int wellFormed(byte[] bytes, int i, int end) {
    int first = bytes[i] & 0xff;
    if (first < 0x80) {
      return 1;
    }
    int size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (size == 0 || end - i < size) {
      return 0;
    }
    int second = bytes[i + 1] & 0xff;
    // Overlong forms, surrogates and what lies above U+10FFFF are told by the second byte.
    int low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    int high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) {
      return 0;
    }
    for (int k = 2; k < size; k++) {
      if ((bytes[i + k] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return size;
  }

  private static int codePoint(byte[] bytes, int i, int size) {
    int value = size == 1 ? bytes[i] : bytes[i] & (0xff >> (size + 1));
    for (int k = 1; k < size; k++) {
      value = value << 6 | (bytes[i + k] & 0x3f);
    }
    return value;
  }
}
