package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each known attack that SECURITY.md lists has a test that is there. */
final class SecurityPageTest {
  private static final Path PAGE = Path.of("../SECURITY.md");

  @Test
  void eachOfTheTwentyKnownAttacksHasATestThatIsThere() throws IOException {
    List<String> numbers = new ArrayList<>();
    for (String line : Files.readAllLines(PAGE)) {
      String[] cells = line.split("\\|", -1);
      if (cells.length == 5 && cells[1].strip().matches("[0-9]+")) {
        numbers.add(cells[1].strip());
        String[] parts = cells[3].split("`", -1);
        assertTrue(parts.length >= 3, line);
        for (int i = 1; i < parts.length; i += 2) {
          SourceNames.mustBeATest(parts[i]);
        }
      }
    }
    List<String> all = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      all.add(Integer.toString(i));
    }
    assertEquals(all, numbers);
  }
}
