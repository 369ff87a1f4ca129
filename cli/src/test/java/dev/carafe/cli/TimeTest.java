package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import org.junit.jupiter.api.Test;

final class TimeTest {
  @Test
  void itIsWhatJavaTimeSays() {
    long[] seconds = {
      0,
      59,
      86_399,
      86_400,
      951_782_400,
      951_868_799,
      1_709_164_800,
      1_735_689_599,
      4_107_542_400L,
      -1
    };
    for (long each : seconds) {
      assertEquals(Instant.ofEpochSecond(each).toString(), Time.rfc3339(each));
    }
    for (long day = -1000; day < 60_000; day += 17) {
      assertEquals(
          Instant.ofEpochSecond(day * 86_400 + 3723).toString(), Time.rfc3339(day * 86_400 + 3723));
    }
  }
}
