package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.Container;
import dev.carafe.DeleteMode;
import dev.carafe.InvalidInputException;
import dev.carafe.KernelCallException;
import dev.carafe.Signal;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.rdt.FakeResctrl;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.spec.Cpu;
import dev.carafe.spec.IntelRdt;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an update leaves in the state, and when it is refused. */
final class UpdateTest {
  private static final Resources PIDS =
      Resources.builder().pids(new Pids(OptionalLong.of(10))).build();

  private final List<String> steps = new CopyOnWriteArrayList<>();
  private volatile String failing = "";
  private Ground ground;
  private Containers containers;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
    containers =
        ground.stepping(step -> {
          steps.add(step);
          if (!failing.isEmpty() && step.startsWith(failing)) {
            throw new KernelException(step, Errno.ENOSPC);
          }
        });
  }

  @AfterEach
  void end() throws Exception {
    failing = "";
    containers.delete(Ground.id("a"), DeleteMode.FORCE);
    ground.close();
  }

  private Container create() {
    Memory memory = Memory.of(OptionalLong.of(64 << 20), OptionalLong.empty());
    Spec spec = Ground.spec(dev.carafe.spec.Hooks.NONE, "/bin/sleep", "1000");
    Linux linux = Linux.builder().resources(Resources.builder().memory(memory).build()).build();
    return containers.create(
        ground.builder("a").spec(spec.toBuilder().linux(linux).build()).build());
  }

  private Resources stored() {
    return StateStore.at(ground.root.toString()).read("a").orElseThrow().resources();
  }

  @Test
  void whatIsSetIsStoredBesideWhatWasAsked() {
    Container container = create();
    container.update(PIDS);
    Cpu cpu = Cpu.of(OptionalLong.of(512), OptionalLong.empty(), OptionalLong.empty());
    container.start();
    container.update(Resources.builder().cpu(cpu).build());
    assertEquals(64 << 20, stored().memory().orElseThrow().limit().getAsLong());
    assertEquals(10, stored().pids().orElseThrow().limit().getAsLong());
    assertEquals(512, stored().cpu().orElseThrow().shares().getAsLong());
    assertEquals(Status.RUNNING, container.status());
  }

  @Test
  void whenTheStateCannotBeWrittenTheLimitsAreSetBack() {
    Container container = create();
    steps.clear();
    failing = "write";
    KernelCallException e = assertThrows(KernelCallException.class, () -> container.update(PIDS));
    assertTrue(e.getMessage().startsWith("cannot update container \"a\": "), e.getMessage());
    assertEquals("update undone", steps.get(steps.size() - 1), steps.toString());
    failing = "";
    assertTrue(stored().pids().isEmpty());
  }

  @Test
  void schemataAndLimitsAreSetBackTogether(@TempDir Path directory) throws Exception {
    try (FakeResctrl resctrl = new FakeResctrl(directory)) {
      resctrl.addGroup("gold", "    L3:0=ff;1=ff\n    MB:0= 20\n");
      IntelRdt gold = rdt(Optional.of("gold"), Optional.empty());
      Spec spec = Ground.spec(dev.carafe.spec.Hooks.NONE, "/bin/sleep", "1000");
      Linux linux = Linux.builder().intelRdt(gold).build();
      Container container =
          containers.create(
              ground.builder("a").spec(spec.toBuilder().linux(linux).build()).build());
      IntelRdt cache = rdt(Optional.empty(), Optional.of("L3:0=1"));
      steps.clear();
      failing = "write";
      assertThrows(KernelCallException.class, () -> container.update(PIDS, cache));
      failing = "";
      // A file keeps what was written last: the lines of the cache as they were, and no others.
      assertEquals("L3:0=ff;1=ff\n", resctrl.read("gold/schemata"));
      assertTrue(steps.contains("update undone"), steps.toString());

      resctrl.breakSchemata("gold");
      steps.clear();
      assertThrows(KernelCallException.class, () -> container.update(PIDS, cache));
      assertEquals("update undone", steps.get(steps.size() - 1), steps.toString());
      assertTrue(stored().pids().isEmpty());
    }
  }

  private static IntelRdt rdt(Optional<String> closId, Optional<String> cache) {
    return new IntelRdt(closId, List.of(), cache, Optional.empty(), false);
  }

  @Test
  void whatTheKernelRefusesLeavesTheState() {
    Container container = create();
    failing = "update";
    assertThrows(KernelCallException.class, () -> container.update(PIDS));
    failing = "";
    assertTrue(stored().pids().isEmpty());
    assertFalse(steps.contains("update undone"));
  }

  @Test
  void aContainerThatHasStoppedIsRefusedInRuncsWords() throws Exception {
    Container container = create();
    container.start();
    container.kill(Signal.of("KILL"));
    container.waitFor();
    WrongStatusException e = assertThrows(WrongStatusException.class, () -> container.update(PIDS));
    assertEquals("container not running", e.getMessage());
  }

  @Test
  void valuesThatBreakARuleOfTheSpecAreRefusedByTheirPlace() {
    Container container = create();
    Memory memory = Memory.of(OptionalLong.of(-2), OptionalLong.empty());
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> container.update(Resources.builder().memory(memory).build()));
    assertTrue(e.getMessage().contains("memory.limit"), e.getMessage());
  }
}
