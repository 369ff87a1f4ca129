package dev.carafe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The classes and tests that documents name. */
final class SourceNames {
  private static final List<String> MODULES =
      List.of("spec", "linux", "runtime", "cli", "conformance");

  private SourceNames() {}

  /** Fails unless some module has a class of this name. */
  static void mustBeAClass(String name) throws IOException {
    if (find("main", name).isEmpty()) {
      throw new AssertionError("no module has a class " + name);
    }
  }

  /** Fails unless some module has a test {@code CLASS#METHOD}. */
  static void mustBeATest(String test) throws IOException {
    int hash = test.indexOf('#');
    Optional<Path> found = find("test", test.substring(0, hash));
    if (found.isEmpty()
        || !Files.readString(found.get()).contains("  void " + test.substring(hash + 1) + "(")) {
      throw new AssertionError("no module has a test " + test);
    }
  }

  private static Optional<Path> find(String kind, String name) throws IOException {
    Path wanted = Path.of(name + ".java");
    for (String module : MODULES) {
      Path top = Path.of("..", module, "src", kind, "java");
      if (Files.isDirectory(top)) {
        try (Stream<Path> all = Files.walk(top)) {
          Optional<Path> found = all.filter(f -> wanted.equals(f.getFileName())).findFirst();
          if (found.isPresent()) {
            return found;
          }
        }
      }
    }
    return Optional.empty();
  }
}
