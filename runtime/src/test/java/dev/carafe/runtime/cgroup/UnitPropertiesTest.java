package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.carafe.runtime.systemd.Systemd.Property;
import dev.carafe.runtime.systemd.Value;
import dev.carafe.spec.Cpu;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Resources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What systemd is told. */
final class UnitPropertiesTest {
  private static final OptionalLong NONE = OptionalLong.empty();
  private static final Resources LIMITS =
      Resources.builder()
          .memory(Memory.of(OptionalLong.of(1 << 20), OptionalLong.of(3 << 20)))
          .cpu(
              new Cpu(
                  OptionalLong.of(1024),
                  OptionalLong.of(20_001),
                  NONE,
                  OptionalLong.of(100_000),
                  NONE,
                  NONE,
                  Optional.of("0-1,9"),
                  Optional.of("0"),
                  NONE))
          .pids(new Pids(OptionalLong.of(-1)))
          .build();

  private static List<String> shown(UnitProperties properties) {
    List<String> all = new ArrayList<>();
    for (Property each : properties.all()) {
      all.add(each.name() + "=" + shown(each.value()));
    }
    return all;
  }

  private static String shown(Value value) {
    return switch (value) {
      case Value.Scalar scalar -> Long.toUnsignedString(scalar.bits());
      case Value.Text text -> text.text();
      case Value.Variant variant -> shown(variant.value());
      case Value.Struct struct -> struct.fields().stream().map(v -> shown(v)).toList().toString();
      case Value.Array array -> array.values().stream().map(v -> shown(v)).toList().toString();
    };
  }

  private static List<String> v2(int version, Resources resources) {
    Changes changes = new Changes(_ -> {});
    new LimitsV2((controller, _) -> "/" + controller, changes).add(resources);
    UnitProperties to = new UnitProperties(version);
    to.addLimits(changes);
    return shown(to);
  }

  @Test
  void limitsOfVersion2() {
    assertEquals(
        List.of(
            "MemoryMax=1048576",
            "MemorySwapMax=2097152",
            "CPUWeight=100",
            "TasksMax=18446744073709551615",
            "AllowedCPUs=[3, 2, 0, 0, 0, 0, 0, 0]",
            "AllowedMemoryNodes=[1, 0, 0, 0, 0, 0, 0, 0]",
            "CPUQuotaPeriodUSec=100000",
            // Rounded up to what systemd counts in.
            "CPUQuotaPerSecUSec=210000"),
        v2(252, LIMITS));
  }

  @Test
  void anOlderSystemdIsNotToldWhatItDoesNotKnow() {
    List<String> told = v2(241, LIMITS);
    assertEquals(5, told.size(), told.toString());
    assertEquals("CPUQuotaPerSecUSec=210000", told.get(4));
  }

  @Test
  void limitsOfVersion1() {
    Changes changes = new Changes(_ -> {});
    new LimitsV1((controller, _) -> "/" + controller, changes).add(LIMITS);
    UnitProperties to = new UnitProperties(252);
    to.addLimits(changes);
    List<String> told = shown(to);
    assertTrue(
        told.containsAll(
            List.of("MemoryLimit=1048576", "CPUShares=1024", "CPUQuotaPerSecUSec=210000")),
        told.toString());
  }

  @Test
  void whatUnifiedNamesIsToldToo() {
    Resources resources =
        Resources.builder()
            .unified(Map.of("memory.high", "max", "cpu.max", "max 50000", "pids.max", "7"))
            .build();
    List<String> told = v2(252, resources);
    assertEquals(
        List.of(
            "MemoryHigh=18446744073709551615",
            "TasksMax=7",
            "CPUQuotaPeriodUSec=50000",
            "CPUQuotaPerSecUSec=18446744073709551615"),
        told);
  }

  private static List<String> devices(DeviceAccess access) {
    UnitProperties to = new UnitProperties(252);
    to.addDevices(access, "Character devices:\n  1 mem\n136 pts\n\nBlock devices:\n136 other\n");
    return shown(to);
  }

  @Test
  void devicesAreNeverFewerThanOursAllows() {
    List<String> told = devices(DeviceAccess.of(List.of(DeviceAccessTest.DENY_ALL)));
    assertEquals("DevicePolicy=strict", told.get(0));
    assertEquals("DeviceAllow=[]", told.get(1));
    for (String each :
        List.of("[char-*, m]", "[block-*, m]", "[/dev/char/1:3, rwm]", "[char-pts, rwm]")) {
      assertTrue(told.get(2).contains(each), told.toString());
    }
    told =
        devices(
            DeviceAccess.of(
                List.of(
                    DeviceAccessTest.DENY_ALL,
                    DeviceAccessTest.character(true, 77, -1, "r"),
                    DeviceAccessTest.character(true, -1, 5, "w"))));
    assertTrue(told.get(2).contains("[char-*, r]"), told.toString());
    assertTrue(told.get(2).contains("[char-*, w]"), told.toString());
  }

  @Test
  void allDevicesAreLeftToOurFilter() {
    List<String> told = devices(DeviceAccess.of(List.of(DeviceAccessTest.ALLOW_ALL)));
    assertEquals(List.of("DevicePolicy=auto", "DeviceAllow=[]"), told);
  }

  @Test
  void annotationsAreProperties() {
    UnitProperties to = new UnitProperties(252);
    to.addAnnotations(
        Map.of("org.systemd.property.TimeoutStopSec", "1.5", "something.else", "nonsense"));
    assertEquals(List.of("TimeoutStopUSec=1500000"), shown(to));
    for (Map<String, String> wrong :
        List.of(
            Map.of("org.systemd.property.A", "1"),
            Map.of("org.systemd.property.Some-Thing", "1"),
            Map.of("org.systemd.property.TimeoutStopSec", "'a'"),
            Map.of("org.systemd.property.After", "["))) {
      String reason = UnitProperties.wrongAnnotation(wrong).orElse("");
      assertTrue(reason.startsWith("annotations.org.systemd.property."), reason);
    }
  }

  @Test
  void whereNoSystemdRunsThatIsSaid() {
    assumeFalse(Files.isDirectory(Path.of("/run/systemd/system")), "systemd runs here");
    CgroupException e =
        assertThrows(
            CgroupException.class,
            () ->
                Cgroups.detect()
                    .planSystemd(
                        Optional.empty(),
                        "id",
                        Map.of(),
                        Optional::empty,
                        new Cgroups.Options(false, _ -> {})));
    assertTrue(e.reason().contains("leave out --systemd-cgroup"), e.reason());
  }
}
