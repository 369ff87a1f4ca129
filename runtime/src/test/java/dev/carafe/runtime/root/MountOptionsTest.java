package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Mount;
import dev.carafe.runtime.root.MountOptions.Spread;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of options. */
final class MountOptionsTest {

  private static MountOptions parse(String... options) {
    return MountOptions.parse("/x", List.of(options));
  }

  @ParameterizedTest
  @CsvSource({
    "ro,1,0",
    "rw,0,1",
    "nosuid,2,0",
    "suid,0,2",
    "nodev,4,0",
    "dev,0,4",
    "noexec,8,0",
    "exec,0,8",
    "noatime,16,112",
    "strictatime,32,112",
    "relatime,0,112",
    "atime,0,112",
    "norelatime,0,112",
    "nostrictatime,0,112",
    "nodiratime,128,0",
    "diratime,0,128",
    "nosymfollow,2097152,0",
    "symfollow,0,2097152"
  })
  void anAttributeIsSetOrClearedOnTheMountOrTheTree(String option, long set, long clear) {
    assertEquals(new Attributes(set, clear), parse(option).own());
    assertTrue(parse(option).tree().isEmpty());
    assertEquals(new Attributes(set, clear), parse("r" + option).tree());
    assertTrue(parse("r" + option).own().isEmpty());
    assertTrue(parse(option).data().isEmpty());
  }

  @Test
  void theLastOfTwoThatContradictCounts() {
    assertFalse(parse("ro", "rw").readOnly());
    assertTrue(parse("rw", "ro").readOnly());
    assertEquals(new Attributes(Mount.ATTR_NOATIME, 112), parse("strictatime", "noatime").own());
    assertEquals(List.of("async"), parse("sync", "async").superblock());
  }

  @Test
  void propagationIsKeptInItsOrder() {
    assertEquals(
        List.of(
            new Spread(Mount.SLAVE, true),
            new Spread(Mount.SHARED, false),
            new Spread(Mount.PRIVATE, true),
            new Spread(Mount.UNBINDABLE, false)),
        parse("rslave", "shared", "rprivate", "unbindable").spread());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "shared",
        "rshared",
        "slave",
        "rslave",
        "private",
        "rprivate",
        "unbindable",
        "runbindable"
      })
  void everyPropagationIsKnown(String option) {
    assertEquals(1, parse(option).spread().size());
    assertTrue(parse(option).data().isEmpty());
  }

  @Test
  void bindAndRemountAreNoAttributes() {
    assertTrue(parse("bind").bind());
    assertFalse(parse("bind").recursive());
    assertTrue(parse("rbind").recursive());
    assertTrue(parse("remount").remount());
    assertTrue(parse("defaults", "silent", "loud").own().isEmpty());
    assertTrue(parse("defaults", "silent", "loud").data().isEmpty());
    assertEquals(List.of(), parse("iversion", "noiversion").superblock());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand"})
  void flagsOfTheFileSystemAreKeptApart(String option) {
    assertEquals(List.of(option), parse(option).superblock());
  }

  @ParameterizedTest
  @ValueSource(strings = {"size=64k", "mode=0755", "newinstance", "relatimes", "r", "RO", "uid=0"})
  void whatIsNotKnownBelongsToTheFileSystem(String option) {
    assertEquals(List.of(option), parse(option).data());
  }

  @Test
  void anEmptyOptionIsRefused() {
    assertThrows(InvalidConfigException.class, () -> parse(""));
  }
}
