package dev.carafe.runtime.root;

import static dev.carafe.runtime.root.HostMount.mount;
import static dev.carafe.runtime.root.HostMount.unmount;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Mount;
import dev.carafe.spec.Propagation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How mount events spread between the host and a container, from a shared mount of the host. */
final class PropagationTest {
  private static final String LOOK =
      "test -e /a/sub/file && echo received; mkdir -p /a/own;"
          + " mount -t tmpfs none /a/own || echo failed; cat /proc/self/mountinfo";

  private final TestRoot root;
  private final Path shared;

  PropagationTest() throws IOException {
    root = new TestRoot();
    shared = root.directory("shared");
  }

  @BeforeEach
  void makeASharedMount() throws IOException {
    mount("tmpfs", shared, "tmpfs", 0);
    mount("none", shared, "none", Mount.SHARED);
    Files.createDirectory(shared.resolve("sub"));
    Files.createDirectory(shared.resolve("own"));
  }

  @AfterEach
  void removeTheSharedMount() throws IOException {
    unmount(shared.resolve("own"));
    unmount(shared.resolve("sub"));
    unmount(shared);
    root.close();
  }

  /** Mounts on the host between the container's mounts and its start, and looks from inside. */
  private String lookAfterAHostMount() throws IOException {
    root.between(init -> {
      mount("tmpfs", shared.resolve("sub"), "tmpfs", 0);
      Files.writeString(shared.resolve("sub/file"), "");
    });
    return root.run(LOOK).output();
  }

  private boolean hostSeesTheContainersMount() throws IOException {
    String mounts = Files.readString(Path.of("/proc/self/mountinfo"));
    return !TestRoot.mountLine(mounts, shared.resolve("own").toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "slave,true,false,master:",
    "rslave,true,false,master:",
    "private,false,false,-",
    "rprivate,false,false,-",
    "unbindable,false,false,unbindable",
    "runbindable,false,false,unbindable",
    "shared,true,true,shared:",
    "rshared,true,true,shared:"
  })
  void aBindMountSpreadsAsItsOptionSays(String option, boolean receives, boolean sends, String tag)
      throws IOException {
    root.mount("/a", "none", shared.toString(), "rbind", option);
    String output = lookAfterAHostMount();
    assertFalse(output.contains("failed"), output);
    assertEquals(receives, output.contains("received"), output);
    assertEquals(sends, hostSeesTheContainersMount());
    String line = TestRoot.mountLine(output, "/a");
    assertTrue(line.contains(" " + tag) || (tag.equals("-") && !line.contains(":N")), line);
  }

  @Test
  void aBindMountReceivesAndDoesNotSendWhenNothingIsSaid() throws IOException {
    root.mount("/a", "none", shared.toString(), "rbind");
    String output = lookAfterAHostMount();
    assertTrue(output.contains("received"), output);
    assertFalse(hostSeesTheContainersMount());
  }

  @ParameterizedTest
  @ValueSource(strings = {"PRIVATE", "RPRIVATE", "UNBINDABLE"})
  void aBindMountOfAPrivateRootIsPrivateWhenNothingIsSaid(Propagation propagation)
      throws IOException {
    root.linux(root.linux().toBuilder().rootfsPropagation(propagation).build());
    root.mount("/a", "none", shared.toString(), "rbind");
    String output = lookAfterAHostMount();
    assertFalse(output.contains("received"), output);
    assertFalse(hostSeesTheContainersMount());
  }

  @ParameterizedTest
  @EnumSource(Propagation.class)
  void theRootSpreadsAsTheSpecSaysAndNeverToTheHost(Propagation propagation) throws IOException {
    // The root lies on the shared mount.
    Files.move(root.rootfs.resolve("bin"), root.bundle.resolve("bin"));
    Files.createDirectory(shared.resolve("bin"));
    Files.copy(Path.of("/bin/busybox"), shared.resolve("bin/busybox"));
    Files.createSymbolicLink(shared.resolve("bin/cat"), Path.of("busybox"));
    mount(shared.toString(), root.rootfs, "none", Mount.BIND);
    try {
      String before = Files.readString(Path.of("/proc/self/mountinfo"));
      root.linux(root.linux().toBuilder().rootfsPropagation(propagation).build());
      String output = root.run("cat /proc/self/mountinfo").output();
      String line = TestRoot.mountLine(output, "/");
      String fields = line.substring(0, line.indexOf(" - "));
      switch (propagation) {
        case SHARED, RSHARED -> assertTrue(fields.contains("shared:"), line);
        case SLAVE, RSLAVE -> {
          assertTrue(fields.contains("master:"), line);
          assertFalse(fields.contains("shared:"), line);
        }
        case PRIVATE, RPRIVATE -> {
          assertFalse(fields.contains("master:"), line);
          assertFalse(fields.contains("shared:"), line);
        }
        case UNBINDABLE, RUNBINDABLE -> assertTrue(fields.contains("unbindable"), line);
      }
      assertEquals(before, Files.readString(Path.of("/proc/self/mountinfo")));
    } finally {
      unmount(root.rootfs);
      Files.move(root.bundle.resolve("bin"), root.rootfs.resolve("bin"));
    }
  }

  @Test
  void aNewFileSystemSpreadsAsItsOptionSays() throws IOException {
    root.mount("/a", "tmpfs", "tmpfs", "shared").mount("/b", "tmpfs", "tmpfs", "unbindable");
    String output = root.run("cat /proc/self/mountinfo").output();
    assertTrue(TestRoot.mountLine(output, "/a").contains(" shared:"), output);
    assertTrue(TestRoot.mountLine(output, "/b").contains(" unbindable "), output);
  }
}
