package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.linux.MountInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a container with the host's root sees of the host. */
final class HostMountsTest {

  @Test
  void realFileSystemsOutsideOfTheContainersOwnPlacesAreShown() {
    String text =
        """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
        24 27 0:6 / /dev rw - devtmpfs devtmpfs rw
        25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw
        30 27 254:1 / /home rw,relatime shared:2 master:3 - ext4 /dev/vdb rw
        31 27 254:2 / /mnt/with\\040space rw - xfs /dev/vdc rw
        32 27 0:40 / /run rw - tmpfs tmpfs rw
        33 32 0:41 / /run/user/0 rw - tmpfs tmpfs rw
        34 27 0:42 / /tmp rw - tmpfs tmpfs rw
        35 27 0:43 / /runner rw - btrfs /dev/vdd rw
        36 27 0:44 / /home rw - ext4 /dev/vde rw
        37 27 0:45 / /sys/kernel/tracing rw - tracefs tracefs rw
        38 27 0:46 / /boot/auto rw - autofs systemd-1 rw
        broken line
        """;
    assertEquals(
        List.of("/home", "/mnt/with space", "/tmp", "/runner"),
        HostMounts.realFileSystems(MountInfo.parse(text)));
  }
}
