package dev.carafe.spec;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;

/** Makes records of the spec with values in every field, from a seed. */
final class Samples {
  /** Components that are unsigned 64-bit numbers; {@code limit} is one in HugepageLimit only. */
  private static final Set<String> UINT64 =
      Set.of(
          "soft",
          "hard",
          "runtime",
          "deadline",
          "period",
          "rate",
          "value",
          "valueTwo",
          "swappiness",
          "shares",
          "burst",
          "realtimePeriod");

  /** Components that are signed 64-bit numbers. */
  private static final Set<String> INT64 =
      Set.of(
          "secs",
          "major",
          "minor",
          "limit",
          "reservation",
          "swap",
          "kernel",
          "kernelTcp",
          "quota",
          "realtimeRuntime",
          "idle");

  private static final Set<String> UINT16 = Set.of("weight", "leafWeight");

  private static final String[] PIECES = {
    "a",
    "/",
    "\"",
    "\\",
    "é",
    "\u2028",
    "\ud83d\ude00",
    "\udc80",
    "\udcff",
    "\n",
    "\u0001",
    " ",
    "<",
    "\u007f",
    "{",
    "\ufffd",
    "\uffff"
  };

  private final Random random;
  private final boolean whole;

  /**
   * @param whole whether every part is there, or each only with some chance
   */
  Samples(long seed, boolean whole) {
    random = new Random(seed);
    this.whole = whole;
  }

  /** Reads the document that has every field in the spelling of the spec. */
  static byte[] allFields() throws IOException {
    try (InputStream in = Samples.class.getResourceAsStream("all-fields.json")) {
      return in == null ? new byte[0] : in.readAllBytes();
    }
  }

  <T extends Record> T make(Class<T> type) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = value(type, components[i].getName(), components[i].getGenericType());
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(values);
    } catch (NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new LinkageError(type.getName(), e);
    }
  }

  private Object value(Class<?> owner, String name, Type type) {
    if (name.equals("ociVersion")) {
      return "1.2.3-rc.1+x";
    }
    if (name.equals("otherPlatforms")) {
      Set<String> platforms = new LinkedHashSet<>();
      for (String platform : List.of("zos", "vm", "windows", "solaris", "freebsd")) {
        if (there()) {
          platforms.add(platform);
        }
      }
      return platforms;
    }
    if (type instanceof ParameterizedType generic) {
      Type[] args = generic.getActualTypeArguments();
      Class<?> raw = (Class<?>) generic.getRawType();
      if (raw == Optional.class) {
        return there() ? Optional.of(value(owner, name, args[0])) : Optional.empty();
      }
      int size = there() ? 1 + random.nextInt(3) : 0;
      if (raw == Map.class) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
          map.put(i + text(), value(owner, name, args[1]));
        }
        return map;
      }
      List<Object> list = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        list.add(value(owner, name, args[0]));
      }
      return list;
    }
    Class<?> plain = (Class<?>) type;
    if (plain.isRecord()) {
      return make(plain.asSubclass(Record.class));
    } else if (plain.isEnum()) {
      Object[] constants = plain.getEnumConstants();
      return constants[random.nextInt(constants.length)];
    } else if (plain == String.class) {
      return text();
    } else if (plain == boolean.class || plain == Boolean.class) {
      return there();
    } else if (plain == int.class) {
      return smallNumber(name);
    } else if (plain == OptionalInt.class) {
      return there() ? OptionalInt.of(smallNumber(name)) : OptionalInt.empty();
    } else if (plain == long.class || plain == Long.class) {
      return number(owner, name);
    } else if (plain == OptionalLong.class) {
      return there() ? OptionalLong.of(number(owner, name)) : OptionalLong.empty();
    }
    throw new AssertionError("no sample for " + owner.getName() + "." + name + ", a " + type);
  }

  private boolean there() {
    return whole || random.nextInt(3) > 0;
  }

  private int smallNumber(String name) {
    return UINT16.contains(name) ? 0x10000 - 1 - random.nextInt(3) : random.nextInt() | 1;
  }

  private long number(Class<?> owner, String name) {
    if (UINT64.contains(name) || (owner == HugepageLimit.class && name.equals("limit"))) {
      return -1L - random.nextInt(3);
    } else if (INT64.contains(name)) {
      return random.nextBoolean()
          ? Long.MIN_VALUE + random.nextInt(3)
          : Long.MAX_VALUE - random.nextInt(3);
    }
    return 0xffff_ffffL - random.nextInt(3);
  }

  private String text() {
    StringBuilder b = new StringBuilder();
    int size = 1 + random.nextInt(6);
    for (int i = 0; i < size; i++) {
      b.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return b.toString();
  }
}
