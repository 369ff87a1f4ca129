package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Paths of a configuration, before the kernel resolves them. */
final class ContainerPathTest {

  @ParameterizedTest
  @CsvSource({
    "/,/",
    "'',/",
    ".,/",
    "..,/",
    "/a,/a",
    "a,/a",
    "a/b/,/a/b",
    "//a///b,/a/b",
    "/a/./b,/a/b",
    "/a/../b,/b",
    "/../../etc,/etc",
    "/a/b/../../../..,/",
    "/...,/..."
  })
  void isCleanedAndCannotClimbOut(String written, String clean) {
    assertEquals(clean, ContainerPath.of(written).toString());
  }

  @Test
  void hasParts() {
    ContainerPath path = ContainerPath.of("/dev/net/tun");
    assertEquals("tun", path.name());
    assertEquals("/dev/net", path.parent().toString());
    assertEquals("dev/net", path.relative(2));
    assertEquals(".", path.relative(0));
    assertTrue(path.isBelow(ContainerPath.of("/dev")));
    assertFalse(ContainerPath.of("/device").isBelow(ContainerPath.of("/dev")));
    assertFalse(path.isBelow(path));
    assertEquals(List.of("dev", "net", "tun", "x"), path.child("x").parts());
  }
}
