package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.Container;
import dev.carafe.ContainerRequest;
import dev.carafe.DeleteMode;
import dev.carafe.ExecRequest;
import dev.carafe.InvalidInputException;
import dev.carafe.StreamMode;
import dev.carafe.runtime.rdt.FakeResctrl;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.spec.IntelRdt;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole container with a class of service, in a directory that stands for resctrl. */
final class IntelRdtTest {
  private static final Resources NO_LIMITS = Resources.builder().build();

  @TempDir private Path directory;
  private FakeResctrl resctrl;
  private Ground ground;
  private Containers containers;

  @BeforeEach
  void begin() throws Exception {
    resctrl = new FakeResctrl(directory);
    ground = new Ground();
    ground.addBusybox();
    containers = ground.onLinux(StateStore.at(ground.root.toString()));
  }

  @AfterEach
  void end() throws Exception {
    if (resctrl.has("a")) {
      resctrl.empty("a");
    }
    containers.delete(Ground.id("a"), DeleteMode.FORCE);
    assertFalse(resctrl.has("a"), "its class of service ends with it");
    ground.close();
    resctrl.close();
  }

  private static IntelRdt schemata(String cache, String bandwidth) {
    return new IntelRdt(
        Optional.empty(), List.of(), Optional.of(cache), Optional.of(bandwidth), false);
  }

  private Container create(Optional<IntelRdt> asked) {
    ContainerRequest request = ground.linuxRequest("a");
    Spec spec = request.spec().orElseThrow();
    if (asked.isPresent()) {
      spec =
          spec.toBuilder()
              .linux(spec.linux().orElseThrow().toBuilder().intelRdt(asked.get()).build())
              .build();
    }
    return containers.create(
        ContainerRequest.builder(Ground.id("a"), ground.bundle)
            .spec(spec)
            .streams(StreamMode.NONE)
            .build());
  }

  @Test
  void itsProcessesAreInItAndItsSchemataCanBeChanged() throws Exception {
    Container container = create(Optional.of(schemata("L3:0=ff", "MB:0=20")));
    assertEquals("L3:0=ff\nMB:0=20\n", resctrl.read("a/schemata"));
    assertEquals(container.state().pid().orElseThrow() + "", resctrl.read("a/tasks"));
    container.start();
    try (ExecHandle exec =
        (ExecHandle)
            container.exec(
                ExecRequest.builder(List.of("/bin/busybox", "true"))
                    .streams(StreamMode.NONE)
                    .build())) {
      assertEquals(0, exec.waitFor().shellCode());
    }
    assertFalse(
        resctrl.read("a/tasks").equals(container.state().pid().orElseThrow() + ""),
        "what was executed later is in it as well");
    container.update(NO_LIMITS, schemata("L3:0=f", ""));
    assertEquals("L3:0=f\n", resctrl.read("a/schemata"));
    container.update(NO_LIMITS, schemata("L3:0=3", "MB:0=70"));
    assertEquals("L3:0=3\nMB:0=70\n", resctrl.read("a/schemata"));
  }

  @Test
  void aContainerWithoutAClassIsRefusedInWords() {
    Container container = create(Optional.empty());
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> container.update(NO_LIMITS, schemata("L3:0=f", "MB:0=70")));
    assertTrue(e.getMessage().contains("made without linux.intelRdt"), e.getMessage());
    assertFalse(resctrl.has("a"));
  }

  @Test
  void aSchemaThatIsNoneIsRefusedByItsName() throws Exception {
    Container container = create(Optional.of(schemata("L3:0=ff", "MB:0=20")));
    CarafeException e =
        assertThrows(
            InvalidInputException.class,
            () -> container.update(NO_LIMITS, schemata("L3:0=f", "70")));
    assertTrue(e.getMessage().contains("memBwSchema"), e.getMessage());
    assertEquals("L3:0=ff\nMB:0=20\n", resctrl.read("a/schemata"));
  }
}
