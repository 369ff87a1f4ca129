package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The manual says what the commands know, no less and no more. */
final class ManualTest {
  private static final Path MANUAL = Path.of("../docs/manual");

  /** Returns the flags of the rows of a page's table. */
  private static List<String> documented(String page) throws IOException {
    List<String> flags = new ArrayList<>();
    for (String line : Files.readAllLines(MANUAL.resolve(page))) {
      if (line.startsWith("| `--")) {
        String word = line.substring(5);
        flags.add(word.substring(0, word.replace('`', ' ').replace(',', ' ').indexOf(' ')));
      }
    }
    flags.sort(null);
    return flags;
  }

  private static List<String> names(List<Flag> known) {
    List<String> names = new ArrayList<>();
    for (Flag flag : known) {
      names.add(flag.name());
    }
    names.sort(null);
    return names;
  }

  @Test
  void eachCommandHasAPageWithAllItsFlags() throws IOException {
    String overview = Files.readString(MANUAL.resolve("carafe.md"));
    for (Command command : Commands.all()) {
      assertTrue(overview.contains(command.summary()), command.name());
      if (!command.name().equals("help")) {
        assertEquals(
            names(command.flags()), documented("carafe-" + command.name() + ".md"), command.name());
      }
    }
  }

  @Test
  void theGlobalFlagsAreInTheOverview() throws IOException {
    assertEquals(names(GlobalFlags.known()), documented("carafe.md"));
  }

  @Test
  void theHelpShowsEveryFlagAndFitsATerminal() {
    for (Command command : Commands.all()) {
      String help = Help.command(command);
      for (Flag flag : command.flags()) {
        assertTrue(help.contains("--" + flag.name()), flag.name());
      }
      for (String line : help.split("\n", -1)) {
        assertTrue(line.length() <= 120, line);
      }
    }
  }
}
