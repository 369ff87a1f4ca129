package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.Carafe;
import dev.carafe.Container;
import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerRequest;
import dev.carafe.ContainerState;
import dev.carafe.DeleteMode;
import dev.carafe.Listing;
import dev.carafe.Status;
import dev.carafe.StreamMode;
import dev.carafe.runtime.container.Jvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The program, and a JVM that uses the API, are killed with SIGKILL at each call that changes
 * something, whichever of their processes makes it; or that call fails, for want of space. After
 * each, the state is whole, {@code list} works, {@code delete --force} removes everything, and the
 * same id can be made again.
 */
final class KilledProgramTest {
  private static final String ID = "a";
  private static final String NO_SPACE = "28";

  /**
   * Runs a program in a cgroup, by which its processes are found; a container keeps the files. What
   * is born while the stepper ends may be left with the stop that a traced child begins with:
   * ptrace(2).
   */
  private static final String STEPPING =
      """
      mkdir -p "$1" && echo $BASHPID >"$1/cgroup.procs" || exit 99
      cgroup=$1
      errors=$2
      shift 2
      "$@" </dev/null >/dev/null 2>"$errors"
      code=$?
      while read -r process; do kill -CONT "$process"; done <"$cgroup/cgroup.procs" 2>/dev/null
      cat "$errors" >&2
      exit $code
      """;

  private Ground ground;
  private Bundle bundle;
  private Carafe carafe;
  private Path steps;
  private Path cgroup;

  @BeforeEach
  void begin() throws IOException {
    ground = new Ground();
    carafe = Carafe.at(ground.root());
    steps = ground.path().resolve("steps");
    cgroup = unified().resolve(ground.path().getFileName() + "-stepper");
    String hook = "[{\"path\":\"/bin/true\"}]";
    bundle =
        ground
            .bundle("bundle")
            .args("/bin/sleep", "1000")
            .linux("cgroupsPath", Bundle.quote("/" + ground.path().getFileName()))
            .top(
                "hooks",
                "{\"createRuntime\":"
                    + hook
                    + ",\"createContainer\":[{\"path\":\"/bin/true\"}],\"poststart\":"
                    + hook
                    + ",\"poststop\":"
                    + hook
                    + "}");
  }

  @AfterEach
  void end() {
    ground.close();
    Shell.run("[ ! -d \"$1\" ] || rmdir \"$1\"", cgroup).ok();
  }

