package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.Carafe;
import dev.carafe.CarafeException;
import dev.carafe.Container;
import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerRequest;
import dev.carafe.ContainerState;
import dev.carafe.DeleteMode;
import dev.carafe.ExitStatus;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.StreamMode;
import dev.carafe.WrongStatusException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A container from its making to its end, by the command line and by the API. */
final class ContainerLifeTest {
  private static final String ID = "life-" + ProcessHandle.current().pid();

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before each test.
  private Ground ground;

  @SuppressWarnings("NullAway.Init")
  private Bundle bundle;

  @BeforeEach
  void open() {
    ground = new Ground();
    bundle = ground.bundle("bundle").args("/bin/sleep", "1000");
  }

  @AfterEach
  void close() {
    ground.carafe("delete", "--force", ID);
    ground.close();
  }

  /** Reads from disk, as another program would. */
  private Carafe carafe() {
    return Carafe.at(ground.root());
  }

  private Container load() {
    return carafe().load(ContainerId.of(ID));
  }

  private ContainerRequest request() {
    return ContainerRequest.builder(ContainerId.of(ID), bundle.path())
        .streams(StreamMode.NONE)
        .build();
  }

  private void is(Status status) {
    assertEquals(status, load().status());
    List<ContainerState> listed = carafe().list().containers();
    assertEquals(1, listed.size());
    assertEquals(status, listed.get(0).status());
  }

  private void inUserNamespace() {
    String map = "[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]";
    bundle
        .linux("uidMappings", map)
        .linux("gidMappings", map)
        .linux(
            "namespaces",
            "[{\"type\":\"user\"},{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"uts\"},"
                + "{\"type\":\"ipc\"},{\"type\":\"network\"}]");
    Shell.run("chown -R -h 100000:100000 \"$1\"", bundle.in("")).ok();
  }

