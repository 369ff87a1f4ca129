package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.Container;
import dev.carafe.ContainerEvent;
import dev.carafe.ContainerEvents;
import dev.carafe.ContainerRequest;
import dev.carafe.ContainerStats;
import dev.carafe.DeleteMode;
import dev.carafe.InvalidInputException;
import dev.carafe.Signal;
import dev.carafe.StreamMode;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a program is told of a container that it watches. */
@Tag("also-vm")
final class ContainerEventsTest {
  private static final long LIMIT = 32 << 20;

  private Ground ground;
  private Containers containers;

  @BeforeEach
  void begin() throws Exception {
    assumeTrue(Sys.geteuid() == 0, "needs root");
    ground = new Ground();
    ground.addBusybox();
    containers = ground.onLinux(StateStore.at(ground.root.toString()));
  }

  @AfterEach
  void end() throws Exception {
    containers.delete(Ground.id("a"), DeleteMode.FORCE);
    ground.close();
  }

  private Container create(String... args) {
    ContainerRequest base = ground.linuxRequest("a");
    Spec spec = base.spec().orElseThrow();
    Memory memory = Memory.of(OptionalLong.of(LIMIT), OptionalLong.of(LIMIT));
    Linux linux =
        spec.linux().orElseThrow().toBuilder()
            .resources(Resources.builder().memory(memory).build())
            .build();
    return containers.create(
        ContainerRequest.builder(Ground.id("a"), ground.bundle)
            .spec(
                spec.toBuilder()
                    .process(spec.process().orElseThrow().toBuilder().args(List.of(args)).build())
                    .linux(linux)
                    .build())
            .streams(StreamMode.NONE)
            .build());
  }

  @Test
  void whatItUsesIsTyped() {
    Container container = create("/bin/busybox", "sleep", "1000");
    container.start();
    ContainerStats stats = container.stats();
    assertEquals(LIMIT, stats.memory().usage().limit());
    assertTrue(stats.memory().usage().usage() > 0 && stats.memory().usage().usage() < LIMIT);
    assertEquals(1, stats.pids().current());
    assertTrue(stats.cpu().total() > 0);
    assertFalse(stats.memory().raw().isEmpty());
  }

  @Test
  void outOfMemoryIsToldBeforeTheEnd() throws Exception {
    Container container =
        create("/bin/busybox", "dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1");
    int before = Fd.openCount();
    try (ContainerEvents events = container.events(Duration.ofHours(1))) {
      container.start();
      assertInstanceOf(ContainerEvent.OutOfMemory.class, events.next().orElseThrow());
      assertEquals(Optional.empty(), events.next());
      assertEquals(Optional.empty(), events.next(), "and it stays so");
    }
    assertEquals(before, Fd.openCount());
    assertThrows(WrongStatusException.class, container::stats);
    assertThrows(WrongStatusException.class, () -> container.events(Duration.ofSeconds(1)));
  }

  @Test
  void anEndWithoutThatIsOnlyAnEnd() throws Exception {
    Container container = create("/bin/busybox", "sleep", "1000");
    container.start();
    try (ContainerEvents events = container.events(Duration.ofMillis(10))) {
      assertInstanceOf(ContainerEvent.Stats.class, events.next().orElseThrow());
      container.kill(Signal.KILL);
      Optional<ContainerEvent> event = events.next();
      while (event.isPresent()) {
        assertInstanceOf(ContainerEvent.Stats.class, event.get());
        event = events.next();
      }
    }
  }

  @Test
  void aPausedContainerIsWatchedAndAnInterruptEndsTheWait() throws Exception {
    Container container = create("/bin/busybox", "sleep", "1000");
    container.start();
    container.pause();
    try (ContainerEvents events = container.events(Duration.ofHours(1))) {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, events::next);
    }
    assertThrows(InvalidInputException.class, () -> container.events(Duration.ZERO));
  }
}
