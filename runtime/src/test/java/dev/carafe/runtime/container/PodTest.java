package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.Container;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerRequest;
import dev.carafe.ContainerState;
import dev.carafe.DeleteMode;
import dev.carafe.ExecRequest;
import dev.carafe.ExitStatus;
import dev.carafe.InvalidConfigException;
import dev.carafe.InvalidInputException;
import dev.carafe.KillScope;
import dev.carafe.Sandbox;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.StreamMode;
import dev.carafe.WrongStatusException;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.Steps;
import dev.carafe.runtime.state.Stores;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.Mount;
import dev.carafe.spec.NamespaceType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pods on the platform of Linux itself. */
final class PodTest {
  private static final String HINT = "dev.gvisor.spec.mount.data.";

  private final List<TestBundle> bundles = new ArrayList<>();
  private Ground ground;
  private Containers containers;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    containers = ground.onLinux(StateStore.at(ground.root.toString()));
  }

  @AfterEach
  void end() throws Exception {
    // Some end what is in others: the order is of no importance.
    for (String id : StateStore.at(ground.root.toString()).ids()) {
      containers.delete(Ground.id(id), DeleteMode.FORCE);
    }
    assertEquals(List.of(), ground.remains());
    bundles.forEach(TestBundle::close);
    ground.close();
  }

  private TestBundle bundle(String script) {
    TestBundle made = TestBundle.create().sh(script);
    bundles.add(made);
    return made;
  }

  private ContainerRequest.Builder request(
      String id, TestBundle bundle, Map<String, String> annotations) {
    String cgroup = "/" + ground.path.getFileName() + "/" + id;
    bundle.linux(l -> l.cgroupsPath(cgroup)).edit(s -> s.annotations(annotations));
    return ContainerRequest.builder(Ground.id(id), bundle.path())
        .spec(bundle.spec())
        .streams(StreamMode.NONE);
  }

  private static Map<String, String> containerd(String type, String sandbox) {
    return Map.of(
        "io.kubernetes.cri.container-type", type, "io.kubernetes.cri.sandbox-id", sandbox);
  }

  private static Map<String, String> crio(String type, String sandbox) {
    return Map.of(
        "io.kubernetes.cri-o.ContainerType", type, "io.kubernetes.cri-o.SandboxID", sandbox);
  }

  private Container pod(String id) {
    return pod(id, Map.of());
  }

  private Container pod(String id, Map<String, String> more) {
    Map<String, String> annotations = new HashMap<>(containerd("sandbox", id));
    annotations.putAll(more);
    Container made = containers.create(request(id, bundle("exec sleep 1000"), annotations).build());
    made.start();
    return made;
  }

  private Container member(String pod, String id, TestBundle bundle) {
    Container made = containers.create(request(id, bundle, containerd("container", pod)).build());
    made.start();
    return made;
  }

  private Container member(String pod, String id) {
    return member(pod, id, bundle("exec sleep 1000"));
  }

  private static String namespace(Container of, String kind) throws IOException {
    String pid = Integer.toString(of.state().pid().orElseThrow());
    return Files.readSymbolicLink(Path.of("/proc", pid, "ns", kind)).toString();
  }

  private static Optional<String> path(Container of, String kind) {
    return Optional.of("/proc/" + of.state().pid().orElseThrow() + "/ns/" + kind);
  }

  private static void kill(Container container) throws InterruptedException {
    container.kill(Signal.KILL);
    assertEquals(
        Optional.of(new ExitStatus.Signalled(9)), container.waitFor(Duration.ofSeconds(10)));
  }

  private String run(Container in, String script) throws Exception {
    ExecRequest request =
        ExecRequest.builder(List.of("/bin/sh", "-c", script))
            .streams(StreamMode.NONE)
            .stdout(StreamMode.PIPE)
            .build();
    try (var process = in.exec(request)) {
      String said = new String(process.stdout().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(new ExitStatus.Exited(0), process.waitFor(), script + ": " + said);
      return said;
    }
  }

  private List<String> inSandbox(String id) {
    List<String> ids = new ArrayList<>();
    for (Container each : containers.sandbox(Ground.id(id)).containers()) {
      ids.add(each.id().value());
    }
    return ids;
  }

  // ---- together

  @Test
  void twoContainersRunInAPod() throws Exception {
    Container pod = pod("pod");
    Container one = member("pod", "one");
    Container two = member("pod", "two");
    assertEquals(Status.RUNNING, pod.status());
    assertEquals("1\n", run(one, "echo $((1))"));
    assertEquals("2\n", run(two, "echo $((2))"));
  }

  @Test
  void containersHaveTheirOwnPidNamespaces() throws Exception {
    Container pod = pod("pod");
    Container one = member("pod", "one");
    Container two = member("pod", "two");
    assertNotEquals(namespace(pod, "pid"), namespace(one, "pid"));
    assertNotEquals(namespace(one, "pid"), namespace(two, "pid"));
  }

  @Test
  void containersShareAPidNamespaceByPath() throws Exception {
    Container pod = pod("pod");
    Container one = member("pod", "one", shared(pod, "exec sleep 1111"));
    Container two = member("pod", "two", shared(pod, "exec sleep 2222"));
    assertEquals(namespace(pod, "pid"), namespace(one, "pid"));
    assertEquals(namespace(pod, "pid"), namespace(two, "pid"));
    String seen = run(one, "ps -o args");
    assertTrue(seen.contains("sleep 1000") && seen.contains("sleep 2222"), seen);
    // The end of the first process is that of all in its namespace, whoever waits for them.
    pod.kill(Signal.KILL);
    assertEquals(Optional.of(new ExitStatus.Signalled(9)), pod.waitFor(Duration.ofSeconds(20)));
    assertEquals(Status.STOPPED, one.status());
    assertEquals(new ExitStatus.Signalled(9), two.waitFor());
  }

  private TestBundle shared(Container pod, String script) {
    return bundle(script).namespace(NamespaceType.PID, path(pod, "pid"));
  }

  @Test
  void eachCanBeWaitedForSignalledAndDestroyedAndTheOthersDoNotNotice() throws Exception {
    pod("pod");
    Container quits = member("pod", "quits", bundle("sleep 0.2; exit 7"));
    Container told =
        member("pod", "told", bundle("trap 'exit 9' USR1; while :; do sleep 0.05; done"));
    Container killed = member("pod", "killed");
    Container stays = member("pod", "stays");
    int pid = stays.state().pid().orElseThrow();
    assertEquals(new ExitStatus.Exited(7), quits.waitFor());
    told.kill(Signal.of("USR1"));
    assertEquals(new ExitStatus.Exited(9), told.waitFor());
    kill(killed);
    for (Container each : List.of(quits, told, killed)) {
      each.delete(DeleteMode.STOPPED);
      assertEquals(Status.RUNNING, stays.status());
    }
    assertEquals(pid, stays.state().pid().orElseThrow());
    assertEquals("here\n", run(stays, "echo here"));
    assertEquals(List.of("pod", "stays"), inSandbox("pod"));
  }

  @Test
  void eachIsKilledWithAllItsProcessesAlsoInASharedPidNamespace() throws Exception {
    Container pod = pod("pod");
    Container one = member("pod", "one", shared(pod, "sleep 1000 & sleep 1000 & exec sleep 1000"));
    Container two = member("pod", "two", shared(pod, "sleep 1000 & exec sleep 1000"));
    for (int i = 0; i < 1000 && one.processes().size() + two.processes().size() < 5; i++) {
      Thread.sleep(10);
    }
    one.kill(Signal.KILL, KillScope.ALL);
    ExitStatus ignored = one.waitFor();
    for (int i = 0; i < 1000 && !one.processes().isEmpty(); i++) {
      Thread.sleep(10);
    }
    assertEquals(List.of(), one.processes());
    assertEquals(2, two.processes().size());
    assertEquals(Status.RUNNING, two.status());
    assertEquals(Status.RUNNING, pod.status());
  }

  @Test
  void howOneInASharedPidNamespaceEndedIsRecordedThoughNobodyHereAsks() throws Exception {
    Container pod = pod("pod");
    Container quits = member("pod", "quits", shared(pod, "exit 7"));
    StateStore store = StateStore.at(ground.root.toString());
    for (int i = 0; i < 500 && store.read("quits").orElseThrow().exit().isEmpty(); i++) {
      Thread.sleep(20);
    }
    // What another process reads, which cannot ask the kernel: it was reaped at once.
    assertEquals(OptionalInt.of(7 << 8), store.read("quits").orElseThrow().exit());
    assertEquals(new ExitStatus.Exited(7), quits.waitFor());
  }

  @Test
  void eachHasItsOwnRootFileSystem() throws Exception {
    pod("pod");
    Container one = member("pod", "one");
    Container two = member("pod", "two");
    assertEquals("", run(one, "echo one >/here"));
    assertEquals("no\n", run(two, "test -e /here || echo no"));
    assertEquals("one\n", run(one, "cat /here"));
  }

  @Test
  void twentyContainersComeAndGoForAFewSeconds() throws Exception {
    comeAndGo(4);
  }

  @Test
  @Tag("long")
  void twentyContainersComeAndGoForAMinute() throws Exception {
    comeAndGo(60);
  }

  private void comeAndGo(int seconds) throws Exception {
    Container pod = pod("pod");
    TestBundle shared = bundle("exec sleep 1000");
    List<ContainerRequest> requests = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      requests.add(request("c" + i, shared, containerd("container", "pod")).build());
    }
    boolean[] there = new boolean[20];
    int[] changes = new int[1];
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> both = new ArrayList<>();
      for (int half = 0; half < 2; half++) {
        Random random = new Random(half);
        int first = half * 10;
        both.add(
            pool.submit(() -> {
              while (System.nanoTime() < end) {
                int i = first + random.nextInt(10);
                change(requests.get(i), there[i]);
                there[i] = !there[i];
                synchronized (changes) {
                  changes[0]++;
                }
              }
            }));
      }
      for (Future<?> each : both) {
        Object ignored = each.get();
      }
    } finally {
      pool.shutdown();
    }
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      if (there[i]) {
        expected.add("c" + i);
        assertEquals(Status.RUNNING, containers.load(Ground.id("c" + i)).status());
      }
    }
    expected.sort(null);
    expected.add(0, "pod");
    assertEquals(expected, inSandbox("pod"));
    assertEquals(Status.RUNNING, pod.status());
    System.out.println("containers started and destroyed: " + changes[0]);
    assertTrue(changes[0] > 20, changes[0] + " changes");
  }

  private void change(ContainerRequest request, boolean there) {
    if (there) {
      containers.delete(request.id(), DeleteMode.FORCE);
    } else {
      containers.create(request).start();
    }
  }

  // ---- sandboxes

  @Test
  void loadingASandboxFindsAllItsContainersAndOnlyThose() throws Exception {
    Container pod = pod("pod");
    pod("other");
    member("pod", "b");
    member("other", "c");
    Container a = member("pod", "a");
    containers.create(request("alone", bundle("exec sleep 1000"), Map.of()).build());
    Sandbox sandbox = containers.sandbox(Ground.id("pod"));
    assertEquals(List.of("pod", "a", "b"), inSandbox("pod"));
    assertEquals(List.of("other", "c"), inSandbox("other"));
    assertEquals(List.of("alone"), inSandbox("alone"));
    InvalidInputException inOther =
        assertThrows(InvalidInputException.class, () -> containers.sandbox(a.id()));
    assertEquals("container \"a\" is no sandbox; it is in \"pod\"", inOther.getMessage());

    pod.delete(DeleteMode.FORCE);
    assertThrows(ContainerNotFoundException.class, sandbox::containers);
    pod("pod");
    assertEquals(List.of("pod"), inSandbox("pod"), "a later one of that id has its own");
    assertThrows(ContainerNotFoundException.class, sandbox::containers);
  }

  @Test
  void theEndOfTheFirstContainerEndsWhatIsLeftInTheSandbox() throws Exception {
    Container pod = pod("pod");
    Container runs = member("pod", "runs", bundle("sleep 1000 & exec sleep 1000"));
    Container waits =
        containers.create(
            request("waits", bundle("exec sleep 1000"), containerd("container", "pod")).build());
    Container rests = member("pod", "rests");
    rests.pause();
    Container ended = member("pod", "ended", bundle("exit 3"));
    ExitStatus three = ended.waitFor();
    Container elsewhere = pod("elsewhere");
    pod.delete(DeleteMode.FORCE);
    for (Container each : List.of(runs, waits, rests, ended)) {
      assertEquals(Status.STOPPED, each.status(), each.id().value());
      assertEquals(List.of(), each.processes(), each.id().value());
    }
    assertEquals(new ExitStatus.Exited(3), three);
    assertEquals(three, ended.waitFor());
    assertEquals(new ExitStatus.Signalled(9), runs.waitFor());
    assertThrows(WrongStatusException.class, waits::start);
    assertEquals(Status.RUNNING, elsewhere.status());
    for (Container each : List.of(runs, waits, rests, ended)) {
      each.delete(DeleteMode.STOPPED);
    }
  }

  @Test
  void aForcedDeleteOfADamagedFirstContainerEndsWhatIsLeftAndThatOfAnotherDoesNot()
      throws Exception {
    Container pod = pod("pod", hint("tmpfs", "pod", "shm"));
    Container one = member("pod", "one");
    Container two = member("pod", "two");
    damage("two");
    two.delete(DeleteMode.FORCE);
    assertEquals(Status.RUNNING, pod.status());
    assertEquals(Status.RUNNING, one.status());
    damage("pod");
    pod.delete(DeleteMode.FORCE);
    assertEquals(Status.STOPPED, one.status());
    assertEquals(List.of(), volumes());
  }

  @Test
  void theEndOfTheFirstContainerIsThatOfADamagedOneToo() throws Exception {
    Container pod = pod("pod");
    member("pod", "one");
    member("pod", "two");
    damage("one");
    assertEquals(1, ground.inCgroups("one").size());
    pod.delete(DeleteMode.FORCE);
    assertEquals(List.of(), ground.inCgroups("one"));
    assertEquals(List.of(), ground.inCgroups("two"));
  }

  @Test
  void oneThatCannotBeEndedKeepsNoOtherAlive() throws Exception {
    Container pod = pod("pod");
    member("pod", "busy");
    Container later = member("pod", "later");
    Containers impatient = ground.onLinux(Stores.stepping(ground.root.toString(), Steps.NONE, 30));
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (HeldContainer held = StateStore.at(ground.root.toString()).lock("busy").orElseThrow()) {
      assertEquals("busy", held.state().id());
      Future<?> deleting = other.submit(() -> impatient.delete(pod.id(), DeleteMode.FORCE));
      Throwable why = assertThrows(ExecutionException.class, deleting::get).getCause();
      assertTrue(String.valueOf(why).contains("\"busy\" is busy"), String.valueOf(why));
    } finally {
      other.shutdown();
    }
    assertEquals(Status.STOPPED, later.status());
    pod.delete(DeleteMode.FORCE);
  }

  @Test
  void aContainerWhoseSandboxIsDamagedCanBeDeleted() throws Exception {
    pod("pod");
    Container one = member("pod", "one");
    damage("pod");
    kill(one);
    one.delete(DeleteMode.STOPPED);
  }

  private void damage(String id) throws IOException {
    Path state = ground.root.resolve("containers").resolve(id).resolve("state.json");
    String text = Files.readString(state);
    Files.writeString(state, text.substring(0, text.indexOf("\"transition\"")));
  }

  @Test
  void whereTheSandboxIsGoneOrStoppedOrIsNoneAJoinFailsClearly() throws Exception {
    refused("sandbox \"nobody\" does not exist", "nobody");
    Container alone = containers.create(request("alone", bundle("exit 0"), Map.of()).build());
    refused("container \"alone\" is no sandbox that others can join", "alone");
    Container pod = pod("pod");
    Container one = member("pod", "one");
    refused("container \"one\" is no sandbox that others can join", "one");
    kill(pod);
    refused("sandbox \"pod\" has stopped", "pod");
    pod.delete(DeleteMode.STOPPED);
    refused("sandbox \"pod\" does not exist", "pod");
    alone.delete(DeleteMode.FORCE);
    one.delete(DeleteMode.FORCE);
    assertThrows(
        InvalidConfigException.class,
        () ->
            containers.create(
                request("x", bundle("exit 0"), containerd("container", "../pod")).build()));
  }

  private void refused(String why, String sandbox) {
    CarafeException e = assertThrows(CarafeException.class, () -> member(sandbox, "x"));
    assertEquals("cannot create container \"x\": " + why, e.getMessage());
    assertThrows(ContainerNotFoundException.class, () -> containers.load(Ground.id("x")));
  }

  @Test
  void aPodOfCrioMayHaveNoFirstContainerAndThenEachStandsAlone() throws Exception {
    Container one =
        containers.create(
            request("one", bundle("exec sleep 1000"), crio("container", "never-made")).build());
    one.start();
    assertEquals(List.of("one"), inSandbox("one"));
    // A container of a pod of Podman's, whose first one has no such annotation.
    Map<String, String> podman = new HashMap<>(crio("container", "one"));
    podman.put("io.container.manager", "libpod");
    Container other = containers.create(request("other", bundle("exit 0"), podman).build());
    one.delete(DeleteMode.FORCE);
    assertEquals(Status.CREATED, other.status());
    Container pod =
        containers.create(
            request("pod", bundle("exec sleep 1000"), crio("sandbox", "pod")).build());
    containers.create(request("two", bundle("exit 0"), crio("container", "pod")).build());
    assertEquals(List.of("pod", "two"), inSandbox("pod"));
    kill(pod);
    CarafeException e =
        assertThrows(
            WrongStatusException.class,
            () ->
                containers.create(
                    request("three", bundle("exit 0"), crio("container", "pod")).build()));
    assertEquals("cannot create container \"three\": sandbox \"pod\" has stopped", e.getMessage());
  }

  @Test
  void whatIsMadeWhileItsSandboxIsDeletedIsUndone() throws Exception {
    TestBundle bundle = bundle("exec sleep 1000");
    for (int i = 0; i < 20; i++) {
      Container pod = pod("pod");
      Thread maker =
          new Thread(() -> {
            try {
              member("pod", "one", bundle);
            } catch (CarafeException e) {
              // As it may be: the sandbox is gone, or is going.
            }
          });
      maker.start();
      Thread.sleep(i);
      pod.delete(DeleteMode.FORCE);
      maker.join();
      for (ContainerState each : containers.list().containers()) {
        assertEquals(Status.STOPPED, each.status(), "after " + i + " ms");
        containers.delete(each.id(), DeleteMode.STOPPED);
      }
    }
  }

  @Test
  void aSandboxThatHasExitedCanBeWaitedFor() throws Exception {
    Container pod =
        containers.create(request("pod", bundle("exit 5"), containerd("sandbox", "pod")).build());
    pod.start();
    assertEquals(new ExitStatus.Exited(5), pod.waitFor());
    assertEquals(new ExitStatus.Exited(5), pod.waitFor());
    Container loaded = containers.sandbox(Ground.id("pod")).containers().get(0);
    assertEquals(new ExitStatus.Exited(5), loaded.waitFor());
    assertEquals(Status.STOPPED, loaded.status());
  }

  // ---- OOM score

  @Test
  void eachFirstProcessHasExactlyItsOwnOomScore() throws Exception {
    Container pod = pod("pod");
    Container one =
        member("pod", "one", bundle("exec sleep 1000").process(p -> p.oomScoreAdj(300)));
    Container two =
        member("pod", "two", bundle("exec sleep 1000").process(p -> p.oomScoreAdj(200)));
    String own = Files.readString(Path.of("/proc/self/oom_score_adj"));
    assertEquals(own, score(pod));
    assertEquals("300\n", score(one));
    assertEquals("200\n", score(two));
    two.delete(DeleteMode.FORCE);
    assertEquals(own, score(pod));
    assertEquals("300\n", score(one));
  }

  private static String score(Container of) throws IOException {
    String pid = Integer.toString(of.state().pid().orElseThrow());
    return Files.readString(Path.of("/proc", pid, "oom_score_adj"));
  }

  // ---- volumes

  private static Map<String, String> hint(String type, String share, String source) {
    return Map.of(HINT + "type", type, HINT + "share", share, HINT + "source", source);
  }

  private TestBundle mounting(String type, String source, String... options) {
    return bundle("exec sleep 1000")
        .edit(s -> {
          List<Mount> mounts = new ArrayList<>(bundles.get(0).spec().mounts());
          mounts.add(Mount.of("/data", type, source, List.of(options)));
          return s.mounts(mounts);
        });
  }

  @Test
  void aVolumeInMemoryIsSharedInThePodOutlivesItsContainersAndEndsWithThePod() throws Exception {
    Path directory = Files.createDirectory(ground.path.resolve("empty-dir"));
    Files.setPosixFilePermissions(
        directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
    Container pod = pod("pod", hint("tmpfs", "pod", directory.toString()));
    Container one = member("pod", "one", mounting("bind", directory.toString(), "rbind", "rw"));
    Container two = member("pod", "two", mounting("tmpfs", directory.toString(), "size=1m", "ro"));
    assertEquals("", run(one, "echo word >/data/file"));
    assertEquals("word\n", run(two, "cat /data/file"));
    assertEquals("tmpfs 777\n", run(two, "echo $(stat -f -c %T /data) $(stat -c %a /data)"));
    assertEquals("refused\n", run(two, "touch /data/other 2>/dev/null || echo refused"));
    assertEquals(List.of(), List.of(directory.toFile().list()), "it is not on the disk");
    assertEquals(1, volumes().size(), volumes().toString());

    one.delete(DeleteMode.FORCE);
    Container again = member("pod", "one", mounting("bind", directory.toString(), "rbind", "rw"));
    assertEquals("word\n", run(again, "cat /data/file"), "a restart keeps it");

    // The same source is another volume to who is in no pod.
    Container alone =
        containers.create(
            request("alone", mounting("bind", directory.toString(), "rbind", "rw"), Map.of())
                .build());
    alone.start();
    assertEquals("", run(alone, "ls /data"));

    pod.delete(DeleteMode.FORCE);
    assertEquals(List.of(), volumes());
  }

  private List<String> volumes() throws IOException {
    List<String> found = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
      if (line.contains(ground.root.toString())) {
        found.add(line);
      }
    }
    return found;
  }

  @Test
  void aContainerThatRestartsFindsWhatItLeftOnASharedVolumeOfTheHost() throws Exception {
    Path directory = Files.createDirectory(ground.path.resolve("volume"));
    pod("pod", hint("bind", "shared", directory.toString()));
    Container one = member("pod", "one", mounting("bind", directory.toString(), "rbind", "rw"));
    Container two = member("pod", "two", mounting("bind", directory.toString(), "rbind", "rw"));
    assertEquals("", run(one, "echo first >/data/one"));
    assertEquals("first\n", run(two, "cat /data/one; echo second >/data/two"));
    assertEquals("second\n", Files.readString(directory.resolve("two")), "it is the host's");
    kill(one);
    one.delete(DeleteMode.STOPPED);
    Container again = member("pod", "one", mounting("bind", directory.toString(), "rbind", "rw"));
    assertEquals("first\nsecond\n", run(again, "cat /data/one /data/two"));
    assertEquals(List.of(), volumes());
  }

  @Test
  void whatAVolumeMayNotNoMountOfItMay() throws Exception {
    Map<String, String> hints = new HashMap<>(hint("tmpfs", "pod", "/nowhere"));
    hints.put(HINT + "options", "ro,size=64k");
    pod("pod", hints);
    InvalidConfigException e =
        assertThrows(
            InvalidConfigException.class,
            () -> member("pod", "one", mounting("bind", "/nowhere", "rbind", "rw")));
    assertEquals(
        "mount on /data: annotation dev.gvisor.spec.mount.data.options has ro, so this mount needs"
            + " that option too",
        e.getMessage());
    Container two = member("pod", "two", mounting("bind", "/nowhere", "rbind", "ro"));
    assertEquals("64\n", run(two, "df -k /data | sed -n '$s/^[^ ]* *\\([0-9]*\\).*/\\1/p'"));
  }

  @Test
  void sharedMemoryIsSharedByANameInsteadOfAPath() throws Exception {
    pod("pod", hint("tmpfs", "pod", "shm"));
    Container one = member("pod", "one");
    Container two = member("pod", "two");
    assertEquals("", run(one, "echo word >/dev/shm/file"));
    assertEquals("word\n", run(two, "cat /dev/shm/file"));
    Container other = containers.create(request("x", bundle("exec sleep 1000"), Map.of()).build());
    other.start();
    assertEquals("", run(other, "ls /dev/shm"));
  }

  @Test
  void aContainerInNoPodMayHaveAVolumeOfItsOwnInMemory() throws Exception {
    Container alone =
        containers.create(
            request(
                    "alone",
                    mounting("bind", "/nowhere", "rbind", "rw"),
                    hint("tmpfs", "container", "/nowhere"))
                .build());
    alone.start();
    assertEquals("tmpfs\n", run(alone, "stat -f -c %T /data"));
    alone.delete(DeleteMode.FORCE);
    assertEquals(List.of(), volumes());
  }

  @Test
  void aHintThatIsNotUnderstoodIsRefusedByName() throws Exception {
    refusedHint("type\" is \"ext4\"", hint("ext4", "pod", "/x"));
    refusedHint("share\" is \"\"", Map.of(HINT + "type", "bind", HINT + "source", "/x"));
    refusedHint("source\" is \"\"", hint("tmpfs", "pod", ""));
    refusedHint("data.colour is none of", Map.of(HINT + "colour", "red"));
    refusedHint("letters, digits", Map.of("dev.gvisor.spec.mount.a/b.type", "bind"));
    Map<String, String> twice = new HashMap<>(hint("tmpfs", "pod", "/x"));
    hint("tmpfs", "pod", "/x").forEach((k, v) -> twice.put(k.replace("data", "more"), v));
    refusedHint("have the same source /x", twice);
    assertFalse(Files.exists(ground.root.resolve("containers/pod")));
  }

  private void refusedHint(String why, Map<String, String> hints) {
    InvalidConfigException e = assertThrows(InvalidConfigException.class, () -> pod("pod", hints));
    String quoted = why.replace("\" is", " is");
    assertTrue(e.getMessage().contains(quoted), e.getMessage());
  }
}
