package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.Carafe;
import dev.carafe.Container;
import dev.carafe.ContainerExistsException;
import dev.carafe.ContainerId;
import dev.carafe.ContainerRequest;
import dev.carafe.DeleteMode;
import dev.carafe.ExitStatus;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.StreamMode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a container of a JVM's gets, through the public API; and both doors on one root. */
final class ApiCallerTest {
  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before any test.
  private static Ground ground;

  @SuppressWarnings("NullAway.Init")
  private static Bundle probing;

  @BeforeAll
  static void makeBundle() {
    ground = new Ground();
    probing = ground.bundle("probing").args("/bin/probe");
  }

  @AfterAll
  static void remove() {
    ground.close();
  }

  private static Carafe carafe() {
    return Carafe.at(ground.root());
  }

  private static ContainerRequest request(String id, Bundle bundle) {
    return ContainerRequest.builder(ContainerId.of(id), bundle.path())
        .streams(StreamMode.PIPE)
        .build();
  }

  private static String text(java.io.InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  private static List<String> with(List<String> lines, String start) {
    return lines.stream().filter(l -> l.startsWith(start)).toList();
  }

  /** Runs a bundle's program; returns what it wrote. */
  private static List<String> run(String id, Bundle bundle) throws Exception {
    try (Container container = carafe().create(request(id, bundle))) {
      try {
        container.start();
        container.stdin().close();
        String out = text(container.stdout());
        assertEquals("", text(container.stderr()));
        assertEquals(new ExitStatus.Exited(0), container.waitFor());
        return out.lines().toList();
      } finally {
        container.delete(DeleteMode.FORCE);
      }
    }
  }

  @Test
  void noDescriptorOfTheJvmAndNoneOfItsSignals() throws Exception {
    // A descriptor without CLOEXEC, as foreign code in a JVM may leave: bash's own children get it.
    List<String> lines = run("api-fds", probing);
    List<String> fds = with(lines, "fd ");
    assertEquals(3, fds.size(), fds.toString());
    for (int i = 0; i < 3; i++) {
      assertTrue(fds.get(i).startsWith("fd " + i + " 10000 pipe:["), fds.toString());
    }
    assertEquals(List.of(), with(lines, "blocked"));
    assertEquals(List.of(), with(lines, "ignored"));
  }

  @Test
  void theJvmsLimitsAndAffinity() throws Exception {
    List<String> lines = run("api-limits", probing);
    String own = Files.readString(Path.of("/proc/self/limits"));
    for (String limit : with(lines, "limit ")) {
      String[] words = limit.split(" ", -1);
      String name =
          switch (words[1]) {
            case "0" -> "Max cpu time";
            case "3" -> "Max stack size";
            case "4" -> "Max core file size";
            case "7" -> "Max open files";
            case "8" -> "Max locked memory";
            default -> "";
          };
      if (!name.isEmpty()) {
        String line = own.lines().filter(l -> l.startsWith(name)).findFirst().orElseThrow();
        String[] values = line.substring(26).strip().split(" +", -1);
        assertEquals(values[0], words[2].equals("-1") ? "unlimited" : words[2], limit);
        assertEquals(values[1], words[3].equals("-1") ? "unlimited" : words[3], limit);
      }
    }
    String allowed =
        Files.readString(Path.of("/proc/self/status"))
            .lines()
            .filter(l -> l.startsWith("Cpus_allowed_list:"))
            .findFirst()
            .orElseThrow();
    assertEquals(1, with(lines, "cpus ").size(), allowed);
  }

  @Test
  void limitsOfTheConfigurationAreExact() throws Exception {
    Bundle limited = ground.bundle("limited").args("/bin/probe");
    limited.process(
        "rlimits",
        "[{\"type\":\"RLIMIT_NOFILE\",\"soft\":111,\"hard\":222},"
            + "{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":4096}]");
    List<String> lines = run("api-limited", limited);
    assertTrue(lines.contains("limit 7 111 222"), lines.toString());
    assertTrue(lines.contains("limit 4 0 4096"), lines.toString());
  }

  @Test
  void streamsOfTheJvmsOwnCarryMuch() throws Exception {
    Bundle counting = ground.bundle("counting").script("wc -c; echo done >&2; exit 9");
    try (Container container = carafe().create(request("api-streams", counting))) {
      try {
        container.start();
        try (OutputStream in = container.stdin()) {
          byte[] megabyte = new byte[1 << 20];
          for (int i = 0; i < 10; i++) {
            in.write(megabyte);
          }
        }
        assertEquals("10485760\n", text(container.stdout()));
        assertEquals("done\n", text(container.stderr()));
        assertEquals(new ExitStatus.Exited(9), container.waitFor());
        assertEquals(Status.STOPPED, container.status());
      } finally {
        container.delete(DeleteMode.FORCE);
      }
    }
  }

  @Test
  void aSignalledOneSaysSoAndEveryHandleKnows() throws Exception {
    Bundle sleeping = ground.bundle("sleeping").args("/bin/sleep", "1000");
    try (Container container = carafe().create(request("api-killed", sleeping))) {
      try {
        container.start();
        Container other = carafe().load(ContainerId.of("api-killed"));
        assertEquals(Status.RUNNING, other.status());
        other.kill(Signal.of("KILL"));
        assertEquals(new ExitStatus.Signalled(9), container.waitFor());
        assertEquals(Status.STOPPED, other.status());
      } finally {
        container.delete(DeleteMode.FORCE);
      }
    }
  }

  @Test
  void bothDoorsSeeOneContainer() throws Exception {
    Bundle sleeping = ground.bundle("both").args("/bin/sleep", "1000");
    try (Container container = carafe().create(request("api-both", sleeping))) {
      try {
        assertTrue(ground.carafe("state", "api-both").ok().out().contains("\"created\""));
        ground.carafe("create", "-b", sleeping.path(), "api-both").refused();
        assertThrows(
            ContainerExistsException.class, () -> carafe().create(request("api-both", sleeping)));
        ground.carafe("start", "api-both").ok();
        assertEquals(Status.RUNNING, container.status());
        ground.carafe("kill", "api-both", "TERM").ok();
        ground.carafe("kill", "api-both", "KILL").ok();
        assertEquals(new ExitStatus.Signalled(9), container.waitFor());
        ground.carafe("delete", "api-both").ok();
        assertThrows(dev.carafe.ContainerNotFoundException.class, container::status);
      } finally {
        ground.carafe("delete", "--force", "api-both").ok();
      }
    }
  }

  @Test
  void manyThreadsAtOnceGetEachTheirOwn() throws Exception {
    Bundle echoing = ground.bundle("echoing").script("cat; exit 3");
    List<Future<String>> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 24; i++) {
        String id = "api-thread-" + i;
        Callable<String> work =
            () -> {
              try (Container container = carafe().create(request(id, echoing))) {
                try {
                  container.start();
                  try (OutputStream in = container.stdin()) {
                    in.write(id.getBytes(StandardCharsets.UTF_8));
                  }
                  String out = text(container.stdout());
                  return out + " " + container.waitFor().shellCode();
                } finally {
                  container.delete(DeleteMode.FORCE);
                }
              }
            };
        results.add(threads.submit(work));
      }
      for (int i = 0; i < results.size(); i++) {
        assertEquals("api-thread-" + i + " 3", results.get(i).get());
      }
    }
    assertFalse(ground.ids().stream().anyMatch(id -> id.startsWith("api-thread")));
  }
}