  /** Where version 2 is mounted, of which no controller is needed. */
  private static Path unified() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
      if (line.contains(" - cgroup2 ")) {
        return Path.of(line.split(" ", -1)[4]);
      }
    }
    throw new AssertionError("this machine has no cgroup of version 2");
  }

  // Every so many steps, so that this takes seconds: all of them are in the long one.
  @ParameterizedTest
  @CsvSource({
    "program, create, first, 29",
    "program, create, caller, 31",
    "program, start, first, 23",
    "program, delete, first, 23",
    "program, force, first, 23",
    "api, create, first, 61",
    "api, start, first, 40",
    "api, force, first, 50"
  })
  void leavesNothingThatForceDoesNotRemove(
      String door, String operation, String victim, int stride) {
    killAtEach(door, operation, victim, stride);
  }

  @ParameterizedTest
  @Tag("long")
  @CsvSource({
    "program, create, first",
    "program, create, caller",
    "program, start, first",
    "program, delete, first",
    "program, force, first",
    "api, create, first",
    "api, start, first",
    "api, force, first"
  })
  void leavesNothingAtAnyStep(String door, String operation, String victim) {
    killAtEach(door, operation, victim, 1);
  }

  private void killAtEach(String door, String operation, String victim, int stride) {
    int all = count(door, operation, "count");
    assertTrue(all > 30, "only " + all + " steps");
    int killed = 0;
    for (int i = stride; i <= all; i += stride) {
      prepare(operation);
      Shell.Result result = run(door, operation, i, victim);
      String where = where(operation, i, result);
      check(afterKill(operation), where);
      remove(where);
      killed += result.code() != 0 ? 1 : 0;
    }
    System.out.println(door + " " + operation + ": " + killed + " of " + all + " steps killed it");
    assertTrue(killed > 0);
  }

  @ParameterizedTest
  @CsvSource({"create, 9", "start, 5"})
  void saysThatThereIsNoSpace(String operation, int stride) {
    failAtEach(operation, stride);
  }

  @ParameterizedTest
  @Tag("long")
  @CsvSource({"create", "start"})
  void saysThatThereIsNoSpaceAtAnyStep(String operation) {
    failAtEach(operation, 1);
  }

  private void failAtEach(String operation, int stride) {
    int all = count("program", operation, NO_SPACE);
    int failed = 0;
    for (int i = stride; i <= all; i += stride) {
      prepare(operation);
      Shell.Result result = run("program", operation, i, NO_SPACE);
      String where = where(operation, i, result);
      // A poststart hook that fails stops its container.
      check(Set.of(Status.CREATED, Status.RUNNING, Status.STOPPED), where);
      if (result.code() != 0) {
        failed++;
        assertEquals(1, result.code(), where);
        assertTrue(result.err().contains("ENOSPC"), where);
        // Nothing was made, or it is as it was; a hook that fails takes its container along.
        int left = operation.equals("create") || result.err().contains("poststart hook") ? 0 : 1;
        assertEquals(left, carafe.list().containers().size(), where);
      }
      remove(where);
    }
    System.out.println(operation + ": failed at " + failed + " of " + all + " calls without space");
    assertTrue(failed > 0);
  }

  private int count(String door, String operation, String what) {
    prepare(operation);
    run(door, operation, 0, what).ok();
    int all = Integer.parseInt(seen().split(" ", -1)[0]);
    remove("all of " + operation);
    return all;
  }

  private String seen() {
    try {
      return Files.readString(steps).strip();
    } catch (IOException e) {
      return "nothing";
    }
  }

  private String where(String operation, int step, Shell.Result result) {
    return operation
        + " at step "
        + step
        + " (count, call, process: "
        + seen()
        + "): code "
        + result.code()
        + " "
        + result.err();
  }

  private Shell.Result run(String door, String operation, int step, String what) {
    Path errors = ground.path().resolve("errors");
    List<Object> words =
        new ArrayList<>(List.of(cgroup, errors, Ground.tool("stepper"), steps, step, what));
    if (door.equals("api")) {
      words.addAll(
          Jvm.command(
              // What a JVM that is killed leaves of its native library goes with the ground.
              List.of("-Djava.io.tmpdir=" + ground.path()),
              ApiOperation.class,
              ground.root().toString(),
              operation,
              ID,
              bundle.path().toString()));
    } else {
      words.addAll(List.of(Ground.program(), "--root", ground.root()));
      words.addAll(
          switch (operation) {
            case "create" -> List.of("create", "--bundle", bundle.path(), ID);
            case "force" -> List.of("delete", "--force", ID);
            default -> List.of(operation, ID);
          });
    }
    return Shell.run(STEPPING, words.toArray());
  }

  private ContainerRequest request() {
    return ContainerRequest.builder(ContainerId.of(ID), bundle.path())
        .streams(StreamMode.NONE)
        .build();
  }

  private void prepare(String operation) {
    if (operation.equals("create")) {
      return;
    }
    Container made = carafe.create(request());
    if (operation.equals("force")) {
      made.start();
    }
  }

  private void check(Set<Status> possible, String where) {
    Listing listing = settled();
    assertEquals(List.of(), listing.problems(), where);
    for (ContainerState state : listing.containers()) {
      assertTrue(possible.contains(state.status()), where + ": " + state.status());
    }
  }

  private static Set<Status> afterKill(String operation) {
    return switch (operation) {
      case "create", "delete" -> Set.of(Status.CREATED, Status.STOPPED);
      case "start" -> Set.of(Status.CREATED, Status.RUNNING);
      default -> Set.of(Status.RUNNING, Status.STOPPED);
    };
  }

  /** Lists; who was at work, and dies with the process that was killed, takes a moment for that. */
  private Listing settled() {
    Listing listing = carafe.list();
    for (int i = 0; i < 1000 && isChanging(listing); i++) {
      Shell.Result ignored = Shell.run("sleep 0.01").ok();
      listing = carafe.list();
    }
    return listing;
  }

  private static boolean isChanging(Listing listing) {
    return listing.containers().stream().anyMatch(each -> each.status() == Status.CREATING);
  }

  /** Removes what there is, looks whether all has gone, and makes it again. */
  private void remove(String where) {
    Shell.Result deleted = ground.carafe("delete", "--force", ID);
    assertEquals("", deleted.ok().err(), where);
    assertEquals("", remains(), where);
    Container again = carafe.create(request());
    again.start();
    assertEquals(Status.RUNNING, again.status(), where);
    again.delete(DeleteMode.FORCE);
    assertFalse(exists(), where);
  }

  private boolean exists() {
    try {
      return carafe.load(ContainerId.of(ID)) != null;
    } catch (ContainerNotFoundException e) {
      return false;
    }
  }

  /** An agent whose maker was killed ends by itself, but only when it has noticed. */
  private String remains() {
    return Shell.run(
            """
            look() {
              [ ! -d "$1" ] || cat "$1/cgroup.procs"
              find "$2" -mindepth 2
              find /sys/fs/cgroup -type d -name "${3##*/}"
              grep -F "$3/" /proc/self/mountinfo
            }
            for i in $(seq 1000); do
              left=$(look "$@")
              [ -n "$left" ] || exit 0
              sleep 0.01
            done
            echo "$left"
            """,
            cgroup,
            ground.root(),
            ground.path())
        .ok()
        .out();
  }
}
