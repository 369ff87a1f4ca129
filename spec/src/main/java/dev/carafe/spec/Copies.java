package dev.carafe.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Copies that nobody can change and that keep the order, which {@code Map.copyOf} does not. */
final class Copies {
  private Copies() {}

  static <V> Map<String, V> of(Map<String, V> map) {
    Map<String, V> copy = new LinkedHashMap<>();
    for (Map.Entry<String, V> e : map.entrySet()) {
      copy.put(Objects.requireNonNull(e.getKey()), Objects.requireNonNull(e.getValue()));
    }
    return Collections.unmodifiableMap(copy);
  }

  static Set<String> of(Set<String> set) {
    Set<String> copy = new LinkedHashSet<>();
    for (String s : set) {
      copy.add(Objects.requireNonNull(s));
    }
    return Collections.unmodifiableSet(copy);
  }
}
