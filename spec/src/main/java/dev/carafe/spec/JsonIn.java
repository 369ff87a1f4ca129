package dev.carafe.spec;

import dev.carafe.spec.Tokens.MalformedException;
import dev.carafe.spec.Tokens.Token;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON document strictly, value by value. Whatever is wrong becomes a {@link SpecException}
 * that names the place.
 *
 * <p>An object is read so; fields whose value is {@code null} are passed over, since Go programs
 * write it for what is absent:
 *
 * {@snippet :
 * in.object();
 * while (in.next()) {
 *   switch (in.name()) {
 *     case "path" -> path = in.string();
 *     case "readonly" -> readonly = in.bool();
 *     default -> in.skip();
 *   }
 * }
 * return new Root(in.required(path, "path"), readonly);
 * }
 *
 * <p>Bytes of a command line that are not UTF-8 travel in strings as the lone surrogates U+DC80 to
 * U+DCFF, one for each byte. They are accepted when escaped; any other lone surrogate is an error.
 */
public final class JsonIn {
  /** How deep arrays and objects may nest. The spec's own depth is 8. */
  public static final int MAX_DEPTH = 64;

  /**
   * How many bytes a document may have. The kernel takes 6 MiB of arguments and environment at the
   * very most, real files have 10 to 100 KiB, and a reader's heap is small.
   */
  public static final int MAX_BYTES = 4 << 20;

  /** Reads one value. */
  @FunctionalInterface
  public interface Item<T> {
    /** Reads the value at which the document stands. */
    T read(JsonIn in);
  }

  private final Source source;
  private final Tokens reader;
  private final Deque<Frame> open = new ArrayDeque<>();
  private Frame closed = new Frame(0);
  private String name = "";
  // The tokens (brackets, names, values) read so far. From their number an error finds its place.
  private int tokens;

  private JsonIn(Source source) {
    this.source = source;
    reader = new Tokens(source.utf8());
  }

  /**
   * Reads a whole document.
   *
   * @param utf8 its bytes
   * @param fileName how errors call it
   * @throws SpecException if it is not what the item reads, or more follows
   */
  public static <T> T read(byte[] utf8, String fileName, Item<T> item) {
    JsonIn in = new JsonIn(Source.of(utf8, fileName));
    T value = item.read(in);
    if (in.peek() != Token.END_DOCUMENT) {
      throw in.failHere("something follows the end of the document");
    }
    return value;
  }

  /** Enters an object. */
  public void object() {
    expect(Token.BEGIN_OBJECT, "an object");
    open.push(new Frame(tokens));
    try {
      reader.beginObject();
    } catch (MalformedException e) {
      throw malformed(e);
    }
    tokens++;
  }

  /** Goes to the object's next field that is not null; false at the end, when it is left. */
  public boolean next() {
    Frame frame = open.getFirst();
    try {
      while (peek() != Token.END_OBJECT) {
        expect(Token.NAME, "a name");
        name = reader.nextName();
        tokens++;
        checkText(name);
        if (!frame.names.add(name)) {
          throw failRead("the name \"" + Source.excerpt(name) + "\" is there twice");
        }
        if (peek() != Token.NULL) {
          return true;
        }
        String _ = reader.nextLiteral();
        tokens++;
      }
      reader.leave();
      tokens++;
    } catch (MalformedException e) {
      throw malformed(e);
    }
    closed = open.pop();
    return false;
  }

  /** Returns the name of the field at which the document stands. */
  public String name() {
    return name;
  }

  /** Passes over a value, whatever it is; inside it too, a name may not be there twice. */
  public void skip() {
    switch (peek()) {
      case BEGIN_OBJECT -> {
        object();
        while (next()) {
          skip();
        }
      }
      case BEGIN_ARRAY -> {
        beginArray();
        while (peek() != Token.END_ARRAY) {
          skip();
        }
        endArray();
      }
      // What a string is made of is checked only when it is read.
      case STRING -> text();
      case NUMBER, BOOLEAN, NULL -> literal();
      default -> throw failHere("expected a value");
    }
  }

  /** Reads a string. */
  public String string() {
    expect(Token.STRING, "a string");
    String s = text();
    checkText(s);
    return s;
  }

  /** Reads a string for which empty means absent, as it does to runc. */
  public Optional<String> optionalString() {
    String s = string();
    return s.isEmpty() ? Optional.empty() : Optional.of(s);
  }

  /** Reads true or false. */
  public boolean bool() {
    expect(Token.BOOLEAN, "true or false");
    return literal().equals("true");
  }