  @ParameterizedTest
  @ValueSource(strings = {"usual", "user namespace", "the host's processes"})
  void afterEachStepItLoadsFromDiskWithTheRightStatus(String kind) throws Exception {
    if (kind.startsWith("user")) {
      inUserNamespace();
    } else if (kind.startsWith("the")) {
      bundle.linux("namespaces", "[{\"type\":\"mount\"},{\"type\":\"uts\"}]").withoutMounts();
    }
    carafe().create(request()).close();
    is(Status.CREATED);
    load().start();
    is(Status.RUNNING);
    load().pause();
    is(Status.PAUSED);
    load().resume();
    is(Status.RUNNING);
    load().kill(Signal.KILL);
    assertEquals(new ExitStatus.Signalled(9), load().waitFor());
    is(Status.STOPPED);
    load().delete(DeleteMode.STOPPED);
    assertThrows(ContainerNotFoundException.class, this::load);
    assertEquals(List.of(), carafe().list().containers());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 42, 125, 255})
  void anApplicationsExitStatusComesBack(int code) throws Exception {
    bundle.script("exit " + code);
    assertEquals(code, ground.carafe("run", "-b", bundle.path(), ID).code());
    try (Container container = carafe().create(request())) {
      container.start();
      assertEquals(new ExitStatus.Exited(code), container.waitFor());
      assertEquals(new ExitStatus.Exited(code), load().waitFor());
      container.delete(DeleteMode.STOPPED);
    }
    bundle.args("/bin/sleep", "1000");
    ground.sh("carafe run -d -b \"$1\" $2 </dev/null >/dev/null 2>&1", bundle.path(), ID).ok();
    assertEquals(code, ground.carafe("exec", ID, "sh", "-c", "exit " + code).code());
  }

  @Test
  void programsAreFoundByAbsoluteRelativeAndPathNames() throws Exception {
    Path program = bundle.in("tmp/mine");
    Files.writeString(program, "#!/bin/sh\necho found $0\n");
    Shell.run("chmod 755 \"$1\"", program).ok();
    bundle.process("env", "[\"PATH=/nowhere:/tmp:/bin\"]");
    List<String> names = List.of("/tmp/mine", "./mine", "../tmp/mine", "mine");
    bundle.cwd("/tmp");
    for (String name : names) {
      String found = "found " + (name.equals("mine") ? "/tmp/mine" : name) + "\n";
      bundle.args(name);
      assertEquals(found, ground.carafe("run", "-b", bundle.path(), ID).ok().out());
    }
    bundle.args("/bin/sleep", "1000");
    ground.sh("carafe run -d -b \"$1\" $2 </dev/null >/dev/null 2>&1", bundle.path(), ID).ok();
    for (String name : names) {
      String found = "found " + (name.equals("mine") ? "/tmp/mine" : name) + "\n";
      assertEquals(found, ground.carafe("exec", ID, name).ok().out());
    }
  }

  @Test
  void aWorkingDirectoryIsMadeIfMissing() {
    bundle.cwd("/not/there/yet").script("pwd; echo here >file");
    assertEquals("/not/there/yet\n", ground.carafe("run", "-b", bundle.path(), ID).ok().out());
    assertTrue(Files.isRegularFile(bundle.in("not/there/yet/file")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"usual", "user namespace"})
  void aRunAsNonRootWorksWithFilesOfTheRightOwner(String kind) {
    int shift = 0;
    if (kind.startsWith("user")) {
      inUserNamespace();
      shift = 100000;
    }
    Shell.run("chmod 1777 \"$1/tmp\"; : >\"$1/secret\"; chmod 600 \"$1/secret\"", bundle.in(""))
        .ok();
    bundle
        .process("user", "{\"uid\":1000,\"gid\":1001,\"additionalGids\":[1002]}")
        .script(
            "echo mine >/tmp/file; mkdir /tmp/directory; stat -c '%u %g' /tmp/*;"
                + " cat /secret 2>/dev/null || echo refused; stat -L -c %u:%g /proc/self /bin/busybox");
    assertEquals(
        "1000 1001\n1000 1001\nrefused\n1000:1001\n0:0\n",
        ground.carafe("run", "-b", bundle.path(), ID).ok().out());
    assertEquals(
        (1000 + shift) + ":" + (1001 + shift) + "\n",
        Shell.run("stat -c %u:%g \"$1\"", bundle.in("tmp/file")).ok().out());
  }

  @Test
  void shortIdsFindExactIdsWinAndAmbiguousOnesAreNamed() {
    for (String id : List.of("web", "web1", "worker")) {
      ground.sh("carafe create -b \"$1\" $2 </dev/null >/dev/null 2>&1", bundle.path(), id).ok();
    }
    try {
      String worker = ground.carafe("--short-id", "state", "wo").ok().out();
      assertTrue(worker.contains("\"id\": \"worker\""), worker);
      String web = ground.carafe("--short-id", "state", "web").ok().out();
      assertTrue(web.contains("\"id\": \"web\""), web);
      String ambiguous = ground.carafe("--short-id", "state", "we").refused().err();
      assertTrue(ambiguous.contains("ambiguous: web, web1"), ambiguous);
      ambiguous = ground.carafe("--short-id", "delete", "w").refused().err();
      assertTrue(ambiguous.contains("ambiguous: web, web1, worker"), ambiguous);
      String exact = ground.carafe("state", "wo").refused().err();
      assertTrue(exact.contains("container does not exist"), exact);
      ground.carafe("--short-id", "start", "wo").ok();
      assertEquals("", ground.carafe("--short-id", "exec", "wo", "true").ok().out());
      ground.carafe("--short-id", "kill", "wor", "KILL").ok();
      ground.carafe("--short-id", "delete", "--force", "worker").ok();
      assertEquals(List.of("web", "web1"), ground.ids());
    } finally {
      for (String id : List.of("web", "web1", "worker")) {
        ground.carafe("delete", "--force", id).ok();
      }
    }
  }

  @Test
  void oneThatWasNeverStartedIsDeleted() {
    ground.sh("carafe create -b \"$1\" $2 </dev/null >/dev/null 2>&1", bundle.path(), ID).ok();
    int pid = load().state().pid().orElseThrow();
    ground.carafe("delete", ID).ok();
    assertEquals(List.of(), ground.ids());
    // Process 1 of some machines reaps orphans only every few seconds.
    Shell.run(
            "for i in $(seq 200); do kill -0 $1 2>/dev/null || exit 0; sleep 0.1; done; exit 1",
            pid)
        .ok();
    try (Container container = carafe().create(request())) {
      container.delete(DeleteMode.STOPPED);
    }
    assertEquals(List.of(), carafe().list().containers());
  }

  @Test
  @Tag("long")
  void startAndDeleteRace200Times() throws Exception {
    int started = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int i = 0; i < 200; i++) {
        try (Container container = carafe().create(request())) {
          int pid = container.state().pid().orElseThrow();
          CyclicBarrier both = new CyclicBarrier(2);
          // Each a little earlier than the other by turns.
          int ahead = i % 20 - 10;
          Future<Boolean> start =
              threads.submit(() -> {
                both.await();
                Thread.sleep(0, Math.max(0, ahead) * 99_000);
                try {
                  load().start();
                  return true;
                } catch (ContainerNotFoundException | WrongStatusException e) {
                  return false;
                }
              });
          Future<?> delete =
              threads.submit(() -> {
                both.await();
                Thread.sleep(0, Math.max(0, -ahead) * 99_000);
                load().delete(DeleteMode.FORCE);
                return null;
              });
          started += start.get() ? 1 : 0;
          delete.get();
          assertThrows(ContainerNotFoundException.class, this::load);
          assertThrows(CarafeException.class, container::status);
          assertTrue(!Files.exists(Path.of("/proc/" + pid)), "process " + pid + " is left");
        }
      }
    }
    assertTrue(started > 0 && started < 200, started + " of 200 starts came first");
  }

  @Test
  void severalWaitAtOnceAlsoWhenTheMakerHasGone() throws Exception {
    bundle.script("trap 'exit 9' TERM; echo up >/tmp/up; while :; do sleep 0.05; done");
    ground.sh("carafe run -d -b \"$1\" $2 </dev/null >/dev/null 2>&1", bundle.path(), ID).ok();
    List<Shell.Running> programs = new ArrayList<>();
    List<Future<ExitStatus>> calls = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 4; i++) {
        calls.add(threads.submit(() -> load().waitFor()));
      }
      for (int i = 0; i < 3; i++) {
        programs.add(ground.start("exec carafe wait $1", ID));
      }
      for (Shell.Running each : programs) {
        // Until it has the process open: from then on the kernel keeps the status for it.
        Shell.run(
                "for i in $(seq 300); do for c in $(cat /proc/$1/task/$1/children); do"
                    + " ls -l /proc/$c/fd 2>/dev/null | grep -q pidfd && exit 0; done; sleep 0.05;"
                    + " done; exit 1",
                each.pid())
            .ok();
      }
      Shell.run("until [ -e \"$1\" ]; do sleep 0.05; done", bundle.in("tmp/up")).ok();
      load().kill(Signal.TERM);
      for (Future<ExitStatus> each : calls) {
        assertEquals(new ExitStatus.Exited(9), each.get());
      }
      for (Shell.Running each : programs) {
        assertEquals("{\"id\":\"" + ID + "\",\"exitStatus\":9}\n", each.end().ok().out());
      }
    }
  }

  @Test
  void whereNobodyCanKnowTheStatusIsUnknown() throws Exception {
    bundle.args("/bin/true");
    // Its parent takes the status and writes it down nowhere.
    ground
        .sh(
            "\"$1\" reaper \"$2/pid\" \"$2/bin/carafe\" create -b \"$3\" --pid-file \"$2/pid\" $4"
                + " -- \"$2/bin/carafe\" start $4 </dev/null",
            Ground.tool("caller"),
            ground.path(),
            bundle.path(),
            ID)
        .ok();
    assertEquals(Status.STOPPED, load().status());
    assertEquals(ExitStatus.UNKNOWN, load().waitFor());
    assertEquals(Optional.of(ExitStatus.UNKNOWN), load().waitFor(java.time.Duration.ZERO));
    assertEquals(
        "{\"id\":\"" + ID + "\",\"exitStatus\":null}\n", ground.carafe("wait", ID).ok().out());
  }
}
