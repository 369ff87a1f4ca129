package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.MountInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whose a process is that has ended, by the cgroup that it tells. */
final class MembersTest {
  private static boolean isPlace(String root, String told, String directory) {
    List<MountInfo> mounts =
        MountInfo.parse(
            "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                + "32 31 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                + "41 31 0:38 "
                + root
                + " /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    return Members.isPlace(mounts, told, directory);
  }

  @Test
  void theWholePathCountsNotItsEnd() {
    assertTrue(isPlace("/", "/pods/web", "/sys/fs/cgroup/unified/pods/web"));
    assertFalse(isPlace("/", "/web", "/sys/fs/cgroup/unified/pods/web"));
    assertFalse(isPlace("/", "/", "/sys/fs/cgroup/unified/pods/web"));
    assertFalse(isPlace("/", "/", "/sys/fs/cgroup/unified"));
    assertFalse(isPlace("/", "/pods/web", "/sys/fs/cgroup/pids/pods/web"), "of version 1");
    assertFalse(isPlace("/", "/pods/web", ""));
  }

  @Test
  void aMountThatShowsAPartIsCountedFromItsRoot() {
    assertTrue(isPlace("/box", "/box/pods/web", "/sys/fs/cgroup/unified/pods/web"));
    assertFalse(isPlace("/box", "/pods/web", "/sys/fs/cgroup/unified/pods/web"));
  }
}
