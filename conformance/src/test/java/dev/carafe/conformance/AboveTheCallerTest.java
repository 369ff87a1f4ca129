package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What only a caller with CAP_SYS_RESOURCE may give a container. */
@Tag("vm")
final class AboveTheCallerTest {
  private static final String ID = "above";

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before each test.
  private Ground ground;

  @BeforeEach
  void open() {
    ground = new Ground();
  }

  @AfterEach
  void close() {
    ground.carafe("delete", "--force", ID);
    ground.close();
  }

  @Test
  void limitsAboveTheHardOnesAndANegativeOomScoreAreSet() {
    String look = "ulimit -S -n; ulimit -H -n; cat /proc/self/oom_score_adj";
    String seen = "2000\n3000\n-500\n";
    String call = "ulimit -n 1024; exec carafe \"$@\"";
    Bundle bundle = ground.bundle("bundle");
    bundle.process("rlimits", "[{\"type\":\"RLIMIT_NOFILE\",\"soft\":2000,\"hard\":3000}]");
    bundle.process("oomScoreAdj", "-500").script(look);
    assertEquals(seen, ground.sh(call, "run", "--bundle", bundle.path(), ID).ok().out());
    bundle.args("sleep", "1000");
    ground
        .sh(call + " </dev/null >/dev/null 2>&1", "run", "--detach", "--bundle", bundle.path(), ID)
        .ok();
    assertEquals(seen, ground.sh(call, "exec", ID, "sh", "-c", look).ok().out());
  }
}
