package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.Container;
import dev.carafe.ContainerExistsException;
import dev.carafe.DeleteMode;
import dev.carafe.KillScope;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pid counts only with its start time and its boot: no other process is ever a victim. */
final class IdentityTest {
  private static final String OTHER_BOOT = "00000000-0000-4000-8000-000000000000";

  private Ground ground;
  private Containers containers;
  private Process victim;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    containers = ground.containers();
    victim = new ProcessBuilder("/bin/sleep", "1000").start();
  }

  @AfterEach
  void end() throws Exception {
    int ignored = victim.destroyForcibly().waitFor();
    ground.close();
  }

  /** A stopped container whose state names another first process. */
  private Container pretending(ProcessIdentity init) throws Exception {
    Container c = containers.create(ground.request("a"));
    c.start();
    c.kill(Signal.KILL);
    var ignored = c.waitFor();
    rewrite(init);
    return c;
  }

  private void rewrite(ProcessIdentity init) {
    StateStore store = StateStore.at(ground.root.toString());
    try (HeldContainer held = store.lock("a").orElseThrow()) {
      StoredState state = held.state();
      held.write(state.toBuilder().init(init).build());
    }
  }

  private void touchesNobody(Container c) {
    assertEquals(Status.STOPPED, c.status());
    assertTrue(c.state().pid().isEmpty());
    assertEquals(
        "container not running",
        assertThrows(WrongStatusException.class, () -> c.kill(Signal.KILL)).getMessage());
    c.kill(Signal.KILL, KillScope.ALL);
    c.delete(DeleteMode.FORCE);
    assertTrue(victim.isAlive());
    assertEquals(List.of(), containers.list().containers());
  }

  @Test
  void aReusedPidReadsAsStoppedAndItsProcessIsNotTouched() throws Exception {
    ProcessIdentity now = ProcessIdentity.of((int) victim.pid()).orElseThrow();
    touchesNobody(pretending(new ProcessIdentity(now.pid(), now.startTime() - 1, now.bootId())));
  }

  @Test
  void aForeignBootReadsAsStoppedAndItsProcessIsNotTouched() throws Exception {
    ProcessIdentity now = ProcessIdentity.of((int) victim.pid()).orElseThrow();
    touchesNobody(pretending(new ProcessIdentity(now.pid(), now.startTime(), OTHER_BOOT)));
  }

  @Test
  void aLiveContainerOfAnotherBootIsStopped() throws Exception {
    Container c = containers.create(ground.request("a"));
    int pid = c.state().pid().orElseThrow();
    ProcessIdentity real = ProcessIdentity.of(pid).orElseThrow();
    rewrite(new ProcessIdentity(pid, real.startTime(), OTHER_BOOT));
    assertEquals(Status.STOPPED, c.status());
    rewrite(real);
    assertEquals(Status.CREATED, c.status());
    c.delete(DeleteMode.STOPPED);
  }

  @Test
  void aZombieIsStopped() throws Exception {
    Container c = containers.create(ground.request("a"));
    c.kill(Signal.KILL);
    while (c.status() != Status.STOPPED) {
      Thread.onSpinWait();
    }
    assertThrows(WrongStatusException.class, () -> c.kill(Signal.TERM));
    c.delete(DeleteMode.STOPPED);
  }

  @Test
  void aCreationWhoseMakerIsGoneIsStoppedAndTakenByDelete() throws Exception {
    StateStore store = StateStore.at(ground.root.toString());
    for (ProcessIdentity gone :
        List.of(
            new ProcessIdentity(ProcessIdentity.self().pid(), 1, ProcessIdentity.self().bootId()),
            new ProcessIdentity(
                ProcessIdentity.self().pid(), ProcessIdentity.self().startTime(), OTHER_BOOT))) {
      var made = store.create(half(gone));
      made.held().close();
      made.lease().close();
      assertEquals(Status.STOPPED, containers.load(Ground.id("a")).status());
      ContainerExistsException e =
          assertThrows(
              ContainerExistsException.class, () -> containers.create(ground.request("a")));
      assertEquals(
          "container with given ID already exists: its creation was broken off; remove it with"
              + " delete",
          e.getMessage());
      assertThrows(WrongStatusException.class, () -> containers.load(Ground.id("a")).start());
      assertThrows(
          WrongStatusException.class, () -> containers.load(Ground.id("a")).kill(Signal.KILL));
      containers.delete(Ground.id("a"), DeleteMode.STOPPED);
    }
    assertFalse(store.read("a").isPresent());
  }

  /** A command settles what it made and ends at once, which may be between two looks of another. */
  @Test
  void aCreationThatWasSettledSinceItWasReadIsNotBrokenOff() throws Exception {
    Container c = containers.create(ground.request("a"));
    StateStore store = StateStore.at(ground.root.toString());
    ProcessIdentity gone =
        new ProcessIdentity(ProcessIdentity.self().pid(), 1, ProcessIdentity.self().bootId());
    StoredState settled;
    try (HeldContainer held = store.lock("a").orElseThrow()) {
      settled = held.state();
      held.write(dev.carafe.runtime.state.Stores.madeBy(settled, gone));
    }
    try (SeenContainer seen = store.look("a").orElseThrow()) {
      Observer observer = new Observer(containers.platform());
      assertEquals(Status.STOPPED, observer.look(seen).status());
      try (HeldContainer held = store.lock("a").orElseThrow()) {
        held.write(settled);
      }
      assertEquals(Status.CREATED, observer.look(seen).status());
    }
    c.delete(DeleteMode.FORCE);
  }

  /** Its maker opens the start socket, and only then notices that it has lost the container. */
  @Test
  void aCreationThatADeletionHasTakenStaysStopped() throws Exception {
    Container c = containers.create(ground.request("a"));
    StateStore store = StateStore.at(ground.root.toString());
    try (HeldContainer held = store.lock("a").orElseThrow()) {
      held.write(dev.carafe.runtime.state.Stores.madeBy(held.state(), ProcessIdentity.self()));
    }
    assertEquals(Status.CREATING, c.status());
    try (HeldContainer held = store.lock("a").orElseThrow()) {
      String ignored = held.markDeleting();
    }
    assertEquals(Status.STOPPED, c.status());
    assertThrows(WrongStatusException.class, c::start);
    c.delete(DeleteMode.FORCE);
  }

  private StoredState half(ProcessIdentity maker) {
    return dev.carafe.runtime.state.Stores.madeBy(StoredState.creating("a").build(), maker);
  }
}
