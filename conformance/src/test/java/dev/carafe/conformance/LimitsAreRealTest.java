package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Limits do what they say, seen from outside and by the container's exit, on cgroup v1 and v2,
 * whichever the machine has.
 */
@Tag("also-vm")
final class LimitsAreRealTest {
  private static final Path TOP = Path.of("/sys/fs/cgroup");
  private static final String ID = "real-" + ProcessHandle.current().pid();
  private static final long LIMIT = 32 << 20;

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

  private static boolean unified() {
    return Files.exists(TOP.resolve("cgroup.controllers"));
  }

  private static void needs(String controller) throws IOException {
    assumeTrue(
        unified()
            ? Files.readString(TOP.resolve("cgroup.controllers")).contains(controller)
            : Files.exists(TOP.resolve(controller)),
        "the machine has no cgroup controller " + controller);
  }

  private static String read(String controller, String file) throws IOException {
    Path directory = unified() ? TOP.resolve(ID) : TOP.resolve(controller).resolve(ID);
    return Files.readString(directory.resolve(file)).strip();
  }

  /** Returns a number from a file that has a name and a number in each line. */
  private static long number(String controller, String file, String name) throws IOException {
    for (String line : read(controller, file).split("\n", -1)) {
      if (line.startsWith(name + " ")) {
        return Long.parseLong(line.substring(name.length() + 1));
      }
    }
    throw new AssertionError(file + " has no " + name);
  }

  private Bundle bundle(String resources, String script) {
    return ground
        .bundle("b")
        .script(script)
        .linux("cgroupsPath", "\"/" + ID + "\"")
        .linux("resources", resources.replace('\'', '"'));
  }

  private void runDetached(Bundle bundle) {
    String run = "exec carafe run --detach --bundle \"$1\" \"$2\" >\"$3\" 2>&1";
    ground.sh(run, bundle.path(), ID, ground.path().resolve("out")).ok();
  }

  @Test
  void aContainerWith32MiBIsKilledAt32MiB() throws Exception {
    needs("memory");
    String limits = "{'memory':{'limit':" + LIMIT + ",'swap':" + LIMIT + "}}";
    Bundle bundle = bundle(limits, "exec dd if=/dev/zero of=/dev/null bs=100M count=1");
    Shell.Result result = ground.carafe("run", "--keep", "--bundle", bundle.path(), ID);
    assertEquals(137, result.code(), result.err());
    String state = ground.carafe("state", ID).ok().out();
    assertTrue(state.contains("\"status\": \"stopped\""), state);
    if (unified()) {
      assertTrue(number("memory", "memory.events", "oom_kill") > 0);
    } else {
      assertTrue(number("memory", "memory.oom_control", "oom_kill") > 0);
      long most = Long.parseLong(read("memory", "memory.max_usage_in_bytes"));
      assertTrue(most > LIMIT * 9 / 10 && most <= LIMIT, "killed at " + most);
    }
    ground.carafe("delete", ID).ok();
    // What fits runs to its end.
    bundle.script("exec dd if=/dev/zero of=/dev/null bs=16M count=1");
    assertEquals(0, ground.carafe("run", "--bundle", bundle.path(), ID).code());
  }

  @Test
  void aContainerWithAQuotaOf20PercentGets20Percent() throws Exception {
    needs("cpu");
    // Shares beyond all others, so that a busy machine leaves it all that its quota allows.
    String limits = "{'cpu':{'quota':20000,'period':100000,'shares':262144}}";
    runDetached(bundle(limits, "while :; do :; done"));
    long before = used();
    long begin = System.nanoTime();
    Thread.sleep(5000); // The time over which is measured.
    long used = used() - before;
    double percent = 100.0 * used / (System.nanoTime() - begin);
    assertTrue(percent > 17 && percent < 23, "it got " + percent + " %");
  }

  /** Returns the processor time that the container has used, in nanoseconds. */
  private static long used() throws IOException {
    return unified()
        ? 1000 * number("cpu", "cpu.stat", "usage_usec")
        : Long.parseLong(read("cpuacct", "cpuacct.usage"));
  }

  @Test
  void aContainerWith10ProcessesGetsNoEleventh() throws Exception {
    needs("pids");
    String script =
        "i=1; echo have $i; while sleep 100 & do i=$((i + 1)); echo have $i; done; echo never";
    Bundle bundle = bundle("{'pids':{'limit':10}}", script);
    Shell.Result result = ground.carafe("run", "--bundle", bundle.path(), ID);
    List<String> lines = result.out().lines().toList();
    assertEquals("have 10", lines.get(lines.size() - 1), result.out());
    assertTrue(result.err().contains("fork"), result.err());
    assertFalse(result.code() == 0, result.err());
  }

  @Test
  void aContainerThatIsDeniedADeviceCanMakeItsNodeAndNotOpenIt() {
    String caps = "[\"CAP_MKNOD\"]";
    String script = "busybox mknod /tmp/m b 7 0 && echo made && head -c 0 /tmp/m && echo opened";
    String deny = "{'allow':false,'access':'rwm'}";
    Bundle bundle = bundle("{'devices':[" + deny + "]}", script);
    bundle.process(
        "capabilities",
        "{\"bounding\":" + caps + ",\"effective\":" + caps + ",\"permitted\":" + caps + "}");
    Shell.Result result = ground.carafe("run", "--bundle", bundle.path(), ID);
    assertEquals("made\n", result.out(), result.err());
    assertTrue(result.err().contains("Operation not permitted"), result.err());
    String allow = "{'allow':true,'type':'b','major':7,'minor':0,'access':'r'}";
    bundle.linux("resources", ("{'devices':[" + deny + "," + allow + "]}").replace('\'', '"'));
    String run = "rm -f \"$1\"; exec carafe run --bundle \"$2\" \"$3\"";
    Shell.Result again = ground.sh(run, bundle.in("tmp/m"), bundle.path(), ID);
    // Where there is no loop device the kernel says that instead.
    assertTrue(
        again.out().equals("made\nopened\n") || again.err().contains("No such"), again.err());
  }
}
