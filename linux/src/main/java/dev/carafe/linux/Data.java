package dev.carafe.linux;

import java.util.List;

/**
 * Bytes in a batch's data segment. As an argument it is a pointer to them. A system call may write
 * to them; {@link Batch#output} asks for them back.
 */
public final class Data implements Arg {
  final int offset;
  final int length;
  private final Form form;
  private final List<String> words;

  /** How the bytes are shown. Made into words only for who reads a plan. */
  enum Form {
    SIZE,
    WORDS,
    QUOTED,
    QUOTED_LIST
  }

  Data(int offset, int length, Form form, List<String> words) {
    this.offset = offset;
    this.length = length;
    this.form = form;
    this.words = words;
  }

  /** Returns a part of these bytes. */
  Data part(int at, int size) {
    return new Data(offset + at, size, form == Form.SIZE ? Form.WORDS : form, shown());
  }

  private List<String> shown() {
    return form == Form.SIZE ? List.of(description()) : words;
  }

  /** Returns the number of bytes. */
  public int length() {
    return length;
  }

  /** Returns what these bytes are, for a reader of the plan: a quoted string, or a size. */
  public String description() {
    return switch (form) {
      case SIZE -> length + " bytes";
      case WORDS -> words.get(0);
      case QUOTED -> quoted(words.get(0));
      case QUOTED_LIST -> {
        StringBuilder all = new StringBuilder("[");
        for (int i = 0; i < words.size(); i++) {
          all.append(i == 0 ? "" : ", ").append(quoted(words.get(i)));
        }
        yield all.append(']').toString();
      }
    };
  }

  private static String quoted(String word) {
    return "\"" + word + "\"";
  }
}
