package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.runtime.testing.TestBundle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A launch as a whole. */
final class LaunchTest {
  private final TestBundle bundle = TestBundle.create();

  @AfterEach
  void remove() {
    bundle.close();
  }

  @Test
  void aProgramRunsAndItsExitCodeIsThere() {
    TestLaunch.Outcome outcome = TestLaunch.run(bundle.sh("echo hello; hostname; exit 7"));
    assertEquals("hello\ncarafe\n", outcome.out());
    assertEquals("", outcome.err());
    assertEquals(7, outcome.code());
  }

  @Test
  void aCreatedContainerIsHeldUntilItsStart() {
    try (TestLaunch launch = new TestLaunch(bundle.sh("echo ran"))) {
      assertFalse(Launcher.listens(launch.directory()));
      Launched created = launch.create();
      assertEquals(launch.known.get(0), created.init());
      assertTrue(Launcher.listens(launch.directory()));
      assertTrue(launch.process().isAlive());
      launch.start();
      assertEquals("ran\n", launch.end().out());
      assertFalse(Launcher.listens(launch.directory()));
    }
  }
}
