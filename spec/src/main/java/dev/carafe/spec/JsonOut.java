package dev.carafe.spec;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Writes JSON, compact or indented as runc does.
 *
 * <p>A lone surrogate, which stands for a byte that is not UTF-8 (see {@link JsonIn}), is written
 * as an escape, so that the output is always UTF-8 and reads back the same.
 */
public final class JsonOut {
  private static final String HEX = "0123456789abcdef";

  private final StringBuilder out = new StringBuilder(1024);
  private final String indent;
  private int depth;
  private boolean first = true;
  private boolean named;
  private boolean ascii = true;

  private JsonOut(String indent) {
    this.indent = indent;
  }

  /** Begins a document on one line. */
  public static JsonOut compact() {
    return new JsonOut("");
  }

  /** Begins a document with a line for each value, indented by this for each level. */
  public static JsonOut indented(String indent) {
    return new JsonOut(indent);
  }

  /** Begins an object. */
  public JsonOut beginObject() {
    return open('{');
  }

  /** Ends the object. */
  public JsonOut endObject() {
    return close('}');
  }

  /** Begins an array. */
  public JsonOut beginArray() {
    return open('[');
  }

  /** Ends the array. */
  public JsonOut endArray() {
    return close(']');
  }

  /** Writes the name of the field whose value is next. */
  public JsonOut name(String name) {
    separate();
    quote(name);
    out.append(indent.isEmpty() ? ":" : ": ");
    named = true;
    return this;
  }

  /** Writes a string. */
  public JsonOut string(String value) {
    separate();
    quote(value);
    return this;
  }

  /** Writes a signed number. */
  public JsonOut number(long value) {
    separate();
    out.append(value);
    return this;
  }

  /** Writes a number that is finite, a whole one without a point. */
  public JsonOut number(double value) {
    separate();
    if (value == (long) value) {
      out.append((long) value);
    } else {
      out.append(value);
    }
    return this;
  }

  /** Writes a number whose 64 bits are unsigned. */
  public JsonOut unsigned(long value) {
    separate();
    out.append(value >= 0 ? Long.toString(value) : Long.toUnsignedString(value));
    return this;
  }

  /** Writes true or false. */
  public JsonOut bool(boolean value) {
    separate();
    out.append(value);
    return this;
  }

  /** Writes null. */
  public JsonOut nothing() {
    separate();
    out.append("null");
    return this;
  }

  /** Writes a field with a string. */
  public JsonOut field(String name, String value) {
    return name(name).string(value);
  }

  /** Writes a field with a signed number. */
  public JsonOut field(String name, long value) {
    return name(name).number(value);
  }

  /** Writes a field with true or false. */
  public JsonOut field(String name, boolean value) {
    return name(name).bool(value);
  }

  /** Writes a field with a string, if there is one. */
  public JsonOut field(String name, Optional<String> value) {
    return value.isPresent() ? field(name, value.get()) : this;
  }

  /** Writes a field with a signed number, if there is one. */
  public JsonOut field(String name, OptionalLong value) {
    return value.isPresent() ? field(name, value.getAsLong()) : this;
  }

  /** Writes a field with a signed number, if there is one. */
  public JsonOut field(String name, OptionalInt value) {
    return value.isPresent() ? field(name, value.getAsInt()) : this;
  }

  /** Writes a field with a number whose 64 bits are unsigned, if there is one. */
  public JsonOut unsignedField(String name, OptionalLong value) {
    return value.isPresent() ? name(name).unsigned(value.getAsLong()) : this;
  }

  /** Writes a field with an array of strings. */
  public JsonOut strings(String name, Iterable<String> values) {
    name(name).beginArray();
    for (Iterator<String> i = values.iterator(); i.hasNext(); ) {
      string(i.next());
    }
    return endArray();
  }

  /** Writes a field with an object of strings. */
  public JsonOut stringMap(String name, Map<String, String> values) {
    name(name).beginObject();
    for (Map.Entry<String, String> e : values.entrySet()) {
      field(e.getKey(), e.getValue());
    }
    return endObject();
  }

  /** Returns the document as UTF-8. */
  public byte[] toBytes() {
    // What is all ASCII is copied as a whole.
    return toString().getBytes(ascii ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
  }

  /** Returns the document. */
  @Override
  public String toString() {
    if (depth != 0 || named) {
      throw new IllegalStateException("the JSON document is not complete");
    }
    return out.toString();
  }

  private JsonOut open(char bracket) {
    separate();
    out.append(bracket);
    depth++;
    first = true;
    return this;
  }

  private JsonOut close(char bracket) {
    if (depth == 0 || named) {
      throw new IllegalStateException("nothing to close with " + bracket);
    }
    depth--;
    if (!first) {
      newLine();
    }
    out.append(bracket);
    first = false;
    return this;
  }

  private void separate() {
    if (named) {
      named = false;
      return;
    }
    if (depth == 0) {
      if (!first) {
        throw new IllegalStateException("a JSON document has one value");
      }
    } else {
      if (!first) {
        out.append(',');
      }
      newLine();
    }
    first = false;
  }

  private void newLine() {
    if (!indent.isEmpty()) {
      out.append('\n');
      for (int i = 0; i < depth; i++) {
        out.append(indent);
      }
    }
  }

  /** Asks whole bytes, which is faster than character by character where nothing is compiled. */
  private static boolean isPlain(String s) {
    byte[] latin = s.getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < latin.length; i++) {
      byte b = latin[i];
      // A character that is not in Latin-1 has become '?'.
      if (b < ' ' || b == '"' || b == '\\' || b == '?' || b == 0x7f) {
        return false;
      }
    }
    return true;
  }

  private void quote(String s) {
    out.append('"');
    if (isPlain(s)) {
      out.append(s).append('"');
      return;
    }
    ascii = false;
    int done = 0;
    int length = s.length();
    for (int i = 0; i < length; i++) {
      char c = s.charAt(i);
      if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < length
          && Character.isLowSurrogate(s.charAt(i + 1))) {
        i++;
        continue;
      }
      // U+2028 and U+2029 end a line in JavaScript; DEL and the C1 codes drive a terminal.
      boolean escape =
          c < ' '
              || c == '"'
              || c == '\\'
              || (c >= 0x7f && c < 0xa0)
              || c == 0x2028
              || c == 0x2029
              || Character.isSurrogate(c);
      if (escape) {
        out.append(s, done, i);
        escape(c);
        done = i + 1;
      }
    }
    out.append(s, done, length).append('"');
  }

  private void escape(char c) {
    switch (c) {
      case '"', '\\' -> out.append('\\').append(c);
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default ->
          out.append("\\u")
              .append(HEX.charAt(c >> 12))
              .append(HEX.charAt(c >> 8 & 15))
              .append(HEX.charAt(c >> 4 & 15))
              .append(HEX.charAt(c & 15));
    }
  }
}
