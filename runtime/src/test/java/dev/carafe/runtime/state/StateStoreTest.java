package dev.carafe.runtime.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.ContainerBusyException;
import dev.carafe.ContainerExistsException;
import dev.carafe.ContainerId;
import dev.carafe.InvalidInputException;
import dev.carafe.UnreadableStateException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The store and its locks, on a real disk. */
final class StateStoreTest {
  private Path base;
  private Path root;
  private StateStore store;

  @BeforeEach
  void begin() throws Exception {
    base = Files.createTempDirectory("carafe-store-");
    root = base.resolve("root");
    store = StateStore.at(root.toString());
  }

  @AfterEach
  void end() throws Exception {
    List<Path> all;
    try (Stream<Path> found = Files.walk(base)) {
      all = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }

  private void make(String id) {
    NewContainer made = store.create(StoredState.creating(id).build());
    made.held().close();
    made.lease().close();
  }

  private void remove(String id) {
    try (HeldContainer held = store.lock(id).orElseThrow()) {
      held.remove();
    }
  }

  @Test
  void looksMakeNothing() {
    assertTrue(store.read("a").isEmpty());
    assertTrue(store.lock("a").isEmpty());
    assertEquals(List.of(), store.ids());
    assertFalse(Files.exists(root));
  }

  @Test
  void directoriesArePrivateAndIdsSorted() throws Exception {
    make("b");
    make("a");
    make("x".repeat(255));
    assertEquals(List.of("a", "b", "x".repeat(255)), store.ids());
    for (Path each : List.of(root, root.resolve("containers"), root.resolve("containers/a"))) {
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(each)));
    }
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(root.resolve("containers/a/state.json"))));
    assertThrows(ContainerExistsException.class, () -> make("a"));
    assertEquals(0, aside());
  }

  private long aside() throws IOException {
    try (Stream<Path> all = Files.list(root.resolve("aside"))) {
      return all.count();
    }
  }

  @Test
  void idsAreThoseOfRunc() {
    for (String good : List.of("a", "A9_+,-.", "...", ".a", "x".repeat(255))) {
      assertEquals(good, ContainerId.of(good).value());
    }
    for (String bad : List.of(".", "..", "a/b", "a b", "ä", "a\0", "x".repeat(256), "a\n")) {
      assertEquals(
          "invalid container ID format",
          assertThrows(InvalidInputException.class, () -> ContainerId.of(bad)).getMessage());
    }
    assertEquals(
        "container id cannot be empty",
        assertThrows(InvalidInputException.class, () -> ContainerId.of("")).getMessage());
  }

  @Test
  void aRootThatOthersMayWriteToIsRefused() throws Exception {
    make("a");
    for (Path each : List.of(root, root.resolve("containers"), root.resolve("aside"))) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxrwxrwx"));
      String message =
          assertThrows(InvalidInputException.class, () -> store.read("a")).getMessage();
      assertTrue(message.contains("others may write"), message);
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwx------"));
    }
    if (Sys.geteuid() == 0) {
      Files.setAttribute(root, "unix:uid", 12345);
      String message =
          assertThrows(InvalidInputException.class, () -> store.read("a")).getMessage();
      assertTrue(message.contains("belongs to user 12345"), message);
    }
  }

  @Test
  void aSymbolicLinkIsNoContainer() throws Exception {
    make("a");
    Path elsewhere = Files.createDirectory(base.resolve("elsewhere"));
    Files.createSymbolicLink(root.resolve("containers/link"), elsewhere);
    assertThrows(UnreadableStateException.class, () -> store.read("link"));
    assertThrows(UnreadableStateException.class, () -> store.lock("link"));
    assertThrows(UnreadableStateException.class, () -> make("link"));
    assertTrue(store.removeForeign("link"));
    assertTrue(Files.isDirectory(elsewhere));
    assertTrue(store.read("link").isEmpty());
  }

  @Test
  void aLockHasADeadlineAndTheErrorNamesTheHolder() {
    make("a");
    StateStore impatient = Stores.stepping(root.toString(), Steps.NONE, 30);
    List<String> messages = new CopyOnWriteArrayList<>();
    try (HeldContainer held = store.lock("a").orElseThrow()) {
      Thread other =
          new Thread(() -> {
            try {
              Optional<HeldContainer> got = impatient.lock("a");
              messages.add("got it: " + got.isPresent());
            } catch (ContainerBusyException e) {
              messages.add(e.getMessage());
            }
          });
      other.start();
      join(other);
      assertEquals("a", held.state().id());
    }
    assertEquals(1, messages.size());
    assertTrue(
        messages.get(0).contains("this process (" + Sys.getpid() + ")"), messages.toString());
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Thread start(List<Throwable> failures, Runnable work) {
    Thread thread = new Thread(work);
    thread.setUncaughtExceptionHandler((ignored, e) -> failures.add(e));
    thread.start();
    return thread;
  }

  @Test
  void locksAreTakenInOneOrder() {
    make("a");
    make("b");
    try (HeldContainer held = store.lock("a").orElseThrow()) {
      assertEquals("a", held.state().id());
      assertThrows(AssertionError.class, () -> store.lock("b"));
      assertFalse(LockOrder.taken(LockOrder.SANDBOX), "a sandbox comes before its containers");
    }
    assertTrue(LockOrder.taken(LockOrder.SANDBOX));
    try (HeldContainer held = store.lock("b").orElseThrow()) {
      assertEquals("b", held.state().id());
    }
    assertTrue(LockOrder.released(LockOrder.SANDBOX));
  }

  @Test
  void whoWaitedForTheLockOfADeletedContainerHasNothing() throws Exception {
    for (int round = 0; round < 20; round++) {
      make("a");
      String first = store.read("a").orElseThrow().instance();
      List<String> seen = new CopyOnWriteArrayList<>();
      List<Throwable> failures = new CopyOnWriteArrayList<>();
      List<Thread> waiters = new ArrayList<>();
      try (HeldContainer held = store.lock("a").orElseThrow()) {
        for (int i = 0; i < 4; i++) {
          waiters.add(
              start(
                  failures,
                  () -> {
                    Optional<HeldContainer> got = store.lock("a");
                    if (got.isPresent()) {
                      try (HeldContainer mine = got.get()) {
                        seen.add(mine.state().instance());
                      }
                    }
                  }));
        }
        Thread.sleep(2);
        held.remove();
      }
      make("a");
      waiters.forEach(StateStoreTest::join);
      assertEquals(List.of(), failures);
      assertFalse(seen.contains(first), "the dead container was locked");
      remove("a");
    }
  }

  private void makeSandbox(String id) {
    StoredState state = StoredState.creating(id).build();
    SandboxRef own = new SandboxRef(id, state.instance(), Optional.empty());
    NewContainer made = store.create(state.toBuilder().sandbox(own).build());
    made.held().close();
    made.lease().close();
  }

  @Test
  void aSandboxIsLockedBesideItsFirstContainerAndOnlyOnce() {
    make("alone");
    assertTrue(store.lockSandbox("alone").isEmpty());
    assertTrue(store.lockSandbox("nobody").isEmpty());
    makeSandbox("pod");
    StateStore impatient = Stores.stepping(root.toString(), Steps.NONE, 30);
    List<String> messages = new CopyOnWriteArrayList<>();
    try (HeldSandbox held = store.lockSandbox("pod").orElseThrow()) {
      try (HeldContainer first = store.lock("pod").orElseThrow()) {
        assertEquals(first.state(), held.first());
      }
      Thread other =
          new Thread(() -> {
            try {
              Optional<HeldSandbox> got = impatient.lockSandbox("pod");
              messages.add("got it: " + got.isPresent());
            } catch (ContainerBusyException e) {
              messages.add(e.getMessage());
            }
          });
      other.start();
      join(other);
    }
    assertEquals(1, messages.size());
    assertTrue(messages.get(0).startsWith("sandbox \"pod\" is busy: lock "), messages.get(0));
    assertTrue(
        messages.get(0).contains("this process (" + Sys.getpid() + ")"), messages.toString());
  }

  @Test
  void whoWaitedForTheLockOfASandboxThatEndedHasNotThat() throws Exception {
    for (int round = 0; round < 20; round++) {
      makeSandbox("pod");
      String first = store.read("pod").orElseThrow().instance();
      List<String> seen = new CopyOnWriteArrayList<>();
      List<Throwable> failures = new CopyOnWriteArrayList<>();
      List<Thread> waiters = new ArrayList<>();
      try (HeldSandbox held = store.lockSandbox("pod").orElseThrow()) {
        assertEquals(first, held.first().instance());
        for (int i = 0; i < 4; i++) {
          waiters.add(
              start(
                  failures,
                  () -> {
                    Optional<HeldSandbox> got = store.lockSandbox("pod");
                    if (got.isPresent()) {
                      try (HeldSandbox mine = got.get()) {
                        seen.add(mine.first().instance());
                      }
                    }
                  }));
        }
        Thread.sleep(2);
        remove("pod");
      }
      makeSandbox("pod");
      waiters.forEach(StateStoreTest::join);
      assertEquals(List.of(), failures);
      assertFalse(seen.contains(first), "the dead sandbox was locked");
      remove("pod");
    }
  }

  @Test
  void whoIsAboutToLockASandboxThatIsRemovedFindsNone() {
    makeSandbox("pod");
    AtomicInteger times = new AtomicInteger();
    StateStore late =
        Stores.stepping(
            root.toString(),
            step -> {
              if (step.equals("openLockFile") && times.incrementAndGet() == 1) {
                remove("pod");
              }
            },
            StateStore.LOCK_MILLIS);
    assertTrue(late.lockSandbox("pod").isEmpty());
    assertEquals(1, times.get());
  }

  @Test
  void aReaderWithoutALockAlwaysSeesAWholeState() throws Exception {
    make("a");
    String instance = store.read("a").orElseThrow().instance();
    AtomicBoolean stop = new AtomicBoolean();
    List<String> wrong = new CopyOnWriteArrayList<>();
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Thread thread =
          new Thread(() -> {
            while (!stop.get() && wrong.isEmpty()) {
              try {
                Optional<StoredState> seen = store.read("a");
                if (seen.isEmpty() || !seen.get().instance().equals(instance)) {
                  wrong.add("absent: " + seen.isEmpty());
                }
              } catch (CarafeException e) {
                wrong.add(e.getMessage());
              }
            }
          });
      thread.start();
      readers.add(thread);
    }
    for (int i = 0; i < 200; i++) {
      try (HeldContainer held = store.lock("a").orElseThrow()) {
        String generation = held.markDeleting();
        assertEquals(Transition.DELETING, held.state().transition());
        assertEquals(generation, held.state().generation());
        assertTrue(held.isMarked(generation));
        if (i % 2 == 0) {
          held.unmarkDeleting(generation);
        } else {
          held.write(held.state().settled());
        }
        assertFalse(held.isMarked(generation));
      }
    }
    stop.set(true);
    readers.forEach(StateStoreTest::join);
    assertEquals(List.of(), wrong);
    remove("a");
  }

  @Test
  void whatLiesAsideUnlockedIsSweptAndWhatIsLockedIsNot() throws Exception {
    make("a");
    Path dead = Files.createDirectory(root.resolve("aside/dead"));
    Files.writeString(dead.resolve("state.json"), "{");
    Files.createDirectories(dead.resolve("deep/er"));
    store.sweep();
    assertFalse(Files.exists(dead));
    Path live = Files.createDirectory(root.resolve("aside/live"));
    try (dev.carafe.linux.Fd fd = Sys.open(live.toString(), dev.carafe.linux.Open.DIRECTORY, 0)) {
      assertTrue(Sys.flock(fd, Sys.LOCK_EX | Sys.LOCK_NB));
      store.sweep();
      make("b");
      assertTrue(Files.exists(live), "somebody works there");
    }
    remove("b");
    assertFalse(Files.exists(live));
  }

  @Test
  void aLeaseIsFreeWhenItsHolderIsGone() {
    NewContainer made = store.create(StoredState.creating("a").build());
    try (HeldContainer held = made.held()) {
      assertTrue(held.isLeased());
      made.lease().close();
      assertFalse(held.isLeased());
      try (Lease lease = held.lease()) {
        assertTrue(held.owns(lease));
        assertTrue(lease.tryTake());
        assertTrue(held.isLeased());
      }
      assertFalse(held.isLeased());
    }
  }

  @Test
  void aContainerWhosePlaceIsNotSyncedIsTakenBack() throws Exception {
    make("a");
    for (int failing = 1; ; failing++) {
      int nth = failing;
      AtomicInteger syncs = new AtomicInteger();
      StateStore poor =
          Stores.stepping(
              root.toString(),
              step -> {
                if (step.equals("syncDirectory") && syncs.incrementAndGet() == nth) {
                  throw new KernelException("sync", Errno.ENOSPC);
                }
              },
              StateStore.LOCK_MILLIS);
      try {
        NewContainer made = poor.create(StoredState.creating("b").build());
        made.held().close();
        made.lease().close();
      } catch (KernelException e) {
        assertEquals(List.of("a"), store.ids(), "sync " + nth);
        try (Stream<Path> left = Files.list(root.resolve("aside"))) {
          assertEquals(0, left.count(), "sync " + nth);
        }
        continue;
      }
      assertEquals(3, nth, "that of the new directory, and that of its place");
      remove("b");
      remove("a");
      return;
    }
  }
}
