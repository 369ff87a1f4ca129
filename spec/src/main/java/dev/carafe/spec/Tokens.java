package dev.carafe.spec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes a JSON text apart, strictly as RFC 8259 has it. It reads the bytes where they lie and
 * copies a string as a whole: on the command line no compiler comes to make more than that fast,
 * and there a general reader took five sixths of the time of a {@code list}.
 */
final class Tokens {
  /** What may come next. */
  enum Token {
    BEGIN_OBJECT,
    END_OBJECT,
    BEGIN_ARRAY,
    END_ARRAY,
    NAME,
    STRING,
    NUMBER,
    BOOLEAN,
    NULL,
    END_DOCUMENT
  }

  /** The text is not JSON: its message says why, as a part of a sentence. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1;

    MalformedException(String problem) {
      super(problem, null, false, false);
    }
  }

  /** The text ends too early. */
  static final String AT_END = "the end";

  /** The next token is none of JSON's. */
  static final String NOT_JSON = "this is not JSON";

  /** No number that anybody reads has more digits. */
  private static final int MAX_LITERAL = 1000;

  // What is open: a document, an array or an object, and how far it has been read.
  private static final byte EMPTY_DOCUMENT = 0;
  private static final byte DOCUMENT = 1;
  private static final byte EMPTY_ARRAY = 2;
  private static final byte ARRAY = 3;
  private static final byte EMPTY_OBJECT = 4;
  private static final byte OBJECT = 5;
  private static final byte NAMED = 6;

  private final byte[] bytes;
  private final int end;
  private final byte[] scopes = new byte[JsonIn.MAX_DEPTH + 1];
  private final int[] indices = new int[JsonIn.MAX_DEPTH + 1];
  private final @Nullable String[] names = new @Nullable String[JsonIn.MAX_DEPTH + 1];
  private int depth;
  private int at;
  private int from;
  private boolean plain;
  private @Nullable Token next;

  Tokens(byte[] utf8) {
    end = utf8.length;
    // A NUL, which is no part of any token, ends what is read: so no look needs a bound.
    bytes = Arrays.copyOf(utf8, end + 1);
  }

  // ---- what is next

  /** Returns what comes next; it stays next. */
  Token peek() throws MalformedException {
    if (next == null) {
      next = find();
    }
    return next;
  }

  private Token find() throws MalformedException {
    switch (scopes[depth]) {
      case EMPTY_DOCUMENT -> scopes[0] = DOCUMENT;
      case DOCUMENT -> {
        blank();
        if (at == end) {
          return Token.END_DOCUMENT;
        }
        throw new MalformedException(NOT_JSON);
      }
      case EMPTY_ARRAY -> {
        scopes[depth] = ARRAY;
        if (mark() == ']') {
          return bracket(Token.END_ARRAY);
        }
      }
      case ARRAY -> {
        byte mark = mark();
        if (mark == ']') {
          return bracket(Token.END_ARRAY);
        }
        separator(mark, "expected a comma or ]");
      }
      case NAMED -> {
        scopes[depth] = OBJECT;
        if (mark() != ':') {
          throw new MalformedException("expected a colon after the name");
        }
        at++;
      }
      default -> {
        return name();
      }
    }
    return value();
  }

  private void separator(byte mark, String problem) throws MalformedException {
    if (mark != ',') {
      throw new MalformedException(mark == ';' ? NOT_JSON : problem);
    }
    at++;
  }

  private Token name() throws MalformedException {
    boolean empty = scopes[depth] == EMPTY_OBJECT;
    byte mark = mark();
    if (mark == '}') {
      return bracket(Token.END_OBJECT);
    }
    if (!empty) {
      separator(mark, "expected a comma or }");
      mark = mark();
    }
    if (mark != '"') {
      throw new MalformedException(mark == '}' ? "expected a name in double quotes" : NOT_JSON);
    }
    scopes[depth] = NAMED;
    return Token.NAME;
  }

  private Token value() throws MalformedException {
    byte mark = mark();
    return switch (mark) {
      case '"' -> Token.STRING;
      case '{' -> bracket(Token.BEGIN_OBJECT);
      case '[' -> bracket(Token.BEGIN_ARRAY);
      default -> literal(mark);
    };
  }

  private Token bracket(Token token) {
    at++;
    return token;
  }

  /** Returns the first byte that is no white space. */
  private byte mark() throws MalformedException {
    blank();
    if (at == end) {
      throw new MalformedException(AT_END);
    }
    return bytes[at];
  }

  private void blank() {
    byte b = bytes[at];
    while (b == ' ' || b == '\n' || b == '\t' || b == '\r') {
      b = bytes[++at];
    }
  }

  // ---- words and numbers

  private Token literal(byte first) throws MalformedException {
    from = at;
    int to = at;
    while (inLiteral(bytes[to])) {
      to++;
    }
    Token token =
        switch (first) {
          case 't' -> is("true", to) ? Token.BOOLEAN : null;
          case 'f' -> is("false", to) ? Token.BOOLEAN : null;
          case 'n' -> is("null", to) ? Token.NULL : null;
          default -> isNumber(to) ? Token.NUMBER : null;
        };
    if (token == null || to - from > MAX_LITERAL || !ends(bytes[to], to)) {
      throw new MalformedException(NOT_JSON);
    }
    at = to;
    return token;
  }

  private static boolean inLiteral(byte b) {
    return (b >= 'a' && b <= 'z')
        || (b >= '0' && b <= '9')
        || b == '-'
        || b == '+'
        || b == '.'
        || b == 'E';
  }

