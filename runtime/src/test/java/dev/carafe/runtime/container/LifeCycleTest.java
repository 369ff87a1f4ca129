package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.Container;
import dev.carafe.ContainerExistsException;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerState;
import dev.carafe.DeleteMode;
import dev.carafe.ExitStatus;
import dev.carafe.InvalidInputException;
import dev.carafe.KillScope;
import dev.carafe.Listing;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.StreamMode;
import dev.carafe.UnreadableStateException;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.Fd;
import dev.carafe.runtime.state.Steps;
import dev.carafe.spec.Hooks;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What each operation does, and the words of runc 1.1 when it cannot. */
final class LifeCycleTest {
  private Ground ground;
  private TestPlatform platform;
  private Containers containers;
  private int before;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    platform = new TestPlatform(ground.marks, Steps.NONE);
    containers =
        new Containers(dev.carafe.runtime.state.StateStore.at(ground.root.toString()), platform);
    before = Fd.openCount();
  }

  @AfterEach
  void end() throws Exception {
    for (ContainerState each : containers.list().containers()) {
      containers.delete(each.id(), DeleteMode.FORCE);
    }
    // The agent's program is opened once in a JVM, and kept.
    int kept = Fd.openCount() - before;
    assertTrue(kept == 0 || kept == 1, kept + " open descriptors");
    assertEquals(List.of(), ground.remains());
    ground.close();
  }

  @Test
  void aContainerIsCreatedStartedKilledAndDeleted() throws Exception {
    Container c = containers.create(ground.request("web"));
    ContainerState made = c.state();
    assertEquals(Status.CREATED, made.status());
    assertEquals(ground.bundle.toString(), made.bundle());
    assertEquals(ground.bundle.resolve("rootfs").toString(), made.rootfs());
    assertEquals("root", made.owner());
    assertTrue(
        Duration.between(made.createdAt(), Instant.now()).abs().toMinutes() < 5, made.created());
    assertEquals(List.of(made.pid().orElseThrow()), ground.live("web"));

    c.start();
    assertEquals(Status.RUNNING, c.status());
    assertEquals(made.pid(), c.state().pid());

    c.kill(Signal.KILL);
    assertEquals(new ExitStatus.Signalled(9), c.waitFor());
    assertEquals(Status.STOPPED, c.status());
    assertTrue(c.state().pid().isEmpty());

    c.delete(DeleteMode.STOPPED);
    assertThrows(ContainerNotFoundException.class, c::status);
    assertEquals(List.of(), containers.list().containers());
  }

  @Test
  void whatIsMissingDoesNotExist() {
    CarafeException e =
        assertThrows(ContainerNotFoundException.class, () -> containers.load(Ground.id("nobody")));
    assertEquals("container does not exist", e.getMessage());
    assertThrows(
        ContainerNotFoundException.class,
        () -> containers.delete(Ground.id("nobody"), DeleteMode.FORCE));
    assertFalse(Files.exists(ground.root), "looking makes nothing");
  }

  @Test
  void anIdThatIsTakenIsRefusedAndItsContainerUntouched() throws Exception {
    Container c = containers.create(ground.request("web"));
    c.start();
    ContainerState was = c.state();
    CarafeException e =
        assertThrows(
            ContainerExistsException.class, () -> containers.create(ground.request("web")));
    assertEquals("container with given ID already exists", e.getMessage());
    assertEquals(was, c.state());
    assertEquals(1, ground.live("web").size());
  }

  @Test
  void startSaysWhyNotInTheWordsOfRunc() throws Exception {
    Container c = containers.create(ground.request("a"));
    c.start();
    assertEquals(
        "cannot start an already running container",
        assertThrows(WrongStatusException.class, c::start).getMessage());
    TestCgroup cgroup = new TestCgroup(ground.cgroups().resolve("a"));
    cgroup.freeze();
    assertEquals(Status.PAUSED, c.status());
    assertEquals(
        "cannot start a container in the paused state",
        assertThrows(WrongStatusException.class, c::start).getMessage());
    assertEquals(
        "cannot delete container a that is not stopped: paused",
        assertThrows(WrongStatusException.class, () -> c.delete(DeleteMode.STOPPED)).getMessage());
    c.kill(Signal.KILL);
    ExitStatus ignored = c.waitFor();
    assertEquals(
        "cannot start a container that has stopped",
        assertThrows(WrongStatusException.class, c::start).getMessage());
  }

  @Test
  void deleteTakesWhatIsCreatedAndRefusesWhatRuns() throws Exception {
    Container created = containers.create(ground.request("a"));
    int pid = created.state().pid().orElseThrow();
    created.delete(DeleteMode.STOPPED);
    assertFalse(Files.exists(Path.of("/proc", Integer.toString(pid))), "killed and reaped");

    Container running = containers.create(ground.request("a"));
    running.start();
    WrongStatusException e =
        assertThrows(WrongStatusException.class, () -> running.delete(DeleteMode.STOPPED));
    assertEquals("cannot delete container a that is not stopped: running", e.getMessage());
    assertEquals(Status.RUNNING, e.status());
    assertEquals(Status.RUNNING, running.status());
    running.delete(DeleteMode.FORCE);
    assertEquals(List.of(), ground.live("a"));
  }

  @Test
  void aPausedContainerIsDeletedByForce() throws Exception {
    Container c = containers.create(ground.request("a"));
    c.start();
    new TestCgroup(ground.cgroups().resolve("a")).freeze();
    c.delete(DeleteMode.FORCE);
    assertEquals(List.of(), ground.live("a"));
  }

  @Test
  void aStoppedContainerTakesNoSignal() throws Exception {
    Container c = containers.create(ground.request("a"));
    c.kill(Signal.of(0));
    c.kill(Signal.TERM);
    ExitStatus ignored = c.waitFor();
    assertEquals(
        "container not running",
        assertThrows(WrongStatusException.class, () -> c.kill(Signal.KILL)).getMessage());
    // As under runc: to signal all of nothing is no error.
    c.kill(Signal.KILL, KillScope.ALL);
    c.kill(Signal.TERM, KillScope.ALL);
  }

  @Test
  void killAllReachesEveryProcess() throws Exception {
    Container c =
        containers.create(
            ground.request("a", "/bin/sh", "-c", "sleep 1000 & sleep 1000 & sleep 1000"));
    c.start();
    while (ground.live("a").size() < 4) {
      Thread.sleep(5);
    }
    c.kill(Signal.TERM, KillScope.ALL);
    ExitStatus ended = c.waitFor();
    assertEquals(new ExitStatus.Signalled(15), ended);
    while (!ground.live("a").isEmpty()) {
      Thread.sleep(5);
    }
  }

  @Test
  void deleteEndsWhatOutlivedTheFirstProcess() throws Exception {
    Container c = containers.create(ground.request("a", "/bin/sh", "-c", "sleep 1000 & exit 3"));
    c.start();
    assertEquals(new ExitStatus.Exited(3), c.waitFor());
    assertEquals(1, ground.live("a").size());
    c.delete(DeleteMode.STOPPED);
    assertEquals(List.of(), ground.live("a"));
  }

  @Test
  void waitTellsTheExitCodeToAllWhoAsk() throws Exception {
    Container c = containers.create(ground.request("a", "/bin/sh", "-c", "sleep 0.2; exit 7"));
    assertEquals(Optional.empty(), c.waitFor(Duration.ofMillis(20)));
    List<ExitStatus> answers = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Thread thread =
          new Thread(() -> {
            try {
              ExitStatus answer = containers.load(c.id()).waitFor();
              synchronized (answers) {
                answers.add(answer);
              }
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      thread.start();
      threads.add(thread);
    }
    c.start();
    for (Thread each : threads) {
      each.join();
    }
    ExitStatus seven = new ExitStatus.Exited(7);
    assertEquals(List.of(seven, seven, seven, seven), answers);
    assertEquals(seven, c.waitFor(), "also when it was reaped");
  }

  @Test
  void streamsArePipesOfTheCallers() throws Exception {
    try (Container c =
        containers.create(
            ground
                .builder("a", "/bin/sh", "-c", "read x; echo out $x; echo err $x >&2")
                .streams(StreamMode.PIPE)
                .build())) {
      c.start();
      try (var in = c.stdin()) {
        in.write("hello\n".getBytes(StandardCharsets.UTF_8));
      }
      assertEquals("out hello\n", new String(c.stdout().readAllBytes(), StandardCharsets.UTF_8));
      assertEquals("err hello\n", new String(c.stderr().readAllBytes(), StandardCharsets.UTF_8));
      assertEquals(new ExitStatus.Exited(0), c.waitFor());
      c.delete(DeleteMode.STOPPED);
    }
  }

  @Test
  void aHandleMeansOneContainerAndNotALaterOneOfItsId() throws Exception {
    Container first = containers.create(ground.request("a"));
    first.delete(DeleteMode.STOPPED);
    Container second = containers.create(ground.request("a"));
    assertThrows(ContainerNotFoundException.class, first::start);
    assertThrows(ContainerNotFoundException.class, first::state);
    assertThrows(ContainerNotFoundException.class, () -> first.kill(Signal.KILL));
    assertThrows(ContainerNotFoundException.class, () -> first.delete(DeleteMode.FORCE));
    assertThrows(ContainerNotFoundException.class, first::waitFor);
    assertEquals(Status.CREATED, second.status());
  }

  @Test
  void aPrefixFindsOneAndAnExactIdAlwaysWins() throws Exception {
    Container a = containers.create(ground.request("web"));
    Container b = containers.create(ground.request("web2"));
    assertEquals("web", containers.loadByPrefix("web").id().value());
    assertEquals("web2", containers.loadByPrefix("web2").id().value());
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> containers.loadByPrefix("we"));
    assertEquals("container id \"we\" is ambiguous: web, web2", e.getMessage());
    assertThrows(ContainerNotFoundException.class, () -> containers.loadByPrefix("x"));
    assertThrows(ContainerNotFoundException.class, () -> containers.loadByPrefix(""));
    a.delete(DeleteMode.STOPPED);
    assertEquals("web2", containers.loadByPrefix("we").id().value());
    assertThrows(
        ContainerNotFoundException.class, () -> containers.load(Ground.id("we")), "ids are exact");
    b.delete(DeleteMode.STOPPED);
  }

  @Test
  void aFailedStartLeavesAStoppedContainer() throws Exception {
    Container c = containers.create(ground.request("a", "/no/such/program"));
    CarafeException e = assertThrows(CarafeException.class, c::start);
    assertEquals(
        "cannot start container \"a\": execute /no/such/program: ENOENT (No such file or"
            + " directory)",
        e.getMessage());
    ExitStatus ignored = c.waitFor();
    assertEquals(Status.STOPPED, c.status());
    c.delete(DeleteMode.STOPPED);
  }

  @Test
  void hooksAreThoseOfTheConfigurationAtCreate() throws Exception {
    Hooks hooks =
        new Hooks(
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(Ground.hook("/poststart")),
            List.of(Ground.hook("/poststop-bad"), Ground.hook("/poststop")));
    Container c =
        containers.create(
            ground
                .builder("a", "/bin/sleep", "1000")
                .spec(Ground.spec(hooks, "/bin/sleep", "1000"))
                .build());
    assertEquals(List.of(), platform.hooksRun);
    c.start();
    assertEquals(List.of("/poststart a running"), platform.hooksRun);
    platform.failingHook = "/poststop-bad";
    List<String> warnings = new ArrayList<>();
    containers.withWarnings(warnings::add).load(c.id()).delete(DeleteMode.FORCE);
    assertEquals(
        List.of("/poststart a running", "/poststop-bad a stopped", "/poststop a stopped"),
        platform.hooksRun);
    assertEquals(
        List.of(
            "poststop hook /poststop-bad: run /poststop-bad: ENOENT (No such file or directory)"),
        warnings);
  }

  @Test
  void aPoststartHookThatFailsEndsTheContainer() throws Exception {
    Hooks hooks =
        new Hooks(
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(Ground.hook("/bad"), Ground.hook("/after")),
            List.of(Ground.hook("/poststop")));
    Container c =
        containers.create(
            ground
                .builder("a", "/bin/sleep", "1000")
                .spec(Ground.spec(hooks, "/bin/sleep", "1000"))
                .build());
    platform.failingHook = "/bad";
    CarafeException e = assertThrows(CarafeException.class, c::start);
    assertTrue(e.getMessage().contains("poststart hook /bad"), e.getMessage());
    assertEquals(List.of("/bad a running", "/poststop a stopped"), platform.hooksRun);
    assertThrows(ContainerNotFoundException.class, c::status);
    assertEquals(List.of(), ground.live("a"));
  }

  @Test
  void thePidFileHasTheFirstProcess() throws Exception {
    Path file = ground.path.resolve("pid");
    Container c =
        containers.create(
            ground.builder("a", "/bin/sleep", "1000").pidFile(file.toString()).build());
    assertEquals(Integer.toString(c.state().pid().orElseThrow()), Files.readString(file));
    c.delete(DeleteMode.STOPPED);
    CarafeException e =
        assertThrows(
            CarafeException.class,
            () ->
                containers.create(
                    ground.builder("b", "/bin/sleep", "9").pidFile("/no/such/pid").build()));
    assertTrue(e.getMessage().contains("ENOENT"), e.getMessage());
    assertEquals(List.of(), ground.live("b"), "what was made is undone");
    assertThrows(ContainerNotFoundException.class, () -> containers.load(Ground.id("b")));
  }

  @Test
  void whatIsCorruptIsToldByListAndRemovedByForce() throws Exception {
    Container good = containers.create(ground.request("good"));
    Container bad = containers.create(ground.request("bad"));
    bad.start();
    Path file = ground.root.resolve("containers/bad/state.json");
    String text = Files.readString(file);
    Files.writeString(file, text.substring(0, text.indexOf("\"transition\"")));

    Listing listing = containers.list();
    assertEquals(1, listing.containers().size());
    assertEquals("good", listing.containers().get(0).id().value());
    assertEquals(1, listing.problems().size());
    assertTrue(
        listing.problems().get(0).startsWith("load container bad: "), listing.problems().get(0));

    assertThrows(UnreadableStateException.class, () -> containers.load(bad.id()));
    assertThrows(UnreadableStateException.class, () -> containers.create(ground.request("bad")));
    assertThrows(
        UnreadableStateException.class, () -> containers.delete(bad.id(), DeleteMode.STOPPED));
    containers.delete(bad.id(), DeleteMode.FORCE);
    assertEquals(List.of(), ground.live("bad"), "its process was found in what could be read");
    assertEquals(Status.CREATED, good.status());
  }

  @Test
  void whatHasNoStateIsToldByListAndRemovedByForce() throws Exception {
    Container c = containers.create(ground.request("a"));
    c.delete(DeleteMode.STOPPED);
    Files.createDirectory(ground.root.resolve("containers/half"));
    Files.createSymbolicLink(ground.root.resolve("containers/link"), Path.of("/etc"));
    assertEquals(2, containers.list().problems().size(), containers.list().problems().toString());
    for (String id : List.of("half", "link")) {
      assertThrows(UnreadableStateException.class, () -> containers.load(Ground.id(id)));
      assertThrows(
          UnreadableStateException.class,
          () -> containers.delete(Ground.id(id), DeleteMode.STOPPED));
    }
    containers.delete(Ground.id("half"), DeleteMode.FORCE);
    containers.delete(Ground.id("link"), DeleteMode.FORCE);
    assertTrue(Files.exists(Path.of("/etc/passwd")));
  }

  @Test
  void aPlatformThatFailsLeavesNothing() throws Exception {
    for (String at : List.of("cgroup", "spawn", "init known", "hold", "held")) {
      Containers failing =
          ground.containers(
              dev.carafe.runtime.state.StateStore.at(ground.root.toString()),
              new TestPlatform(
                  ground.marks,
                  step -> {
                    if (step.equals(at)) {
                      throw new CarafeException("failing at " + at);
                    }
                  }));
      CarafeException e =
          assertThrows(CarafeException.class, () -> failing.create(ground.request("a")));
      assertEquals("failing at " + at, e.getMessage());
      assertEquals(0, e.getSuppressed().length);
      assertEquals(List.of(), ground.live("a"));
      assertEquals(List.of(), ground.remains());
    }
    assertInstanceOf(Container.class, containers.create(ground.request("a")));
  }
}
