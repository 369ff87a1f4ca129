package dev.carafe.conformance;

import dev.carafe.runtime.container.RefereeGame;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Sixteen processes work on the real containers of one root: half are JVMs with four threads each,
 * the other half the program, one command after the other. That the referee sees what it looks for
 * is shown in the module runtime, where stores are sabotaged.
 */
final class ProgramRefereeTest {

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
    try (RefereeGame game = RefereeGame.withProgram(Ground.program())) {
      game.fair(seconds);
    }
  }
}
