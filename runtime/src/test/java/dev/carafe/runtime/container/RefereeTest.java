package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A {@link Referee} watches a root on the test platform, where containers are quick to make. Stores
 * that were sabotaged show that it sees. The same with real containers and the program is in the
 * module conformance.
 */
final class RefereeTest {

  @Test
  void seesNoFaultInTenSeconds() throws Exception {
    fair(10);
  }

  @Test
  @Tag("long")
  void seesNoFaultInAMinute() throws Exception {
    fair(60);
  }

  private static void fair(int seconds) throws Exception {
    try (RefereeGame game = RefereeGame.withStore("good")) {
      game.fair(seconds);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "without looking again",
        "without reading again",
        "writing in place",
        "cleaning up the winner"
      })
  void seesASabotage(String store) throws Exception {
    try (RefereeGame game = RefereeGame.withStore(store)) {
      // Until it is seen; a good store is not in a minute.
      List<String> seen = game.untilSeen(20);
      assertFalse(seen.isEmpty(), store);
      System.out.println("the referee saw " + store + ": " + seen.get(0));
    }
  }
}
