package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The lines of {@code /proc/self/mountinfo}, with all that may stand in them. */
final class MountInfoTest {
  private static MountInfo one(String line) {
    List<MountInfo> all = MountInfo.parse(line);
    assertEquals(1, all.size(), line);
    return all.get(0);
  }

  @Test
  void aLineHasNoneOrManyOptionalFields() {
    for (String optional :
        List.of("", "shared:1 ", "shared:2 master:3 propagate_from:4 unbindable ")) {
      MountInfo mount =
          one("36 35 98:0 /mnt1 /mnt2 rw " + optional + "- ext4 /dev/vda rw,errors=x\n");
      assertEquals(36, mount.id());
      assertEquals("/mnt1", mount.root());
      assertEquals("/mnt2", mount.point());
      assertEquals("ext4", mount.type());
      assertTrue(mount.isType("ext4"));
      assertEquals("rw,errors=x", mount.superOptions());
    }
  }

  @Test
  void whatIsEscapedIsReadBack() {
    MountInfo mount =
        one("1 0 0:9 /a\\134b /with\\040space\\011and\\012more rw - tmpfs x\\040y rw");
    assertEquals("/a\\b", mount.root());
    assertEquals("/with space\tand\nmore", mount.point());
  }

  @Test
  void aNameWithADashIsNoSeparatorAndATypeIsAWholeWord() {
    MountInfo mount = one("1 0 0:9 / /a/-/b\\040-\\040c rw - cgroup2 none rw\n");
    assertEquals("/a/-/b - c", mount.point());
    assertTrue(mount.isType("cgroup2"));
    assertFalse(mount.isType("cgroup"));
  }

  @Test
  void aLineThatIsCutOffHasEmptyFieldsOrNone() {
    assertEquals("", one("1 0 0:9 / /a rw - proc").superOptions());
    assertTrue(one("1 0 0:9 / /a rw - proc").isType("proc"));
    assertEquals(List.of(), MountInfo.parse("1 0 0:9 / /a rw\n\nbroken\n"));
  }

  @Test
  void theKernelsOwnAreRead() {
    boolean proc = false;
    for (MountInfo each : MountInfo.read()) {
      proc |= each.isType("proc") && each.point().equals("/proc") && each.isVisible();
    }
    assertTrue(proc, "/proc is mounted");
  }
}
