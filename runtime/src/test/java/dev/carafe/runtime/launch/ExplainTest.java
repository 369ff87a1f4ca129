package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.testing.NoCgroup;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.TimeOffset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
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

  /** What changes something; what only looks, or closes, may be more or less often. */
  private static final List<String> CHANGES =
      List.of(
          "unshare setsid sethostname keyctl umask fsopen fsmount move_mount mount_setattr mknodat"
              .concat(
                  " symlinkat mkdirat pivot_root umount2 fchdir chdir prctl setgroups setresgid")
              .concat(" setresuid capset prlimit64 close_range execve")
              .split(" ", -1));

  @Test
  void itIsWhatTheKernelSees() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/strace")), "strace is not installed");
    bundle.write();
    Path directory = Files.createDirectory(bundle.path().resolve("private"));
    Path trace = bundle.path().resolve("trace");
    java.lang.Process process =
        new ProcessBuilder(
                "/usr/bin/strace",
                "-f",
                "-qq",
                "-o",
                trace.toString(),
                "-e",
                "trace=" + String.join(",", CHANGES),
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TracedMain.class.getName(),
                bundle.path().toString(),
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(bundle.path().resolve("output").toFile())
            .start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(
        0, process.exitValue(), () -> "see " + Files.exists(bundle.path().resolve("output")));
    List<String> seen = new ArrayList<>();
    String init = "";
    for (String line : Files.readAllLines(trace, StandardCharsets.ISO_8859_1)) {
      String pid = line.substring(0, line.indexOf(' '));
      String call = line.substring(line.indexOf(' ')).strip();
      if (init.isEmpty() && call.startsWith("unshare(CLONE_NEWCGROUP")) {
        init = pid;
      }
      if (pid.equals(init) && call.contains("(") && !call.startsWith("<...")) {
        String name = call.substring(0, call.indexOf('('));
        seen.add(name);
        if (name.equals("execve")) {
          break;
        }
      }
    }
    List<String> main = new ArrayList<>();
    List<String> all = new ArrayList<>();
    boolean core = Files.exists(Path.of("/proc/kcore"));
    for (PlannedCall each : explain().calls()) {
      String name = name(each);
      if (each.process().equals("init") && CHANGES.contains(name)) {
        all.add(name);
        if (each.depth() == 0 && (core || !each.operation().equals("make /dev/core"))) {
          main.add(name);
        }
      }
    }
    // In order, with those branches that this machine makes it take.
    int at = 0;
    for (String each : seen) {
      while (at < all.size() && !all.get(at).equals(each)) {
        at++;
      }
      assertTrue(at++ < all.size(), () -> each + " is not planned there: " + seen);
    }
    // Whether a place must be made is such a branch where it has a parent to be made in.
    seen.removeIf(name -> name.equals("mkdirat"));
    main.removeIf(name -> name.equals("mkdirat"));
    assertEquals(String.join("\n", main), String.join("\n", seen));
  }

  private static String name(PlannedCall planned) {
    String call = planned.call();
    int result = call.indexOf(" = ");
    String rest = result < 0 ? call : call.substring(result + 3);
    return rest.indexOf('(') < 0 ? "" : rest.substring(0, rest.indexOf('('));
  }
}
