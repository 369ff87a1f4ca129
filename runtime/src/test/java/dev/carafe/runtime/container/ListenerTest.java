package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.Carafe;
import dev.carafe.Container;
import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerNotice;
import dev.carafe.ContainerNotice.Created;
import dev.carafe.ContainerNotice.Deleted;
import dev.carafe.ContainerNotice.Executed;
import dev.carafe.ContainerNotice.Exited;
import dev.carafe.ContainerNotice.Paused;
import dev.carafe.ContainerNotice.Resumed;
import dev.carafe.ContainerNotice.Started;
import dev.carafe.ContainerNotice.Updated;
import dev.carafe.ContainerProcess;
import dev.carafe.ContainerRequest;
import dev.carafe.DeleteMode;
import dev.carafe.ExecRequest;
import dev.carafe.ExitStatus;
import dev.carafe.Signal;
import dev.carafe.StreamMode;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a listener is told, when, and by whom. */
final class ListenerTest {
  private static final ContainerId ID = Ground.id("a");

  private final List<ContainerNotice> told = new CopyOnWriteArrayList<>();
  private Ground ground;
  private Containers plain;
  private Carafe carafe;

  @BeforeEach
  void begin() throws Exception {
    assumeTrue(Sys.geteuid() == 0, "needs root");
    ground = new Ground();
    ground.addBusybox();
    plain = ground.onLinux(StateStore.at(ground.root.toString()));
    carafe = plain.withListener(told::add);
  }

  @AfterEach
  void end() throws Exception {
    for (var each : plain.list().containers()) {
      plain.delete(each.id(), DeleteMode.FORCE);
    }
    assertEquals(List.of(), ground.remains());
    ground.close();
  }

  private ContainerRequest request(String id, String... args) {
    Spec spec = ground.linuxRequest(id).spec().orElseThrow();
    return ContainerRequest.builder(Ground.id(id), ground.bundle)
        .spec(
            spec.toBuilder()
                .process(spec.process().orElseThrow().toBuilder().args(List.of(args)).build())
                .build())
        .streams(StreamMode.NONE)
        .build();
  }

  private ContainerRequest sleeping(String id) {
    return request(id, "/bin/busybox", "sleep", "1000");
  }

  private void awaitTold(int count) throws InterruptedException {
    for (int i = 0; i < 600 && told.size() < count; i++) {
      Thread.sleep(20);
    }
    assertTrue(told.size() >= count, told.toString());
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(each -> each.getName().equals("carafe-notices"))
        .count();
  }

  private static void awaitNoThread() throws InterruptedException {
    for (int i = 0; i < 300 && threads() > 0; i++) {
      Thread.sleep(20);
    }
    assertEquals(0, threads());
  }

  @Test
  void aWholeLifeIsToldInItsOrder() throws Exception {
    Container container = carafe.create(sleeping("a"));
    int init = container.state().pid().orElseThrow();
    container.start();
    container.pause();
    container.resume();
    container.update(Resources.builder().pids(new Pids(OptionalLong.of(50))).build());
    ContainerProcess process =
        container.exec(
            ExecRequest.builder("/bin/busybox", "sh", "-c", "exit 3")
                .streams(StreamMode.NONE)
                .build());
    awaitTold(7);
    container.kill(Signal.KILL);
    awaitTold(8);
    container.delete(DeleteMode.STOPPED);
    List<ContainerNotice> wanted =
        List.of(
            new Created(ID),
            new Started(ID),
            new Paused(ID),
            new Resumed(ID),
            new Updated(ID),
            new Executed(ID, process.pid()),
            new Exited(ID, process.pid(), false, new ExitStatus.Exited(3)),
            new Exited(ID, init, true, new ExitStatus.Signalled(9)),
            new Deleted(ID));
    assertEquals(wanted, told);
  }

  @Test
  void anEndIsToldBeforeTheDeletionAndAfterTheStart() throws Exception {
    for (int i = 1; i <= 10; i++) {
      told.clear();
      String program = i % 2 == 0 ? "true" : "cat";
      Container container = carafe.create(request("a", "/bin/busybox", program));
      int init = container.state().pid().orElseThrow();
      container.start();
      container.delete(DeleteMode.FORCE);
      assertEquals(4, told.size(), told.toString());
      assertEquals(List.of(new Created(ID), new Started(ID)), told.subList(0, 2));
      assertTrue(told.get(2) instanceof Exited exited && exited.pid() == init, told.toString());
      assertFalse(told.toString().contains("Unknown"), told.toString());
      assertEquals(new Deleted(ID), told.get(3));
    }
  }

