package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What mounts promise to somebody who runs whole containers. */
final class VolumeTest {
  private static final String ID = "volume-" + ProcessHandle.current().pid();

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before each test.
  private Ground ground;

  @SuppressWarnings("NullAway.Init")
  private Bundle bundle;

  @SuppressWarnings("NullAway.Init")
  private Path source;

  @BeforeEach
  void open() throws Exception {
    ground = new Ground();
    bundle = ground.bundle("bundle").args("/bin/sleep", "1000");
    source = ground.directory("source");
    Files.writeString(source.resolve("file"), "of the host\n");
  }

  @AfterEach
  void close() {
    for (String id : List.of(ID, ID + "b")) {
      ground.carafe("delete", "--force", id);
    }
    ground.close();
  }

  private String run(String script) {
    bundle.script(script);
    return ground.carafe("run", "-b", bundle.path(), ID).ok().out();
  }

  private void up(String id) {
    ground.sh("carafe run -d -b \"$1\" $2 </dev/null >/dev/null 2>&1", bundle.path(), id).ok();
  }

  private String exec(String id, String script) {
    return ground.sh("exec carafe exec $1 sh -c \"$2\"", id, script).ok().out();
  }

  @Test
  void missingDestinationsAreCreated() {
    bundle.mount("/new/deep/directory", "bind", source.toString(), "bind");
    bundle.mount("/new/deep/file", "bind", source + "/file", "bind");
    bundle.mount("/new/memory", "tmpfs", "tmpfs");
    bundle.mount("/new/memory/below/more", "tmpfs", "tmpfs");
    assertEquals(
        "of the host\nof the host\n3\n",
        run(
            "cat /new/deep/directory/file /new/deep/file;"
                + " mount | busybox grep -c -E '/new/(deep/directory|memory|memory/below/more) '"));
    assertTrue(Files.isRegularFile(bundle.in("new/deep/file")));
  }

  @Test
  void aReadOnlyRootAndReadOnlyMountsRefuseWritingAndOthersDoNot() {
    bundle.top("root", "{\"path\":\"rootfs\",\"readonly\":true}");
    bundle.mount("/tmp/bind", "bind", source.toString(), "bind", "ro");
    bundle.mount("/tmp/write", "bind", source.toString(), "bind");
    bundle.mount("/etc", "tmpfs", "tmpfs", "ro");
    bundle.mount("/dev/shm", "tmpfs", "tmpfs");
    bundle.script(
        "for d in '' /tmp /tmp/bind /etc /tmp/write /dev/shm; do (>$d/x) 2>&1; done;"
            + " mount -o remount,rw / 2>/dev/null; echo $?");
    String out = ground.carafe("run", "-b", bundle.path(), ID).ok().out();
    StringBuilder wanted = new StringBuilder();
    for (String each : List.of("", "/tmp", "/tmp/bind", "/etc")) {
      wanted.append("can't create " + each + "/x: Read-only file system\n");
    }
    assertEquals(wanted + "1\n", out.replace("/bin/sh: ", "").replaceAll("line \\d+: ", ""));
    assertTrue(Files.exists(source.resolve("x")), "written by the mount that may be");
    assertFalse(Files.exists(bundle.in("tmp/x")));
  }

  @Test
  void symlinksInADestinationResolveInside() throws Exception {
    Path outside = ground.directory("outside");
    bundle.link("absolute", outside.toString());
    bundle.link("climbing", "../../../../../../../.." + outside);
    bundle.mount("/absolute/place", "bind", source.toString(), "bind");
    bundle.mount("/climbing/other", "tmpfs", "tmpfs");
    String inside = outside.toString();
    assertEquals(
        "of the host\n" + inside + "/other\n" + inside + "/place\n",
        run(
            "cat /absolute/place/file; mount | busybox cut -d' ' -f3 | busybox grep outside | busybox sort"));
    assertTrue(Files.isDirectory(bundle.in(inside.substring(1) + "/place")));
    try (var left = Files.list(outside)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void aSlaveMountReceivesAndAPrivateOneDoesNot() {
    Shell.run("mount --bind \"$1\" \"$1\" && mount --make-shared \"$1\"", source).ok();
    try {
      Shell.run("mkdir \"$1/later\"", source).ok();
      bundle.mount("/slave", "bind", source.toString(), "rbind", "rslave");
      bundle.mount("/private", "bind", source.toString(), "rbind", "rprivate");
      up(ID);
      Shell.run("mount -t tmpfs later \"$1/later\" && echo came >\"$1/later/new\"", source).ok();
      try {
        assertEquals(
            "came\n", exec(ID, "cat /slave/later/new; cat /private/later/new 2>/dev/null; true"));
        ground.sh("carafe exec --cap CAP_SYS_ADMIN $1 mount -t tmpfs own /slave/later", ID).ok();
        assertEquals(
            "later\n",
            Shell.run("awk -v at=\"$1/later\" '$2 == at { print $1 }' /proc/mounts", source)
                .ok()
                .out(),
            "what a slave mounts does not come here");
      } finally {
        Shell.run("umount \"$1/later\"", source).ok();
      }
    } finally {
      ground.carafe("delete", "--force", ID);
      Shell.run("umount \"$1\"", source).ok();
    }
  }

  @Test
  void aSharedVolumeShowsChangesBothWays() throws Exception {
    bundle.mount("/shared", "bind", source.toString(), "bind");
    up(ID);
    up(ID + "b");
    Files.writeString(source.resolve("file"), "changed by the host\n");
    for (String id : List.of(ID, ID + "b")) {
      assertEquals("changed by the host\n", exec(id, "cat /shared/file"));
    }
    String nothing = exec(ID, "echo by the first >/shared/new; busybox rm /shared/file");
    assertEquals("", nothing);
    assertEquals(
        "by the first\n", exec(ID + "b", "cat /shared/new; ls /shared/file 2>/dev/null; true"));
    assertEquals("by the first\n", Files.readString(source.resolve("new")));
    assertEquals("", exec(ID + "b", "echo and the second >>/shared/new"));
    assertEquals("by the first\nand the second\n", exec(ID, "cat /shared/new"));
  }
}
