package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.testing.NoCgroup;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.TimeOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The plan of a launch. */
final class ExplainTest {
  private final TestBundle bundle = TestBundle.create();

  @AfterEach
  void remove() {
    bundle.close();
  }

  private Explain explain() {
    try (Caller caller = new JvmCaller()) {
      return Explain.launch(
          caller,
          "plan",
          bundle.spec(),
          bundle.path().toString(),
          new NoCgroup(),
          LaunchOptions.NONE);
    }
  }

  @Test
  void itShowsTheWholeLaunchInOrderAndMakesNothing() {
    int before = Fd.openCount();
    String text = explain().toText();
    assertEquals(before, Fd.openCount());
    int at = 0;
    for (String each :
        List.of(
            "create:\n",
            "caller make the container's first process: clone3(CLONE_NEWNS|CLONE_NEWPID|",
            "init   make the cgroup namespace: $",
            "set the host name to carafe: $",
            "mount",
            "pivot_root(\".\", \".\")",
            "bind the start socket",
            "hold until the start: hold($",
            "start:\n",
            "drop CAP_CHOWN from the bounding set",
            "become user 0",
            "exec /bin/true: execve(\"/bin/true\", [\"/bin/true\"], [\"PATH=/bin:/usr/bin\", \"HOME=/\"])")) {
      int found = text.indexOf(each, at);
      assertTrue(found >= 0, each + " is not after " + at + " in\n" + text);
      at = found;
    }
  }

  @Test
  void itKnowsTheMiddleAgentTheTerminalAndTheUserNamespace() {
    List<IdMapping> map = List.of(new IdMapping(0, 100000, 65536));
    bundle
        .namespace(NamespaceType.TIME, Optional.empty())
        .namespace(NamespaceType.USER, Optional.empty())
        .namespace(NamespaceType.NETWORK, Optional.of("/proc/self/ns/net"))
        .linux(l ->
            l.uidMappings(map)
                .gidMappings(map)
                .timeOffsets(Map.of("boottime", new TimeOffset(1, 0))))
        .process(p -> p.terminal(true));
    String text = explain().toText();
    assertTrue(text.contains("  middle join the network namespace /proc/self/ns/net"), text);
    assertTrue(text.contains("write the uid map"), text);
    assertTrue(text.contains("set the time namespace's offsets"), text);
    assertTrue(text.contains("make the container's first process: clone3("), text);
    assertTrue(text.contains("mount the terminal on /dev/console"), text);
  }

  @Test
  void itIsJsonToo() {
    String json = explain().toJson();
    assertTrue(json.startsWith("{\n  \"operations\": [\n    {\n      \"process\": "), json);
  }
}
