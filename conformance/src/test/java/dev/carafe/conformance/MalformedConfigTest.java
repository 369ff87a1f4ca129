package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * More than 200 malformed files, each given to the program itself: an error that names the place,
 * exit code 1, nothing left behind, and soon. (The reader's own tests try ten times as many.)
 */
final class MalformedConfigTest {
  private static final String GOOD =
      """
      {
        "ociVersion": "1.2.0",
        "process": {
          "terminal": false,
          "user": {"uid": 0, "gid": 0, "additionalGids": [1]},
          "args": ["/bin/true"],
          "env": ["PATH=/bin"],
          "cwd": "/",
          "capabilities": {"bounding": ["CAP_KILL"]},
          "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 64, "soft": 64}],
          "oomScoreAdj": 0,
          "noNewPrivileges": true
        },
        "root": {"path": "rootfs", "readonly": false},
        "hostname": "box",
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc", "options": ["ro"]}],
        "hooks": {"prestart": [{"path": "/bin/true", "args": ["x"], "timeout": 1}]},
        "annotations": {"a": "b"},
        "linux": {
          "namespaces": [{"type": "mount"}, {"type": "uts"}, {"type": "pid"}],
          "resources": {
            "devices": [{"allow": false, "access": "rwm"}],
            "memory": {"limit": 100000000},
            "cpu": {"shares": 1024, "cpus": "0"},
            "pids": {"limit": 10}
          },
          "sysctl": {"kernel.domainname": "x"},
          "rootfsPropagation": "private",
          "maskedPaths": ["/proc/kcore"],
          "devices": [{"path": "/dev/x", "type": "c", "major": 1, "minor": 3, "fileMode": 438}]
        }
      }
      """;

  /**
   * file:line:column: path. Line and column are missing where it is known only later, and the path
   * where the file is too large to be read.
   */
  private static final Pattern PLACE = Pattern.compile("config\\.json(:\\d+:\\d+)?: ?(\\$|EFBIG)");

  private final Map<String, byte[]> cases = new LinkedHashMap<>();

  private void add(String name, byte[] content) {
    cases.put(cases.size() + " " + name, content);
  }

  private void add(String name, String content) {
    add(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private void change(String from, String to) {
    assertTrue(GOOD.contains(from), from);
    add(from + " as " + to, GOOD.replace(from, to));
  }

  private void truncated() {
    int end = GOOD.strip().length();
    for (int i = 0; i < 60; i++) {
      add("truncated at " + end * i / 60, GOOD.substring(0, end * i / 60));
    }
  }

  private void wrongTypes() {
    String[] values = {
      "\"terminal\": false",
      "\"args\": [\"/bin/true\"]",
      "\"cwd\": \"/\"",
      "\"uid\": 0",
      "\"additionalGids\": [1]",
      "\"env\": [\"PATH=/bin\"]",
      "\"bounding\": [\"CAP_KILL\"]",
      "\"hard\": 64",
      "\"oomScoreAdj\": 0",
      "\"noNewPrivileges\": true",
      "\"path\": \"rootfs\"",
      "\"readonly\": false",
      "\"hostname\": \"box\"",
      "\"destination\": \"/proc\"",
      "\"options\": [\"ro\"]",
      "\"timeout\": 1",
      "\"allow\": false",
      "\"limit\": 100000000",
      "\"shares\": 1024",
      "\"cpus\": \"0\"",
      "\"maskedPaths\": [\"/proc/kcore\"]",
      "\"major\": 1",
      "\"fileMode\": 438",
      "\"ociVersion\": \"1.2.0\"",
    };
    for (String value : values) {
      int colon = value.indexOf(": ");
      String good = value.substring(colon + 2);
      for (String bad : List.of("\"x\"", "17", "1.5", "true", "[]", "{}", "[17]")) {
        if (!fits(good, bad)) {
          change(value, value.substring(0, colon + 2) + bad);
        }
      }
    }
  }

  /** Whether a value is good after all: of the same type, and no fraction. */
  private static boolean fits(String good, String bad) {
    char g = good.charAt(0);
    char b = bad.charAt(0);
    boolean number = Character.isDigit(g) && bad.equals("17");
    boolean text = g == '"' && b == '"';
    boolean truth = (g == 't' || g == 'f') && b == 't';
    boolean list = g == '[' && (bad.equals("[]") || (good.equals("[1]") && bad.equals("[17]")));
    return number || text || truth || list;
  }

  private void unknownAndMissing() {
    change("\"type\": \"uts\"", "\"type\": \"utz\"");
    change("RLIMIT_NOFILE", "RLIMIT_NONE");
    change("\"private\"", "\"sideways\"");
    change("\"type\": \"c\"", "\"type\": \"z\"");
    change("\"1.2.0\"", "\"2.0.0\"");
    change("\"1.2.0\"", "\"\"");
    change("\"ociVersion\": \"1.2.0\",", "");
    change("\"cwd\": \"/\",", "");
    change("\"args\": [\"/bin/true\"],", "");
    change("\"cwd\": \"/\"", "\"cwd\": \"relative\"");
    change("\"type\": \"uts\"", "");
    change("\"destination\": \"/proc\", ", "");
    change("\"type\": \"RLIMIT_NOFILE\", ", "");
    change("\"path\": \"/dev/x\", ", "");
    change("\"path\": \"rootfs\", ", "");
    change("\"allow\": false", "\"allow\": null");
    change("{\"type\": \"uts\"}", "{\"type\": \"mount\"}");
    add("no process", GOOD.replace("\"process\"", "\"other\""));
    add("no root", GOOD.replace("\"root\"", "\"other\""));
  }

  private void badSyntax() {
    add("nothing", "");
    add("blanks", " \n ");
    add("a word", "config");
    add("an array", "[]");
    add("null", "null");
    add("trailing", GOOD + "x");
    add("two", GOOD + GOOD);
    change("\"readonly\": false}", "\"readonly\": false,}");
    change("\"readonly\": false}", "\"readonly\": False}");
    change("\"readonly\": false", "readonly: false");
    change("\"hostname\"", "'hostname'");
    change("\"hostname\"", "// comment\n\"hostname\"");
    change("\"hostname\": \"box\"", "\"hostname\": \"a\", \"hostname\": \"b\"");
    change("\"hostname\": \"box\"", "\"hostname\": \"bo\nx\"");
    change("\"hostname\": \"box\"", "\"hostname\": \"\\ud800\"");
    change("\"hostname\": \"box\"", "\"hostname\": \"\\u0000\"");
    change("\"hostname\": \"box\"", "\"hostname\": \"\\x41\"");
    change("\"uid\": 0", "\"uid\": -1");
    change("\"uid\": 0", "\"uid\": 00");
    change("\"uid\": 0", "\"uid\": 4294967296");
    change("\"uid\": 0", "\"uid\": NaN");
    change("\"uid\": 0", "\"uid\": 1e3");
    change("\"hard\": 64", "\"hard\": 18446744073709551616");
    change("\"limit\": 100000000", "\"limit\": 9223372036854775808");
    add("latin-1", GOOD.replace("box", "b\u00e4x").getBytes(StandardCharsets.ISO_8859_1));
    add("utf-16", GOOD.getBytes(StandardCharsets.UTF_16));
    add("byte order mark", "\ufeff" + GOOD);
    add("zeros", new byte[4096]);
    byte[] overlong = GOOD.replace("box", "bo..x").getBytes(StandardCharsets.ISO_8859_1);
    int dots = GOOD.indexOf("box") + 2;
    overlong[dots] = (byte) 0xc0;
    overlong[dots + 1] = (byte) 0xaf;
    add("overlong slash", overlong);
  }

  private void hugeAndDeep() {
    add("many blanks", " ".repeat(5 << 20) + GOOD);
    change("\"hostname\": \"box\"", "\"hostname\": \"" + "x".repeat(5 << 20) + "\"");
    add("deep arrays", "[".repeat(100_000));
    add("deep objects", "{\"a\":".repeat(100_000));
    change("\"annotations\": {\"a\": \"b\"}", "\"annotations\": {\"a\": " + "[".repeat(5000) + "}");
    change("\"uid\": 0", "\"uid\": 1" + "0".repeat(100_000));
  }

  @Test
  void eachIsRefusedWithItsPlaceAndLeavesNothing() throws Exception {
    truncated();
    wrongTypes();
    unknownAndMissing();
    badSyntax();
    hugeAndDeep();
    assertTrue(cases.size() > 200, cases.size() + " cases");
    try (Ground ground = new Ground()) {
      Path wrapper = ground.wrapper();
      List<Callable<String>> tasks = new ArrayList<>();
      for (Map.Entry<String, byte[]> each : cases.entrySet()) {
        tasks.add(() -> problem(ground, wrapper, each.getKey(), each.getValue()));
      }
      List<String> problems = new ArrayList<>();
      ExecutorService threads = Executors.newFixedThreadPool(2);
      try {
        for (Future<String> each : threads.invokeAll(tasks, 10, TimeUnit.MINUTES)) {
          if (!each.get().isEmpty()) {
            problems.add(each.get());
          }
        }
      } finally {
        threads.shutdownNow();
      }
      assertEquals(List.of(), problems);
      assertEquals(List.of(), ground.ids());
      assertEquals(
          "",
          Shell.run(
                  "find \"$1\" -mindepth 2; find /sys/fs/cgroup -name 'malformed-*'", ground.root())
              .out());
    }
  }

  /** Returns what is wrong with how a file was refused; empty if nothing is. */
  private static String problem(Ground ground, Path wrapper, String name, byte[] content)
      throws IOException {
    String id = "malformed-" + name.substring(0, name.indexOf(' '));
    Path bundle = ground.directory(id);
    Files.createDirectories(bundle.resolve("rootfs"));
    Files.write(bundle.resolve("config.json"), content);
    long begin = System.nanoTime();
    Shell.Result result =
        Shell.run("timeout 20 \"$1/carafe\" create --bundle \"$2\" \"$3\"", wrapper, bundle, id);
    long millis = (System.nanoTime() - begin) / 1_000_000;
    Files.delete(bundle.resolve("config.json"));
    boolean clean =
        result.code() == 1
            && result.out().isEmpty()
            && result.err().lines().count() == 1
            && result.err().length() < 2000
            && PLACE.matcher(result.err()).find();
    assertFalse(result.err().contains("internal error"), name + ": " + result.err());
    // A busy machine needs longer than a second to start any program.
    return clean && millis < 10_000
        ? ""
        : name.substring(0, Math.min(80, name.length()))
            + ": code "
            + result.code()
            + " after "
            + millis
            + " ms: "
            + result.out()
            + result.err().substring(0, Math.min(300, result.err().length()));
  }
}
