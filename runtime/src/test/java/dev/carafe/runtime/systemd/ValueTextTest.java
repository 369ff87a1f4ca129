package dev.carafe.runtime.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values as annotations write them. */
final class ValueTextTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "true | b",
        "7 | i",
        "-7 | i",
        "uint64 18446744073709551615 | t",
        "@t 7 | t",
        "1.5 | d",
        "'text' | s",
        "\"text\" | s",
        "objectpath '/a' | o",
        "['a', 'b'] | as",
        "@as [] | as",
        "@au [1, 2] | au",
        "[('a', 'r'), ('b', 'w')] | a(ss)",
        "<uint32 3> | v",
        "b'/path' | ay",
        "  byte 0xff  | y",
      })
  void eachFormHasItsType(String text, String signature) {
    assertEquals(signature, ValueText.parse(text).signature());
  }

  @Test
  void valuesAreWhatWasWritten() {
    assertEquals(new Value.Scalar('t', -1), ValueText.parse("uint64 18446744073709551615"));
    assertEquals(new Value.Text('s', "it's \n"), ValueText.parse("\"it's \\n\""));
    assertEquals(
        new Value.Array("s", List.of(Value.of("a"), Value.of("b"))), ValueText.parse("['a','b']"));
    assertEquals(
        new Value.Scalar('d', Double.doubleToLongBits(1.5)), ValueText.parse("double 1.5"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "[]",
        "['a'",
        "['a', 1]",
        "'a",
        "7 8",
        "2147483648",
        "uint32 -1",
        "byte 256",
        "()",
        "@s 1",
        "nonsense",
        "uint64",
        "<1",
        "{'a': 1}",
        "@as [1]",
        "@(ss) ('a','b')",
        "((((((((((((("
      })
  void whatIsNoneIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> ValueText.parse(text));
  }

  @Test
  void depthIsBounded() {
    assertThrows(IllegalArgumentException.class, () -> ValueText.parse("<".repeat(100_000)));
    assertThrows(IllegalArgumentException.class, () -> ValueText.parse("@a".repeat(100_000)));
  }
}