  /** Whether what stands after a literal may stand there. */
  private boolean ends(byte b, int where) {
    return switch (b) {
      case ' ', '\n', '\t', '\r', ',', ':', '{', '}', '[', ']' -> true;
      default -> where == end;
    };
  }

  private boolean is(String word, int to) {
    int length = word.length();
    if (to - from != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[from + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private boolean isNumber(int to) {
    int i = bytes[from] == '-' ? from + 1 : from;
    int digits = digits(i);
    if (digits == i || (bytes[i] == '0' && digits > i + 1)) {
      return false;
    }
    i = digits;
    if (bytes[i] == '.') {
      digits = digits(++i);
      if (digits == i) {
        return false;
      }
      i = digits;
    }
    if (bytes[i] == 'e' || bytes[i] == 'E') {
      i += bytes[i + 1] == '+' || bytes[i + 1] == '-' ? 2 : 1;
      digits = digits(i);
      if (digits == i) {
        return false;
      }
      i = digits;
    }
    return i == to;
  }

  private int digits(int start) {
    int i = start;
    while (bytes[i] >= '0' && bytes[i] <= '9') {
      i++;
    }
    return i;
  }

  // ---- taking it

  void beginObject() throws MalformedException {
    open(EMPTY_OBJECT);
    names[depth] = null;
  }

  void beginArray() throws MalformedException {
    open(EMPTY_ARRAY);
    indices[depth] = 0;
  }

  private void open(byte scope) throws MalformedException {
    if (depth == JsonIn.MAX_DEPTH) {
      throw new MalformedException("nested deeper than " + JsonIn.MAX_DEPTH + " levels");
    }
    scopes[++depth] = scope;
    next = null;
  }

  /** Leaves the object or array whose end is next. */
  void leave() {
    depth--;
    taken();
  }

  /** Takes the name that is next. */
  String nextName() throws MalformedException {
    String name = text();
    names[depth] = name;
    next = null;
    return name;
  }

  /** Takes the string that is next. */
  String nextString() throws MalformedException {
    String string = text();
    taken();
    return string;
  }

  /** Takes the number, the word true or false, or null that is next. */
  String nextLiteral() {
    String literal = new String(bytes, from, at - from, StandardCharsets.ISO_8859_1);
    plain = true;
    taken();
    return literal;
  }

  private void taken() {
    indices[depth]++;
    next = null;
  }

  /** Returns whether the last string or name was ASCII without an escape. */
  boolean wasPlain() {
    return plain;
  }

  // ---- strings

  private String text() throws MalformedException {
    int begin = at + 1;
    int to = begin;
    plain = true;
    while (true) {
      byte b = bytes[to];
      if (b > '\\') {
        to++;
      } else if (b == '"') {
        break;
      } else if (b == '\\') {
        plain = false;
        // An escaped quote ends nothing.
        to += to + 1 < end ? 2 : 1;
      } else if (b < 0) {
        plain = false;
        to++;
      } else if (b >= ' ') {
        to++;
      } else {
        throw new MalformedException(
            to >= end
                ? "a string without an end"
                : "a string with a control character that is not escaped");
      }
    }
    at = to + 1;
    return plain
        ? new String(bytes, begin, to - begin, StandardCharsets.ISO_8859_1)
        : unescaped(new String(bytes, begin, to - begin, StandardCharsets.UTF_8));
  }

  private static String unescaped(String written) throws MalformedException {
    int escape = written.indexOf('\\');
    if (escape < 0) {
      return written;
    }
    StringBuilder to = new StringBuilder(written.length());
    int done = 0;
    while (escape >= 0) {
      to.append(written, done, escape);
      char c = escape + 1 < written.length() ? written.charAt(escape + 1) : 0;
      done = escape + 2;
      switch (c) {
        case '"', '\\', '/' -> to.append(c);
        case 'b' -> to.append('\b');
        case 'f' -> to.append('\f');
        case 'n' -> to.append('\n');
        case 'r' -> to.append('\r');
        case 't' -> to.append('\t');
        case 'u' -> {
          to.append(unicode(written, done));
          done += 4;
        }
        default -> throw badEscape();
      }
      escape = written.indexOf('\\', done);
    }
    return to.append(written, done, written.length()).toString();
  }

  private static char unicode(String written, int from) throws MalformedException {
    if (from + 4 > written.length()) {
      throw badEscape();
    }
    int value = 0;
    for (int i = from; i < from + 4; i++) {
      char c = written.charAt(i);
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw badEscape();
      }
      value = value << 4 | digit;
    }
    return (char) value;
  }

  private static MalformedException badEscape() {
    return new MalformedException("a string with an escape that JSON does not know");
  }

  // ---- where

  /** Returns the path of what is next: {@code $.process.args[1]}. */
  String path() {
    return path(false);
  }

  /** Returns the path of what was taken last. */
  String previousPath() {
    return path(true);
  }

  private String path(boolean previous) {
    StringBuilder path = new StringBuilder("$");
    for (int i = 0; i <= depth; i++) {
      switch (scopes[i]) {
        case EMPTY_ARRAY, ARRAY -> {
          int index = indices[i];
          path.append('[').append(previous && index > 0 && i == depth ? index - 1 : index);
          path.append(']');
        }
        case EMPTY_OBJECT, OBJECT, NAMED -> {
          String name = names[i];
          path.append('.').append(name == null ? "" : name);
        }
        default -> {}
      }
    }
    return path.toString();
  }
}
