package dev.carafe.runtime.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.runtime.state.StoredState.SandboxProcess;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import dev.carafe.spec.Hook;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Resources;
import dev.carafe.spec.SpecException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The text of the state file. */
final class StateCodecTest {
  private static final ProcessIdentity INIT = new ProcessIdentity(12, 3456789, "boot");

  private static final SandboxProcess SANDBOX =
      new SandboxProcess(new ProcessIdentity(7, 8, "b"), -3);

  private static StoredState full() {
    return StoredState.creating("web")
        .init(INIT)
        .cgroups(Map.of("pids", "/sys/fs/cgroup/pids/web"))
        .rdtGroups(List.of("/sys/fs/resctrl/web"))
        .resources(Resources.builder().pids(new Pids(OptionalLong.of(7))).build())
        .ownPidNamespace(true)
        .uid(1000)
        .ociVersion("1.3.0")
        .bundle("/bundle \udcff")
        .rootfs("/bundle/rootfs")
        .created("2026-11-23T16:00:00.000000000Z")
        .annotations(Map.of("key", "value \" \\ \n"))
        .poststart(List.of(new Hook("/a", List.of("a", "b"), List.of("X=1"), OptionalInt.of(3))))
        .poststop(List.of(new Hook("/b", List.of(), List.of(), OptionalInt.empty())))
        .started(true)
        .exit(9)
        .userLog(Optional.of("/logs/user \udcfe"))
        .oomScoreAdj(OptionalInt.of(-17))
        .sandbox(new SandboxRef("pod", "instance", Optional.of(SANDBOX)))
        .gofer(new ProcessIdentity(9, 10, "b"))
        .build();
  }

  @Test
  void whatIsWrittenIsRead() {
    StoredState state = full();
    assertEquals(state, StateCodec.decode(StateCodec.encode(state), "state.json"));
    StoredState least = new StoredState.Builder("a").build();
    assertEquals(least, StateCodec.decode(StateCodec.encode(least), "state.json"));
  }

  @Test
  void noPrefixOfAStateIsAStateAndWhatStandsFirstIsSalvaged() {
    byte[] text = StateCodec.encode(full());
    int found = 0;
    for (int i = 0; i < text.length; i++) {
      byte[] cut = Arrays.copyOf(text, i);
      assertThrows(SpecException.class, () -> StateCodec.decode(cut, "state.json"));
      Salvage salvage = StateCodec.salvage(cut);
      if (salvage.init().isPresent()) {
        assertEquals(INIT, salvage.init().get());
        found++;
      }
    }
    assertTrue(found > text.length / 2, found + " of " + text.length);
  }

  @Test
  void aLaterFormatAndAnUnknownTransitionAreRefusedAndNewFieldsPassedOver() {
    String text = new String(StateCodec.encode(full()), StandardCharsets.UTF_8);
    refused(text.replace("\"version\":1", "\"version\":2"), "written by another Carafe");
    refused(text.replace("\"creating\"", "\"resting\""), "unknown transition");
    refused(text.replace("\"pid\":12", "\"pid\":-12"), "above 0");
    StoredState read =
        StateCodec.decode(
            text.replace("\"uid\"", "\"later\":{\"a\":[1]},\"uid\"")
                .getBytes(StandardCharsets.UTF_8),
            "state.json");
    assertEquals(full().bundle(), read.bundle());
  }

  private static void refused(String text, String why) {
    SpecException e =
        assertThrows(
            SpecException.class,
            () -> StateCodec.decode(text.getBytes(StandardCharsets.UTF_8), "state.json"));
    assertTrue(String.valueOf(e.getMessage()).contains(why), e.getMessage());
  }
}
