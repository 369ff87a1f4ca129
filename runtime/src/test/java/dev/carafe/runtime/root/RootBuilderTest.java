package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What most bundles ask for. */
final class RootBuilderTest {

  @Test
  void theUsualMountsAreThere() throws IOException {
    try (TestRoot root = new TestRoot()) {
      TestRoot.Outcome outcome = root.run("cat /proc/self/mountinfo; ls -l /dev /; pwd");

      assertEquals(0, outcome.code());
      assertTrue(outcome.output().contains(" /dev/mqueue "));
    }
  }
}
