package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Flags are read as Go's flag package reads them, which is what runc's clients write for. */
final class ArgumentsTest {
  private static final List<Flag> FLAGS =
      List.of(
          Flag.value("bundle", "").or('b'),
          Flag.toggle("force", "").or('f'),
          Flag.toggle("keep", ""),
          Flag.value("count", ""));

  private static Arguments parse(String... words) {
    return Arguments.parse(FLAGS, List.of(words));
  }

  private static String problem(String... words) {
    return assertThrows(UsageException.class, () -> parse(words)).getMessage();
  }

  @Test
  void oneDashIsAsGoodAsTwoAndAValueFollowsOrIsAttached() {
    for (String[] words :
        new String[][] {
          {"--bundle", "x"}, {"-bundle", "x"}, {"--bundle=x"}, {"-bundle=x"}, {"-b", "x"}, {"-b=x"}
        }) {
      assertEquals(Optional.of("x"), parse(words).value("bundle"));
    }
  }

  @Test
  void theWordAfterAFlagIsItsValueWhateverItLooksLike() {
    assertEquals(Optional.of("--force"), parse("--bundle", "--force").value("bundle"));
    assertEquals(Optional.of(""), parse("--bundle=").value("bundle"));
    assertEquals(Optional.of("a=b"), parse("--bundle", "a=b").value("bundle"));
  }

  @Test
  void ofARepeatedFlagTheLastOneCounts() {
    Arguments arguments = parse("-b", "x", "-b", "y", "--force", "--force=false");
    assertEquals(Optional.of("y"), arguments.value("bundle"));
    assertEquals(List.of("x", "y"), arguments.values("bundle"));
    assertFalse(arguments.has("force"));
  }

  @Test
  void aToggleMayBeGivenAValue() {
    assertTrue(parse("--force").has("force"));
    assertTrue(parse("--force=true").has("force"));
    assertTrue(parse("-f=1").has("force"));
    assertFalse(parse("--force=F").has("force"));
    assertFalse(parse().has("force"));
    assertEquals(
        "invalid boolean value \"maybe\" for -force: parse error", problem("--force=maybe"));
  }

  @Test
  void flagsEndAtTheFirstOtherWordOrAtTwoDashes() {
    assertEquals(List.of("id", "--force"), parse("--keep", "id", "--force").rest());
    assertFalse(parse("id", "--force").has("force"));
    assertEquals(List.of("--force"), parse("--", "--force").rest());
    assertEquals(List.of("-", "x"), parse("-", "x").rest());
    assertEquals(List.of(""), parse("").rest());
  }

  @Test
  void whatIsWrongIsToldInGosWords() {
    assertEquals("flag provided but not defined: -nope", problem("--nope=1"));
    assertEquals("flag provided but not defined: -fb", problem("-fb"));
    assertEquals("flag needs an argument: -bundle", problem("-b"));
    assertEquals(
        "invalid value \"x\" for flag -count: parse error",
        assertThrows(UsageException.class, () -> parse("--count=x").count("count")).getMessage());
    assertThrows(UsageException.class, () -> parse("--count=-1").count("count"));
    assertEquals(3, parse("--count=3").count("count"));
    assertEquals(0, parse().count("count"));
  }
}
