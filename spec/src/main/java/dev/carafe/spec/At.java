package dev.carafe.spec;

import org.jspecify.annotations.Nullable;

/**
 * A place in a document. It becomes a JSON path only for an error: strings that are put together
 * for every value that is checked cost a millisecond in a JVM that just started.
 */
final class At {
  /** The document. */
  static final At ROOT = new At(null, "$", -1);

  private final @Nullable At parent;
  private final String name;
  private final int index;

  private At(@Nullable At parent, String name, int index) {
    this.parent = parent;
    this.name = name;
    this.index = index;
  }

  /** Returns the place of a field of this object. */
  At field(String name) {
    return new At(this, name, -1);
  }

  /** Returns the place of an item of this array. */
  At item(int index) {
    return new At(this, "", index);
  }

  /** Makes an error about this place. */
  SpecException fail(String problem) {
    return new SpecException(Source.cleanPath(toString()), problem);
  }

  /** Returns the JSON path. */
  @Override
  public String toString() {
    StringBuilder path = new StringBuilder();
    write(path);
    return path.toString();
  }

  private void write(StringBuilder path) {
    if (parent == null) {
      path.append(name);
      return;
    }
    parent.write(path);
    if (index >= 0) {
      path.append('[').append(index).append(']');
    } else {
      path.append('.').append(name);
    }
  }
}
