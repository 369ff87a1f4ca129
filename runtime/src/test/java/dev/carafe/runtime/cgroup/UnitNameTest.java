package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a path names under systemd. */
final class UnitNameTest {

  @ParameterizedTest
  @CsvSource({
    "'', /system.slice/carafe-id.scope",
    "::x, /system.slice/x.scope",
    "system.slice:docker:x, /system.slice/docker-x.scope",
    "a-b-c.slice:cri:x, /a.slice/a-b.slice/a-b-c.slice/cri-x.scope",
    "-.slice:p:x, /p-x.scope",
    "a.slice:p:a-b.slice, /a.slice/a-b.slice",
  })
  void isBelowItsSlices(String path, String expected) {
    assertEquals(expected, UnitName.of(path, "id", false).path());
  }

  @Test
  void aUsersIsInTheSliceForPrograms() {
    assertEquals("/user.slice/carafe-id.scope", UnitName.of("", "id", true).path());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a/b",
        "a",
        "a:b",
        "a:b:c:d",
        "a.slice:b:",
        ".slice:b:c",
        "a:b:c",
        "-a.slice:b:c",
        "a-.slice:b:c",
        "a--b.slice:b:c",
        "a/b.slice:c:d",
        "a.slice:../x:y",
        "a.slice:b:c d"
      })
  void whatCannotBeAUnitIsRefused(String path) {
    CgroupException e =
        assertThrows(CgroupException.class, () -> UnitName.of(path, "id", false).path());
    assertTrue(e.reason().startsWith("linux.cgroupsPath: "), e.reason());
  }
}
