package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GoDurationTest {
  @Test
  void timesAreReadAsGoReadsThem() {
    assertEquals(Duration.ofSeconds(5), GoDuration.parse("5s"));
    assertEquals(Duration.ofSeconds(90), GoDuration.parse("1m30s"));
    assertEquals(Duration.ofMillis(1500), GoDuration.parse("1.5s"));
    assertEquals(Duration.ofMillis(500), GoDuration.parse(".5s"));
    assertEquals(Duration.ofNanos(1_001_001), GoDuration.parse("1ms1us1ns"));
    assertEquals(Duration.ofHours(2), GoDuration.parse("+2h"));
    assertEquals(Duration.ofSeconds(-1), GoDuration.parse("-1s"));
    assertEquals(Duration.ZERO, GoDuration.parse("0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "s", "5x", "1s5", "-", ".s", "1 s", "99999999999h", "1..5s"})
  void whatIsNoTimeIsRefused(String text) {
    assertThrows(UsageException.class, () -> GoDuration.parse(text));
  }
}
