package dev.carafe.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of processors and memory nodes. */
final class NumberListTest {

  @ParameterizedTest
  @CsvSource({
    "'', {}",
    "'0', {0}",
    "'0-3,7', '{0, 1, 2, 3, 7}'",
    "' 5 , 63-64,', '{5, 63, 64}'",
    "'8191', {8191}",
  })
  void aListIsItsNumbers(String list, String numbers) {
    assertEquals(numbers, BitSet.valueOf(NumberList.mask(list)).toString());
  }

  @Test
  void aMaskIsWholeWords() {
    assertEquals(0, NumberList.mask("").length);
    assertEquals(8, NumberList.mask("63").length);
    assertEquals(16, NumberList.mask("64").length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "-1",
        "1-",
        "3-2",
        "1 2",
        "0x1",
        "8192",
        "99999999999999999999",
        "1--2",
        "+1"
      })
  void whatIsNoListIsRefused(String list) {
    assertThrows(IllegalArgumentException.class, () -> NumberList.mask(list));
  }
}
