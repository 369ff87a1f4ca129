package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.runtime.cgroup.CgroupMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A root that is the host's file system under a throw-away overlay. */
final class HostOverlayTest {
  private final TestRoot root;
  private final Path mounted;

  HostOverlayTest() throws IOException {
    root = new TestRoot();
    mounted = root.directory("mounted");
    root.options(new RootOptions(false, true, new CgroupMounts(false, java.util.List.of())));
  }

  @BeforeEach
  void mountAFileSystemOfTheHost() throws IOException {
    HostMount.mount("tmpfs", mounted, "tmpfs", 0);
    Files.writeString(mounted.resolve("file"), "mounted");
  }

  @AfterEach
  void remove() throws IOException {
    HostMount.unmount(mounted);
    root.close();
  }

  @Test
  void theHostsFilesAreThereAndWhatIsWrittenIsGone() throws IOException {
    String name = "carafe-overlay-" + ProcessHandle.current().pid();
    String output =
        root.run(
                "busybox test -f /bin/busybox && echo there; echo new > /"
                    + name
                    + " && busybox cat /"
                    + name
                    + "; echo new > /etc/"
                    + name
                    + "; busybox cat /proc/self/mountinfo")
            .output();
    assertTrue(output.startsWith("there\nnew\n"), output);
    assertTrue(TestRoot.mountLine(output, "/").contains(" - overlay carafe "), output);
    assertFalse(Files.exists(Path.of("/" + name)));
    assertFalse(Files.exists(Path.of("/etc/" + name)));
  }

  @Test
  void otherFileSystemsOfTheHostAreReadOnly() throws IOException {
    String output =
        root.run("busybox cat " + mounted + "/file; echo x > " + mounted + "/file").output();
    assertTrue(output.startsWith("mounted"), output);
    assertTrue(output.contains("Read-only file system"), output);
    assertEquals("mounted", Files.readString(mounted.resolve("file")));
  }

  @Test
  void theHostsMountsAreUntouched() throws IOException {
    String before = Files.readString(Path.of("/proc/self/mountinfo"));
    String[] during = new String[1];
    root.between(init -> during[0] = Files.readString(Path.of("/proc/self/mountinfo")));
    assertEquals(0, root.run("true").code());
    assertEquals(before, during[0]);
  }

  @Test
  void aUserNamespaceIsRefused() throws IOException {
    root.userNamespace();
    assertEquals(
        "linux.namespaces: the host's root cannot be had in a user namespace", root.failure());
  }
}
