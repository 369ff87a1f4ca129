package dev.carafe.runtime.systemd;

import java.util.ArrayList;
import java.util.List;

/** A value of D-Bus, with its type as the D-Bus specification writes it (its "signature"). */
public sealed interface Value {

  /** Returns its type. */
  String signature();

  /** Appends it to a message. */
  void writeTo(MessageWriter to);

  /** Returns a boolean. */
  static Value of(boolean value) {
    return new Scalar('b', value ? 1 : 0);
  }

  /** Returns a {@code uint64}. */
  static Value uint64(long value) {
    return new Scalar('t', value);
  }

  /** Returns a string. */
  static Value of(String value) {
    return new Text('s', value);
  }

  /** Returns an array of bytes. */
  static Value bytes(byte[] bytes) {
    List<Value> all = new ArrayList<>();
    for (byte each : bytes) {
      all.add(new Scalar('y', each));
    }
    return new Array("y", all);
  }

  /**
   * A number or boolean.
   *
   * @param type one of {@code ybnqiuxtd}.
   * @param bits its value; of {@code d} the bits.
   */
  record Scalar(char type, long bits) implements Value {

    @Override
    public String signature() {
      return String.valueOf(type);
    }

    @Override
    public void writeTo(MessageWriter to) {
      to.number(MessageWriter.alignment(type), bits);
    }
  }

  /**
   * A string.
   *
   * @param type {@code s}, {@code o} (an object's path) or {@code g} (a signature).
   * @param text its characters.
   */
  record Text(char type, String text) implements Value {

    @Override
    public String signature() {
      return String.valueOf(type);
    }

    @Override
    public void writeTo(MessageWriter to) {
      if (type == 'g') {
        to.signature(text);
      } else {
        to.string(text);
      }
    }
  }

  /**
   * Any number of values of one type.
   *
   * @param element their type.
   * @param values they.
   */
  record Array(String element, List<Value> values) implements Value {

    @Override
    public String signature() {
      return "a" + element;
    }

    @Override
    public void writeTo(MessageWriter to) {
      int lengthAt = to.beginArray(element.charAt(0));
      for (Value each : values) {
        each.writeTo(to);
      }
      to.endArray(lengthAt, element.charAt(0));
    }
  }

  /**
   * A fixed number of values of any types.
   *
   * @param fields they.
   */
  record Struct(List<Value> fields) implements Value {

    @Override
    public String signature() {
      StringBuilder all = new StringBuilder("(");
      for (Value each : fields) {
        all.append(each.signature());
      }
      return all.append(')').toString();
    }

    @Override
    public void writeTo(MessageWriter to) {
      to.align(8);
      for (Value each : fields) {
        each.writeTo(to);
      }
    }
  }

  /**
   * A value that says its type itself.
   *
   * @param value it.
   */
  record Variant(Value value) implements Value {

    @Override
    public String signature() {
      return "v";
    }

    @Override
    public void writeTo(MessageWriter to) {
      to.signature(value.signature());
      value.writeTo(to);
    }
  }
}
