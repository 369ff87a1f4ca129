package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.Container;
import dev.carafe.ContainerRequest;
import dev.carafe.ContainerState;
import dev.carafe.DeleteMode;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.state.HeldSandbox;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.Steps;
import dev.carafe.runtime.state.Stores;
import dev.carafe.spec.Hooks;
import dev.carafe.spec.Spec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A platform whose sandboxes have a process of their own fits: the process begins and ends with its
 * sandbox, and its OOM score is the lowest of the containers'. Scores are above 0, so that no
 * capability is needed to lower them.
 */
final class SandboxProcessTest {
  private static final String POD = "pod";
  private static final int THREADS = 4;
  private static final int IDS = 3;

  private Ground ground;
  private Containers containers;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    containers = on(StateStore.at(ground.root.toString()), Steps.NONE);
  }

  private Containers on(StateStore store, Steps steps) {
    return new Containers(store, new SandboxedPlatform(ground.marks, steps));
  }

  @AfterEach
  void end() throws Exception {
    for (ContainerState each : containers.list().containers()) {
      containers.delete(each.id(), DeleteMode.FORCE);
    }
    assertEquals(List.of(), ground.remains());
    ground.close();
  }

  private ContainerRequest request(String id, Map<String, String> annotations, OptionalInt score) {
    Spec spec = Ground.spec(Hooks.NONE, "/bin/sleep", "1000");
    var process = spec.process().orElseThrow().toBuilder();
    if (score.isPresent()) {
      process.oomScoreAdj(score.getAsInt());
    }
    Spec changed = spec.toBuilder().process(process.build()).annotations(annotations).build();
    return ground.builder(id).spec(changed).build();
  }

  private Container pod(OptionalInt score) {
    Container pod =
        containers.create(
            request(
                POD,
                Map.of(
                    "io.kubernetes.cri.container-type",
                    "sandbox",
                    "io.kubernetes.cri.sandbox-id",
                    POD),
                score));
    pod.start();
    return pod;
  }

  private Container member(Containers through, String id, OptionalInt score) {
    return through.create(
        request(
            id,
            Map.of(
                "io.kubernetes.cri.container-type",
                "container",
                "io.kubernetes.cri.sandbox-id",
                POD),
            score));
  }

  /** Finds the process by its working directory, as nobody in Carafe does. */
  private List<Integer> processes(String sandbox) {
    String directory = ground.root.resolve("containers").resolve(sandbox).toString();
    List<Integer> found = new ArrayList<>();
    String[] names = Path.of("/proc").toFile().list();
    for (String name : names == null ? new String[0] : names) {
      if (Character.isDigit(name.charAt(0))) {
        try {
          if (Files.readSymbolicLink(Path.of("/proc", name, "cwd")).toString().equals(directory)) {
            found.add(Integer.valueOf(name));
          }
        } catch (java.io.IOException e) {
          // It has ended.
        }
      }
    }
    return found;
  }

  private static int score(int pid) throws Exception {
    return Integer.parseInt(
        Files.readString(Path.of("/proc", Integer.toString(pid), "oom_score_adj")).strip());
  }

  private int score() throws Exception {
    return score(processes(POD).get(0));
  }

  @Test
  void aPodHasOneProcessWhichServesItsContainersAndEndsWithIt() throws Exception {
    Container pod = pod(OptionalInt.empty());
    Container one = member(containers, "one", OptionalInt.empty());
    Container two = member(containers, "two", OptionalInt.empty());
    one.start();
    assertEquals(1, processes(POD).size());
    Path served = ground.root.resolve("containers/pod/served");
    for (int i = 0; i < 500 && !served(served).contains("two"); i++) {
      Thread.sleep(10);
    }
    assertEquals("admit pod\nadmit one\nadmit two\n", served(served));
    int pid = processes(POD).get(0);
    pod.delete(DeleteMode.FORCE);
    assertFalse(Files.exists(Path.of("/proc", Integer.toString(pid))), "killed and reaped");
    assertEquals(Status.STOPPED, one.status());
    assertEquals(Status.STOPPED, two.status());
    assertEquals(List.of(), ground.live("one"));
    one.delete(DeleteMode.STOPPED);
    two.delete(DeleteMode.STOPPED);
  }

  private static String served(Path file) throws Exception {
    return Files.exists(file) ? Files.readString(file) : "";
  }

  @Test
  void aSandboxWhoseProcessHasEndedIsNotJoined() throws Exception {
    Container pod = pod(OptionalInt.empty());
    try (PidFd process = PidFd.open(processes(POD).get(0)).orElseThrow()) {
      assertTrue(process.signal(9) && process.waitExit(10_000));
    }
    CarafeException e =
        assertThrows(
            WrongStatusException.class, () -> member(containers, "one", OptionalInt.empty()));
    assertEquals("cannot create container \"one\": sandbox \"pod\" has stopped", e.getMessage());
    pod.delete(DeleteMode.FORCE);
  }

  @Test
  void aContainerInNoPodHasASandboxOfItsOwnWithItsScore() throws Exception {
    Container alone = containers.create(request("alone", Map.of(), OptionalInt.of(300)));
    assertEquals(1, processes("alone").size());
    assertTrue(
        Files.exists(ground.root.resolve("containers/alone/sandbox")),
        "a delete needs the lock, also on a full disk");
    int born = score(processes("alone").get(0));
    assertEquals(ownScore(), born, "it is not started");
    alone.start();
    assertEquals(300, score(processes("alone").get(0)));
    assertEquals(
        List.of("alone"),
        containers.sandbox(alone.id()).containers().stream().map(c -> c.id().value()).toList());
    alone.delete(DeleteMode.FORCE);
    assertEquals(List.of(), processes("alone"));
  }

  @Test
  void aMemberOfABusySandboxIsDeletedAndItsPoststopHooksRunOnce() throws Exception {
    Container pod = pod(OptionalInt.empty());
    Hooks hooks =
        new Hooks(
            List.of(), List.of(), List.of(), List.of(), List.of(), List.of(Ground.hook("/after")));
    Spec spec = Ground.spec(hooks, "/bin/sleep", "1000");
    Map<String, String> annotations =
        Map.of(
            "io.kubernetes.cri.container-type", "container", "io.kubernetes.cri.sandbox-id", POD);
    Container one =
        containers.create(
            ground.builder("one").spec(spec.toBuilder().annotations(annotations).build()).build());
    AtomicInteger ran = new AtomicInteger();
    Containers impatient =
        on(
            Stores.stepping(ground.root.toString(), Steps.NONE, 30),
            step -> {
              if (step.equals("hook")) {
                ran.incrementAndGet();
              }
            });
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (HeldSandbox held = StateStore.at(ground.root.toString()).lockSandbox(POD).orElseThrow()) {
      assertEquals(POD, held.first().id());
      Object ignored = other.submit(() -> impatient.delete(one.id(), DeleteMode.FORCE)).get();
    } finally {
      other.shutdown();
    }
    assertEquals(1, ran.get());
    assertEquals(
        List.of(pod.id()), containers.list().containers().stream().map(c -> c.id()).toList());
  }

  private static int ownScore() throws Exception {
    return score((int) ProcessHandle.current().pid());
  }

  @Test
  void theScoreIsTheLowestOfThoseThatWereStartedThePauseContainerApart() throws Exception {
    Container pod = pod(OptionalInt.of(1));
    assertEquals(ownScore(), score());
    Container high = member(containers, "high", OptionalInt.of(900));
    Container low = member(containers, "low", OptionalInt.of(200));
    Container silent = member(containers, "silent", OptionalInt.empty());
    silent.start();
    assertEquals(ownScore(), score(), "nobody who was started says one");
    high.start();
    assertEquals(900, score());
    low.start();
    assertEquals(200, score());
    low.kill(Signal.KILL);
    var ignored = low.waitFor();
    assertEquals(200, score(), "it is there until it is deleted");
    low.delete(DeleteMode.STOPPED);
    assertEquals(900, score());
    high.delete(DeleteMode.FORCE);
    assertEquals(ownScore(), score());
    pod.delete(DeleteMode.FORCE);
    silent.delete(DeleteMode.FORCE);
  }

  @Test
  void whatFailsLeavesNoProcess() throws Exception {
    for (String at :
        List.of("sandbox", "sandbox spawned", "sandbox known", "admit", "spawn", "held")) {
      Containers failing =
          on(
              StateStore.at(ground.root.toString()),
              step -> {
                if (step.equals(at)) {
                  throw new CarafeException("failing at " + at);
                }
              });
      CarafeException e =
          assertThrows(
              CarafeException.class,
              () -> failing.create(request("alone", Map.of(), OptionalInt.of(300))));
      assertEquals("failing at " + at, e.getMessage());
      assertEquals(0, e.getSuppressed().length);
      assertEquals(List.of(), processes("alone"));
      assertEquals(List.of(), ground.remains());
    }
  }

  @Test
  void theScoreIsRightAfterSixtyConcurrentStartsAndDeletes() throws Exception {
    assertEquals(List.of(), play(containers, 60, false));
  }

  @Test
  @Tag("long")
  void theScoreIsRightAfterFiveHundredConcurrentStartsAndDeletes() throws Exception {
    assertEquals(List.of(), play(containers, 500, false));
  }

  @Test
  void theScoreIsRightAlsoWhenReadsTakeTheirTime() throws Exception {
    assertEquals(
        List.of(), play(on(Stores.slow(ground.root.toString(), true), Steps.NONE), 40, false));
  }

  @Test
  void aSandboxLockThatLocksNothingIsSeen() throws Exception {
    List<String> seen =
        play(on(Stores.slow(ground.root.toString(), false), Steps.NONE), 2000, true);
    assertFalse(seen.isEmpty(), "2000 starts and deletes without a lock, and no fault");
    System.out.println("without the sandbox's lock: " + seen.get(0));
  }

  /**
   * Starts and deletes containers of a pod at random, so many times, a few at once; returns what
   * was wrong when all was quiet.
   */
  private List<String> play(Containers through, int times, boolean untilSeen) throws Exception {
    Container pod = pod(OptionalInt.of(0));
    int born = score();
    int process = processes(POD).get(0);
    Map<String, Integer> started = new ConcurrentHashMap<>();
    List<String> wrong = new ArrayList<>();
    Random random = new Random(512);
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      for (int done = 0; done < times && !(untilSeen && !wrong.isEmpty()); done += THREADS) {
        List<Future<String>> round = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
          String id = "c" + i + "-" + random.nextInt(IDS);
          int score = 1 + random.nextInt(1000);
          round.add(pool.submit(() -> change(through, id, score, started)));
        }
        for (Future<String> each : round) {
          String ignored = each.get();
        }
        int expected = started.values().stream().mapToInt(i -> i).min().orElse(born);
        int now = score(process);
        if (now != expected) {
          wrong.add(
              "after "
                  + (done + THREADS)
                  + ": it is "
                  + now
                  + ", not "
                  + expected
                  + " of "
                  + new TreeMap<>(started));
        }
      }
    } finally {
      pool.shutdown();
    }
    pod.delete(DeleteMode.FORCE);
    return wrong;
  }

  private String change(Containers through, String id, int score, Map<String, Integer> started) {
    if (started.remove(id) == null) {
      Optional<Container> made = Optional.of(member(through, id, OptionalInt.of(score)));
      made.get().start();
      started.put(id, score);
    } else {
      through.delete(Ground.id(id), DeleteMode.FORCE);
    }
    return id;
  }
}