  /** Reads a signed 64-bit integer. */
  public long int64() {
    return integer("a signed 64-bit integer", Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** Reads an unsigned 64-bit integer; the long has its bits. */
  public long uint64() {
    String what = "an unsigned 64-bit integer";
    expect(Token.NUMBER, what);
    String s = literal();
    if (isInteger(s) && s.charAt(0) != '-') {
      try {
        return Long.parseUnsignedLong(s);
      } catch (NumberFormatException e) {
        throw failRead("expected " + what + ", found " + Source.excerpt(s));
      }
    }
    throw failRead("expected " + what + ", found " + Source.excerpt(s));
  }

  /** Reads a signed 32-bit integer. */
  public int int32() {
    return (int) integer("a signed 32-bit integer", Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** Reads an unsigned 32-bit integer. */
  public long uint32() {
    return integer("an unsigned 32-bit integer", 0, 0xffff_ffffL);
  }

  /** Reads an unsigned 16-bit integer. */
  public int uint16() {
    return (int) integer("an unsigned 16-bit integer", 0, 0xffff);
  }

  /** Reads one of the given words. */
  public <E extends Enum<E> & SpecWord> E word(E[] words) {
    return match(string(), words);
  }

  /** Reads one of the given words, or an empty string, which means absent. */
  public <E extends Enum<E> & SpecWord> Optional<E> optionalWord(E[] words) {
    String s = string();
    return s.isEmpty() ? Optional.empty() : Optional.of(match(s, words));
  }

  /** Reads an array. */
  public <T> List<T> list(Item<T> item) {
    beginArray();
    List<T> list = new ArrayList<>();
    while (peek() != Token.END_ARRAY) {
      list.add(item.read(this));
    }
    endArray();
    return Collections.unmodifiableList(list);
  }

  /** Reads an object whose names are not the spec's but the user's, in the order of the file. */
  public <T> Map<String, T> map(Item<T> item) {
    object();
    Map<String, T> map = new LinkedHashMap<>();
    while (next()) {
      String key = name;
      map.put(key, item.read(this));
    }
    return Collections.unmodifiableMap(map);
  }

  /** Reads an array of strings. */
  public List<String> strings() {
    return list(JsonIn::string);
  }

  /** Reads an object of strings. */
  public Map<String, String> stringMap() {
    return map(JsonIn::string);
  }

  /** Returns a part of the object that was just left; if it is null, says that it is missing. */
  public <T> T required(@Nullable T part, String partName) {
    if (part == null) {
      throw source.fail(
          closed.token, reader.previousPath(), "the required \"" + partName + "\" is missing");
    }
    return part;
  }

  /** Makes an error about the value that was just read. */
  public SpecException failRead(String problem) {
    return source.fail(tokens - 1, reader.previousPath(), problem);
  }

  private SpecException failHere(String problem) {
    return source.fail(tokens, reader.path(), problem);
  }

  private void beginArray() {
    expect(Token.BEGIN_ARRAY, "an array");
    try {
      reader.beginArray();
    } catch (MalformedException e) {
      throw malformed(e);
    }
    tokens++;
  }

  private void endArray() {
    reader.leave();
    tokens++;
  }

  private Token peek() {
    try {
      return reader.peek();
    } catch (MalformedException e) {
      throw malformed(e);
    }
  }

  private void expect(Token token, String what) {
    Token found = peek();
    if (found != token) {
      throw failHere("expected " + what + ", found " + describe(found));
    }
  }

  private String describe(Token token) {
    return switch (token) {
      case BEGIN_OBJECT -> "an object";
      case BEGIN_ARRAY -> "an array";
      case STRING -> "the string " + source.token(tokens);
      case NUMBER, BOOLEAN, NULL -> source.token(tokens);
      default -> "the end";
    };
  }

  private <E extends Enum<E> & SpecWord> E match(String s, E[] words) {
    for (E word : words) {
      if (word.word().equals(s)) {
        return word;
      }
    }
    StringBuilder known = new StringBuilder();
    for (E word : words) {
      known.append(known.isEmpty() ? "" : ", ").append(word.word());
    }
    throw failRead("expected one of " + known + ", found \"" + Source.excerpt(s) + "\"");
  }

  private String text() {
    try {
      String s = reader.nextString();
      tokens++;
      return s;
    } catch (MalformedException e) {
      throw malformed(e);
    }
  }

  private String literal() {
    String s = reader.nextLiteral();
    tokens++;
    return s;
  }

  private long integer(String what, long least, long most) {
    expect(Token.NUMBER, what);
    String s = literal();
    if (isInteger(s)) {
      try {
        long value = Long.parseLong(s);
        if (value >= least && value <= most) {
          return value;
        }
      } catch (NumberFormatException e) {
        throw failRead("expected " + what + ", found " + Source.excerpt(s));
      }
    }
    throw failRead("expected " + what + ", found " + Source.excerpt(s));
  }

  private static boolean isInteger(String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if ((c < '0' || c > '9') && (c != '-' || i > 0)) {
        return false;
      }
    }
    return true;
  }

  private void checkText(String s) {
    if (reader.wasPlain()) {
      return;
    }
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == 0) {
        throw failRead("a string with a NUL character, which no path or argument can hold");
      }
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < s.length()
            && Character.isLowSurrogate(s.charAt(i + 1))) {
          i++;
        } else if (c < 0xdc80 || c > 0xdcff) {
          throw failRead(
              "a string with the lone surrogate \\u"
                  + Integer.toHexString(c)
                  + ", which stands for no character and no byte");
        }
      }
    }
  }

  private SpecException malformed(MalformedException e) {
    String problem = String.valueOf(e.getMessage());
    if (problem.equals(Tokens.AT_END)) {
      return source.failAtEnd(reader.path());
    }
    boolean strange = problem.equals(Tokens.NOT_JSON);
    return source.fail(
        tokens, reader.path(), strange ? problem + ": " + source.token(tokens) : problem);
  }

  /** An object that is open: where it began, and the names seen in it. */
  private static final class Frame {
    final int token;
    final Set<String> names = new HashSet<>();

    Frame(int token) {
      this.token = token;
    }
  }
}
