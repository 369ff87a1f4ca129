package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.spec.Spec;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Each field of {@code config.json} has a line that says what becomes of it, and what the line says
 * is there: {@code docs/spec-coverage.md}, made of {@code spec-coverage.txt}.
 */
final class SpecCoverageTest {
  private static final Path PAGE = Path.of("../docs/spec-coverage.md");
  private static final Path MADE = Path.of("target/spec-coverage.md");
  private static final Path REFUSALS =
      Path.of("../runtime/src/main/java/dev/carafe/runtime/launch/Unsupported.java");

  /**
   * Names of the file format that cannot be names of Java, or that Java's style spells another way.
   */
  private static final Map<String, String> SPELLED =
      Map.ofEntries(
          Map.entry("blockIo", "blockIO"),
          Map.entry("classId", "classID"),
          Map.entry("closId", "closID"),
          Map.entry("containerId", "containerID"),
          Map.entry("disableOomKiller", "disableOOMKiller"),
          Map.entry("execCpuAffinity", "execCPUAffinity"),
          Map.entry("hostId", "hostID"),
          Map.entry("kernelTcp", "kernelTCP"),
          Map.entry("last", "final"),
          Map.entry("priorityClass", "class"),
          Map.entry("throttleReadIopsDevice", "throttleReadIOPSDevice"),
          Map.entry("throttleWriteIopsDevice", "throttleWriteIOPSDevice"));

  private record Line(String field, String what, List<String> tests) {
    boolean isRefused() {
      return what.startsWith("refused ");
    }

    boolean isApplied() {
      return !what.startsWith("refused") && !what.startsWith("ignored");
    }
  }

  private static List<Line> lines() throws IOException {
    List<Line> lines = new ArrayList<>();
    try (InputStream in = SpecCoverageTest.class.getResourceAsStream("/spec-coverage.txt")) {
      for (String text : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
        if (!text.isEmpty() && !text.startsWith("#")) {
          String[] parts = text.split(" \\| ", -1);
          lines.add(new Line(parts[0], parts[1], List.of(parts[2].split(", ", -1))));
        }
      }
    }
    return lines;
  }

  // ---- the fields of the records

  private static List<String> fields() {
    List<String> fields = new ArrayList<>();
    walk("", Spec.class, new LinkedHashSet<>(), fields);
    return fields;
  }

  private static void walk(String path, Class<?> type, Set<Class<?>> seen, List<String> into) {
    seen.add(type);
    for (RecordComponent component : type.getRecordComponents()) {
      String name = SPELLED.getOrDefault(component.getName(), component.getName());
      StringBuilder field = new StringBuilder(path).append(path.isEmpty() ? "" : ".").append(name);
      Type of = component.getGenericType();
      while (of instanceof ParameterizedType generic) {
        field.append(
            generic.getRawType() == List.class
                ? "[]"
                : generic.getRawType() == Map.class ? ".*" : "");
        of = generic.getActualTypeArguments()[generic.getActualTypeArguments().length - 1];
      }
      // The parts of a record stand where it is met first.
      if (of instanceof Class<?> part && part.isRecord() && !seen.contains(part)) {
        walk(field.toString(), part, seen, into);
      } else {
        into.add(field.toString());
      }
    }
  }

  @Test
  void eachFieldOfTheRecordsHasOneLine() throws IOException {
    List<String> listed = new ArrayList<>();
    for (Line line : lines()) {
      listed.add(line.field);
    }
    assertEquals(String.join("\n", fields()), String.join("\n", listed));
  }

  // ---- what the lines say

  @Test
  void eachClassAndTestThatIsNamedIsThere() throws IOException {
    Set<String> classes = new LinkedHashSet<>();
    Set<String> tests = new LinkedHashSet<>();
    for (Line line : lines()) {
      if (line.isApplied()) {
        classes.addAll(List.of(line.what.split(";", -1)[0].split(", ", -1)));
      }
      tests.addAll(line.tests);
    }
    for (String name : classes) {
      SourceNames.mustBeAClass(name);
    }
    for (String test : tests) {
      SourceNames.mustBeATest(test);
    }
  }

  @Test
  void whatIsSaidToBeRefusedIsRefusedAndNothingElse() throws IOException {
    String code = Files.readString(REFUSALS);
    Set<String> said = new LinkedHashSet<>();
    for (Line line : lines()) {
      if (line.isRefused()) {
        said.add(line.what.substring("refused ".length()));
      }
    }
    for (String name : said) {
      assertEquals(true, code.contains("\"" + name + "\""), name + " is not refused any more");
    }
    for (String part : code.split("\"", -1)) {
      if (part.matches("(process|linux|mounts)?\\.[a-zA-Z.]+")) {
        assertEquals(true, said.contains(part), part + " is refused, and no line says so");
      }
    }
  }

  // ---- the page

  private static String page() throws IOException {
    StringBuilder page =
        new StringBuilder(
            """
            # What becomes of each field of config.json

            Made by `SpecCoverageTest` of `cli/src/test/resources/spec-coverage.txt`; do not edit it
            here. `[]` are the items of a list, `.*` the values of a map. The parts of what stands in
            several places are listed at the first.

            | field | applied by | tested by |
            |---|---|---|
            """);
    for (Line line : lines()) {
      String what = line.isApplied() ? code(line.what) : line.what;
      if (line.isRefused()) {
        String name = line.what.substring("refused ".length());
        String shown = name.startsWith(".") ? "mounts[0]" + name : name;
        what = "refused: `" + shown + " is not supported by this version of Carafe`";
      }
      page.append("| `").append(line.field).append("` | ").append(what);
      page.append(" | ").append(code(String.join(", ", line.tests))).append(" |\n");
    }
    return page.toString();
  }

  private static String code(String words) {
    String[] parts = words.split("; ", 2);
    String names = "`" + parts[0].replace(", ", "`, `") + "`";
    return parts.length == 1 ? names : names + "; " + parts[1];
  }

  @Test
  void thePageIsUpToDate() throws IOException {
    String page = page();
    if (!Files.exists(PAGE) || !Files.readString(PAGE).equals(page)) {
      Files.createDirectories(MADE.getParent());
      Files.writeString(MADE, page);
      throw new AssertionError(
          PAGE + " is out of date; do: cp cli/target/spec-coverage.md docs/spec-coverage.md");
    }
  }
}