  @Test
  void aSecondHoldIsNotReleasedWithTheFirst() throws Exception {
    Notices notices = Notices.to(told::add);
    Container container = plain.create(request("a", "/bin/busybox", "true"));
    Optional<ProcessIdentity> init =
        StateStore.at(ground.root.toString()).read("a").orElseThrow().init();
    notices.hold("x");
    notices.hold("x");
    notices.tellAndWatch(new Created(ID), plain, "x", init, true);
    container.start();
    assertTrue(container.waitFor(Duration.ofSeconds(10)).isPresent());
    notices.release("x");
    Thread.sleep(200);
    assertEquals(List.of(new Created(ID)), told);
    notices.release("x");
    awaitTold(2);
    awaitNoThread();
  }

  @Test
  void anEndIsToldWhoeverCausedItAndOthersLearnTheStatus() throws Exception {
    Container container = carafe.create(sleeping("a"));
    container.start();
    plain.load(ID).kill(Signal.TERM);
    plain.load(ID).kill(Signal.KILL);
    awaitTold(3);
    assertEquals(new ExitStatus.Signalled(9), ((Exited) told.get(2)).status());
    assertEquals(new ExitStatus.Signalled(9), plain.load(ID).waitFor());
    plain.delete(ID, DeleteMode.STOPPED);
    assertEquals(3, told.size(), "what others do is not told");
  }

  @Test
  void whatWasNotDoneIsNotTold() {
    Container container = carafe.create(sleeping("a"));
    try {
      container.resume();
    } catch (dev.carafe.WrongStatusException e) {
      assertEquals(List.of(new Created(ID)), told);
    }
    assertEquals(1, told.size());
  }

  @Test
  void whatTheListenerThrowsIsAWarning() throws Exception {
    List<String> warnings = new CopyOnWriteArrayList<>();
    Carafe failing =
        plain
            .withWarnings(warnings::add)
            .withListener(notice -> {
              throw new IllegalStateException("no " + notice.id());
            });
    Container container = failing.create(sleeping("a"));
    container.start();
    container.delete(DeleteMode.FORCE);
    assertEquals(4, warnings.size(), warnings.toString());
    for (String each : warnings) {
      assertEquals("the listener has failed: java.lang.IllegalStateException: no a", each);
    }
    awaitNoThread();
  }

  @Test
  void aListenerMayUseContainers() throws Exception {
    List<Container> made = new CopyOnWriteArrayList<>();
    Carafe cleaning =
        plain.withListener(notice -> {
          told.add(notice);
          if (notice instanceof Exited) {
            made.getFirst().delete(DeleteMode.STOPPED);
          }
        });
    made.add(cleaning.create(request("a", "/bin/busybox", "true")));
    made.getFirst().start();
    awaitTold(4);
    assertEquals(new Deleted(ID), told.getLast());
    assertEquals(List.of(), plain.list().containers());
  }

  @Test
  void oneThreadWaitsForAllAndEndsWithTheLast() throws Exception {
    Container first = carafe.create(sleeping("first"));
    int before = Fd.openCount();
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 12; i++) {
        String id = "c" + i;
        all.add(
            threads.submit(() -> {
              Container container = carafe.create(sleeping(id));
              container.start();
              assertEquals(1, threads());
              container.delete(DeleteMode.FORCE);
            }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
    for (int i = 0; i < 300 && Fd.openCount() > before; i++) {
      Thread.sleep(20);
    }
    assertEquals(before, Fd.openCount());
    for (int i = 0; i < 12; i++) {
      ContainerId id = Ground.id("c" + i);
      List<String> kinds = new ArrayList<>();
      for (ContainerNotice each : told) {
        if (each.id().value().equals(id.value())) {
          kinds.add(each.getClass().getSimpleName());
        }
      }
      assertEquals(List.of("Created", "Started", "Exited", "Deleted"), kinds);
    }
    first.delete(DeleteMode.FORCE);
    awaitNoThread();
  }

  @Test
  void aContainerThatWasMadeElsewhereIsWatchedFromItsStart() throws Exception {
    plain.create(request("a", "/bin/busybox", "true")).close();
    carafe.load(ID).start();
    awaitTold(2);
    assertEquals(new Started(ID), told.get(0));
    assertEquals(new ExitStatus.Exited(0), ((Exited) told.get(1)).status());
    carafe.delete(ID, DeleteMode.STOPPED);
    assertEquals(new Deleted(ID), told.get(2));
    try {
      carafe.delete(ID, DeleteMode.FORCE);
    } catch (ContainerNotFoundException e) {
      assertEquals(3, told.size());
    }
    assertEquals(3, told.size());
  }
}
