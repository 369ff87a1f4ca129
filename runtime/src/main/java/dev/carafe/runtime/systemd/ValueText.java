package dev.carafe.runtime.systemd;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads values as people write them: GVariant's text format, as far as properties of units need it.
 * Booleans; numbers, an {@code int32} unless {@code uint64} or the like stands before them; strings
 * in either quotes; arrays, {@code ['a', 'b']}, an empty one with its type before it, {@code @as
 * []}; tuples; variants, {@code <1>}.
 */
public final class ValueText {
  private static final int DEPTH = 32;

  private final String text;
  private int at;

  private ValueText(String text) {
    this.text = text;
  }

  /**
   * Reads one value.
   *
   * @throws IllegalArgumentException if it is none, with the reason
   */
  public static Value parse(String text) {
    ValueText from = new ValueText(text);
    Value value = from.value("", 0);
    from.space();
    if (from.at < text.length()) {
      throw from.wrong("the end");
    }
    return value;
  }

  private IllegalArgumentException wrong(String wanted) {
    return new IllegalArgumentException(
        "expected " + wanted + " at character " + (at + 1) + " of \"" + text + "\"");
  }

  private void space() {
    while (at < text.length() && text.charAt(at) <= ' ') {
      at++;
    }
  }

  private char peek() {
    space();
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private void expect(char c) {
    if (peek() != c) {
      throw wrong("'" + c + "'");
    }
    at++;
  }

  /**
   * Reads a value.
   *
   * @param type its type, empty if it says that itself
   */
  private Value value(String type, int depth) {
    if (depth > DEPTH) {
      throw wrong("less depth");
    }
    char c = peek();
    if (c == '[') {
      return array(type, depth);
    }
    if (c == '(') {
      return struct(type, depth);
    }
    if (c == '<') {
      at++;
      Value value = value("", depth + 1);
      expect('>');
      return new Value.Variant(value);
    }
    if (c == '@') {
      at++;
      return value(word(), depth + 1);
    }
    if (c == '\'' || c == '"') {
      return quoted(type);
    }
    if (c == 'b'
        && at + 1 < text.length()
        && (text.charAt(at + 1) == '\'' || text.charAt(at + 1) == '"')) {
      at++;
      return Value.bytes((string() + "\0").getBytes(StandardCharsets.UTF_8));
    }
    int start = at;
    String word = word();
    if (word.equals("true") || word.equals("false")) {
      return Value.of(word.equals("true"));
    }
    String named = named(word);
    if (!named.isEmpty()) {
      return value(named, depth + 1);
    }
    at = start;
    return number(type.isEmpty() ? 'i' : type.charAt(0), word);
  }

  private static String named(String word) {
    return switch (word) {
      case "boolean" -> "b";
      case "byte" -> "y";
      case "int16" -> "n";
      case "uint16" -> "q";
      case "int32" -> "i";
      case "uint32" -> "u";
      case "int64" -> "x";
      case "uint64" -> "t";
      case "double" -> "d";
      case "string" -> "s";
      case "objectpath" -> "o";
      case "signature" -> "g";
      default -> "";
    };
  }

  private String word() {
    space();
    int from = at;
    while (at < text.length() && " ,]>)'\"[<".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    if (from == at) {
      throw wrong("a value");
    }
    return text.substring(from, at);
  }

  private Value number(char type, String word) {
    try {
      Value value =
          switch (type) {
            case 'd' -> new Value.Scalar('d', Double.doubleToLongBits(Double.parseDouble(word)));
            case 't' -> new Value.Scalar('t', parseUnsigned(word));
            case 'x' -> new Value.Scalar('x', Long.decode(word));
            case 'y' -> ranged(type, word, 0, 0xff);
            case 'n' -> ranged(type, word, Short.MIN_VALUE, Short.MAX_VALUE);
            case 'q' -> ranged(type, word, 0, 0xffff);
            case 'i' ->
                // A number with a fraction says by it that it is no int32.
                word.indexOf('.') >= 0
                    ? number('d', word)
                    : ranged(type, word, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case 'u' -> ranged(type, word, 0, 0xffffffffL);
            default -> throw wrong("a value of type " + type);
          };
      at += word.length();
      return value;
    } catch (NumberFormatException e) {
      throw wrong("a value");
    }
  }

  private static long parseUnsigned(String word) {
    return word.startsWith("0x")
        ? Long.parseUnsignedLong(word.substring(2), 16)
        : Long.parseUnsignedLong(word);
  }

  private Value ranged(char type, String word, long from, long to) {
    long value = Long.decode(word);
    if (value < from || value > to) {
      throw wrong("a number from " + from + " to " + to);
    }
    return new Value.Scalar(type, value);
  }

  private Value quoted(String type) {
    char kind = type.isEmpty() ? 's' : type.charAt(0);
    if (kind != 's' && kind != 'o' && kind != 'g') {
      throw wrong("a value of type " + type);
    }
    return new Value.Text(kind, string());
  }

  private String string() {
    char quote = text.charAt(at++);
    StringBuilder to = new StringBuilder();
    while (at < text.length() && text.charAt(at) != quote) {
      char c = text.charAt(at++);
      if (c == '\\' && at < text.length()) {
        c = text.charAt(at++);
        c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
      }
      to.append(c);
    }
    if (at == text.length()) {
      throw wrong("the quote that ends a string");
    }
    at++;
    return to.toString();
  }

  private Value array(String type, int depth) {
    if (!type.isEmpty() && type.charAt(0) != 'a') {
      throw wrong("a value of type " + type);
    }
    String element = type.isEmpty() ? "" : type.substring(1);
    at++;
    List<Value> all = new ArrayList<>();
    while (peek() != ']') {
      if (!all.isEmpty()) {
        expect(',');
      }
      Value value = value(element, depth + 1);
      if (element.isEmpty()) {
        element = value.signature();
      } else if (!element.equals(value.signature())) {
        throw wrong("a value of type " + element + " before this");
      }
      all.add(value);
    }
    at++;
    if (element.isEmpty()) {
      throw wrong("the type of the empty array, such as @as, before this");
    }
    return new Value.Array(element, all);
  }

  private Value struct(String type, int depth) {
    at++;
    List<Value> fields = new ArrayList<>();
    while (peek() != ')') {
      if (!fields.isEmpty()) {
        expect(',');
        if (peek() == ')') {
          break;
        }
      }
      fields.add(value("", depth + 1));
    }
    at++;
    if (fields.isEmpty()) {
      throw wrong("a field of the tuple before this");
    }
    Value.Struct struct = new Value.Struct(fields);
    if (!type.isEmpty() && !type.equals(struct.signature())) {
      throw wrong("a value of type " + type + " before this");
    }
    return struct;
  }
}
