package dev.carafe.spec;

import java.nio.charset.StandardCharsets;

/**
 * A document's text, in which an error finds its place: by the number of the token, counted anew.
 * That costs nothing as long as there is no error.
 */
final class Source {
  private static final int EXCERPT = 40;
  private static final int PATH = 200;

  private final byte[] utf8;
  private final String file;

  /** Made for an error. */
  private String text = "";

  private Source(byte[] utf8, String file) {
    this.utf8 = utf8;
    this.file = file;
  }

  static Source of(byte[] utf8, String file) {
    if (utf8.length > JsonIn.MAX_BYTES) {
      throw new SpecException(
          file, 1, 1, "$", utf8.length + " bytes, more than the " + JsonIn.MAX_BYTES + " allowed");
    }
    Source source = new Source(utf8, file);
    if (!isAscii(utf8)) {
      source.text = source.decoded();
      source.checkUtf8(utf8);
      if (source.text.charAt(0) == '\ufeff') {
        throw new SpecException(file, 1, 1, "$", "begins with a byte order mark; remove it");
      }
    }
    return source;
  }

  private static boolean isAscii(byte[] bytes) {
    int at = 0;
    int length = bytes.length;
    while (at < length && bytes[at] >= 0) {
      at++;
    }
    return at == length;
  }

  private String decoded() {
    return new String(utf8, StandardCharsets.UTF_8);
  }

  byte[] utf8() {
    return utf8;
  }

  /** Makes an error at the token with this number. */
  SpecException fail(int token, String path, String problem) {
    text = decoded();
    return failAt(offset(token), path, problem);
  }

  /** Makes an error at the end of the text. */
  SpecException failAtEnd(String path) {
    text = decoded();
    return failAt(
        text.length(),
        path,
        text.isBlank() ? "the file is empty" : "the file ends before the document does");
  }

  /** Returns the text of a token, shortened. */
  String token(int token) {
    text = decoded();
    int from = offset(token);
    return excerpt(text.substring(from, Math.max(from, tokenEnd(from))));
  }

  /** Shortens a text and takes out what would drive a terminal. */
  static String excerpt(String s) {
    return clean(s, EXCERPT);
  }

  /** Shortens a JSON path, whose names may be the user's. */
  static String cleanPath(String path) {
    return clean(path, PATH);
  }

  private SpecException failAt(int offset, String path, String problem) {
    int line = 1;
    int start = 0;
    for (int i = 0; i < offset; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        start = i + 1;
      }
    }
    return new SpecException(file, line, offset - start + 1, cleanPath(path), problem);
  }

  private static String clean(String s, int limit) {
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < s.length() && i < limit; i++) {
      char c = s.charAt(i);
      boolean shown = c >= ' ' && (c < 0x7f || c >= 0xa0) && !Character.isSurrogate(c);
      b.append(shown ? c : '?');
    }
    return s.length() > limit ? b.append("...").toString() : b.toString();
  }

  /** Finds where a token begins, or the end of the text. All before it is known to be JSON. */
  private int offset(int token) {
    int at = skipBlank(0);
    for (int i = 0; i < token && at < text.length(); i++) {
      at = skipBlank(tokenEnd(at));
    }
    return at;
  }

  private int skipBlank(int from) {
    int at = from;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != ',' && c != ':') {
        break;
      }
      at++;
    }
    return at;
  }

  private int tokenEnd(int from) {
    if (from >= text.length()) {
      return from;
    }
    return switch (text.charAt(from)) {
      case '{', '}', '[', ']' -> from + 1;
      case '"' -> stringEnd(from + 1);
      default -> literalEnd(from + 1);
    };
  }

  private int stringEnd(int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) != '"') {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    return Math.min(at + 1, text.length());
  }

  private int literalEnd(int from) {
    int at = from;
    while (at < text.length() && " \n\t\r,:{}[]\"".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return at;
  }

  private void checkUtf8(byte[] b) {
    int chars = 0;
    int at = 0;
    while (at < b.length) {
      int length = sequence(b, at);
      if (length == 0) {
        throw failAt(
            chars,
            "$",
            "byte "
                + at
                + " is not UTF-8: 0x"
                + Integer.toHexString(b[at] & 0xff)
                + "; a byte of an argument is written as \\udc80 to \\udcff");
      }
      chars += length == 4 ? 2 : 1;
      at += length;
    }
  }

  /** Returns the length of the well-formed UTF-8 sequence at an offset, or 0 (Unicode 3.9, D92). */
  private static int sequence(byte[] b, int at) {
    int lead = b[at] & 0xff;
    if (lead < 0x80) {
      return 1;
    }
    int length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || at + length > b.length) {
      return 0;
    }
    int second = b[at + 1] & 0xff;
    // The bounds of the second byte keep out long forms, surrogates and what is above U+10FFFF.
    int least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    int most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) {
      return 0;
    }
    for (int i = 2; i < length; i++) {
      if ((b[at + i] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
