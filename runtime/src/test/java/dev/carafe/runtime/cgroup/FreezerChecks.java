package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Local;

/** What holds of freezing on either version. */
final class FreezerChecks {
  private FreezerChecks() {}

  /** What is frozen stands still, goes on when thawed, and can be killed. */
  static void standsStill(Cgroup cgroup) throws Exception {
    try (Shell shell = new Shell("exec cat")) {
      cgroup.join(Local.get(), shell.pid());
      shell.go().say("one");
      assertEquals("one", shell.hear());
      assertFalse(cgroup.frozen());
      cgroup.freeze();
      assertTrue(cgroup.frozen());
      assertTrue(Cgroups.load(cgroup.saved()).frozen());
      shell.say("two");
      Thread.sleep(200);
      assertFalse(shell.heard());
      cgroup.thaw();
      assertFalse(cgroup.frozen());
      assertEquals("two", shell.hear());
      cgroup.freeze();
      cgroup.killAll();
      assertEquals(137, shell.status());
      assertFalse(cgroup.frozen());
    }
  }
}
