package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes fields of the spec's documents; what is empty is left out, as Go's omitempty does. */
final class Fields {
  private Fields() {}

  /** Writes one value. */
  @FunctionalInterface
  interface Item<T> {
    void write(JsonOut out, T value);
  }

  static void strings(JsonOut out, String name, List<String> values) {
    if (!values.isEmpty()) {
      out.strings(name, values);
    }
  }

  static void stringMap(JsonOut out, String name, Map<String, String> values) {
    if (!values.isEmpty()) {
      out.stringMap(name, values);
    }
  }

  static void flag(JsonOut out, String name, boolean value) {
    if (value) {
      out.field(name, true);
    }
  }

  static void flag(JsonOut out, String name, Optional<Boolean> value) {
    if (value.isPresent()) {
      out.field(name, (boolean) value.get());
    }
  }

  static void word(JsonOut out, String name, Optional<? extends SpecWord> value) {
    if (value.isPresent()) {
      out.field(name, value.get().word());
    }
  }

  static void words(JsonOut out, String name, List<? extends SpecWord> values) {
    if (!values.isEmpty()) {
      out.name(name).beginArray();
      for (SpecWord value : values) {
        out.string(value.word());
      }
      out.endArray();
    }
  }

  static <T> void object(JsonOut out, String name, Optional<T> value, Item<T> item) {
    if (value.isPresent()) {
      object(out.name(name), value.get(), item);
    }
  }

  static <T> void list(JsonOut out, String name, List<T> values, Item<T> item) {
    if (!values.isEmpty()) {
      out.name(name).beginArray();
      for (T value : values) {
        object(out, value, item);
      }
      out.endArray();
    }
  }

  static <T> void map(JsonOut out, String name, Map<String, T> values, Item<T> item) {
    if (!values.isEmpty()) {
      out.name(name).beginObject();
      for (Map.Entry<String, T> e : values.entrySet()) {
        object(out.name(e.getKey()), e.getValue(), item);
      }
      out.endObject();
    }
  }

  static <T> void object(JsonOut out, T value, Item<T> item) {
    out.beginObject();
    item.write(out, value);
    out.endObject();
  }
}
