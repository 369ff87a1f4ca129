package dev.carafe.conformance.oci;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is known to fail, and whose fault it is. */
final class Expectations {
  private static final Set<String> BLAMED = Set.of("runtime", "old spec", "test", "race");

  private final List<Expectation> all = new ArrayList<>();

  /**
   * A check that fails.
   *
   * @param runtime on which runtime
   * @param check which; a {@code *} at its end stands for any rest
   * @param wrong what is wrong: the runtime, the specification that it follows (it is older than
   *     the sentence), or the test; a race is a fault of the runtime that is seen only at times
   * @param reason why
   */
  record Expectation(String runtime, String check, String wrong, String reason) {
    boolean byChance() {
      return wrong.equals("race");
    }

    private boolean matches(String name) {
      return check.endsWith("*")
          ? name.startsWith(check.substring(0, check.length() - 1))
          : name.equals(check);
    }
  }

  Expectations() {
    for (String line : Catalogue.lines("expectations.txt")) {
      String[] parts = line.split("\\s*\\|\\s*", -1);
      if (parts.length != 4 || !BLAMED.contains(parts[2]) || parts[3].isBlank()) {
        throw new AssertionError("expectations.txt: not runtime | check | wrong | reason: " + line);
      }
      all.add(new Expectation(parts[0], parts[1], parts[2], parts[3]));
    }
  }

  Optional<Expectation> of(String runtime, String check) {
    return all.stream().filter(e -> e.runtime().equals(runtime) && e.matches(check)).findFirst();
  }

  /** Returns those that no check bears the name of. */
  List<Expectation> unknown(List<Check> checks) {
    return all.stream()
        .filter(e -> checks.stream().noneMatch(check -> e.matches(check.name())))
        .toList();
  }
}
