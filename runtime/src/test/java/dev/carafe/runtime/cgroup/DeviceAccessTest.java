package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.spec.DeviceRule;
import dev.carafe.spec.DeviceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What device rules come to. */
final class DeviceAccessTest {
  static final DeviceRule DENY_ALL = rule(false, Optional.empty(), -1, -1, "rwm");
  static final DeviceRule ALLOW_ALL = rule(true, Optional.of(DeviceType.ALL), -1, -1, "rwm");

  static DeviceRule rule(
      boolean allow, Optional<DeviceType> type, long major, long minor, String access) {
    return new DeviceRule(
        allow,
        type,
        major < 0 ? OptionalLong.empty() : OptionalLong.of(major),
        minor < 0 ? OptionalLong.empty() : OptionalLong.of(minor),
        Optional.of(access));
  }

  static DeviceRule character(boolean allow, long major, long minor, String access) {
    return rule(allow, Optional.of(DeviceType.CHARACTER), major, minor, access);
  }

  private static List<String> exceptions(DeviceRule... rules) {
    List<String> words = new ArrayList<>();
    for (DeviceAccess.Rule each : DeviceAccess.of(List.of(rules)).exceptions()) {
      words.add(each.words());
    }
    return words;
  }

  @Test
  void withoutRulesOnlyTheDefaultDevicesAreAllowed() {
    assertFalse(DeviceAccess.of(List.of()).allowsRest());
    assertEquals(
        List.of(
            "c *:* m",
            "b *:* m",
            "c 1:3 rwm",
            "c 1:8 rwm",
            "c 1:7 rwm",
            "c 5:0 rwm",
            "c 1:5 rwm",
            "c 1:9 rwm",
            "c 136:* rwm",
            "c 5:2 rwm",
            "c 10:200 rwm"),
        exceptions(DENY_ALL));
  }

  @Test
  void whatAllowsAllDeniesNothing() {
    DeviceAccess access = DeviceAccess.of(List.of(DENY_ALL, ALLOW_ALL));
    assertTrue(access.deniesNothing());
    assertEquals(List.of(), access.exceptions());
  }

  @Test
  void aLaterRuleTakesBackAnEarlierOne() {
    List<String> words =
        exceptions(DENY_ALL, character(true, 10, 229, "rwm"), character(false, 10, 229, "w"));
    assertEquals("c 10:229 rm", words.get(0));
    assertFalse(
        exceptions(character(true, 10, 229, "rwm"), character(false, 10, -1, "rwm"))
            .contains("c 10:229 rwm"));
  }

  @Test
  void aRuleOfAllTypesWithANumberIsForBothTypes() {
    List<String> words = exceptions(rule(true, Optional.empty(), 7, -1, "r"));
    assertEquals(List.of("b 7:* r", "c 7:* r"), words.subList(0, 2));
  }

  @Test
  void version1CannotCutAPieceOutOfABroaderRule() {
    CgroupException e =
        assertThrows(
            CgroupException.class,
            () -> exceptions(character(true, 10, -1, "rw"), character(false, 10, 229, "rwm")));
    assertTrue(e.reason().contains("\"c 10:229 rwm\""), e.reason());
  }

  @Test
  void theDefaultDevicesSurviveADenialInAnAllowedRest() {
    assertEquals(List.of(), exceptions(ALLOW_ALL, character(false, 1, 3, "rwm")));
    // Any node may be made, so that much is taken back.
    assertEquals(List.of("c 10:229 rw"), exceptions(ALLOW_ALL, character(false, 10, 229, "rwm")));
  }

  @Test
  void wrongRulesAreRefusedByPlace() {
    List<DeviceRule> wrong =
        List.of(
            character(true, 1, 3, "rx"),
            character(true, 1, 3, ""),
            new DeviceRule(
                true,
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty()),
            character(true, 1L << 32, 3, "r"),
            rule(true, Optional.of(DeviceType.FIFO), 1, 3, "r"));
    for (DeviceRule each : wrong) {
      CgroupException e =
          assertThrows(
              CgroupException.class, () -> DeviceAccess.of(List.of(DENY_ALL, each)).rules());
      assertTrue(e.reason().startsWith("linux.resources.devices[1]."), e.reason());
    }
  }

  @Test
  void theProgramHasTheSizeThatItsRulesNeed() {
    byte[] program = DeviceProgram.assemble(DeviceAccess.of(List.of(DENY_ALL)));
    assertEquals(0, program.length % 8);
    // Eleven default rules, of which nine name a major and eight a minor number, and the frame.
    assertEquals(8 + 11 * 5 + 9 + 8, program.length / 8);
  }
}
