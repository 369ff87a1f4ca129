package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.TestRoot.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mounts and their options, as the container sees them. */
final class MountsTest {
  private final TestRoot root;
  private final Path data;

  MountsTest() throws IOException {
    root = new TestRoot();
    data = root.directory("data");
    Files.writeString(data.resolve("file"), "of the host");
  }

  @AfterEach
  void remove() throws IOException {
    root.close();
  }

  private String run(String script) throws IOException {
    Outcome outcome = root.run(script);
    return outcome.output();
  }

  private Set<String> optionsOf(String point) throws IOException {
    return new HashSet<>(TestRoot.mountOptions(run("cat /proc/self/mountinfo"), point));
  }

  // ---- bind mounts

  @Test
  void aDirectoryIsBoundOnADirectoryThatIsMade() throws IOException {
    root.mount("/a/b/c", "bind", "data", "rbind");
    assertEquals("of the host", run("cat /a/b/c/file; touch /a/b/c/made"));
    assertTrue(Files.exists(data.resolve("made")));
    Files.delete(data.resolve("made"));
    assertTrue(Files.isDirectory(root.rootfs.resolve("a/b/c")));
  }

  @Test
  void aFileIsBoundOnAFileThatIsMade() throws IOException {
    root.mount("/etc/conf/file", "none", data.resolve("file").toString(), "bind", "ro");
    assertEquals(
        "of the host", run("cat /etc/conf/file; echo x > /etc/conf/file").substring(0, 11));
    assertEquals("of the host", Files.readString(data.resolve("file")));
    assertTrue(Files.isRegularFile(root.rootfs.resolve("etc/conf/file")));
  }

  @Test
  void aTypeOfBindIsEnough() throws IOException {
    root.mount("/a", "bind", "data");
    assertEquals("of the host", run("cat /a/file"));
  }

  @Test
  void aFileOnADirectoryAndTheReverseAreErrors() throws IOException {
    Files.createDirectory(root.rootfs.resolve("dir"));
    root.file("file", "");
    root.mount("/dir", "none", data.resolve("file").toString(), "bind");
    String failure = root.failure();
    assertTrue(
        failure.contains("(the source is a file; is the destination a directory?): "), failure);
    root.mounts.removeLast();
    root.mount("/file", "none", data.toString(), "bind");
    failure = root.failure();
    assertTrue(failure.contains("(the destination is not a directory): ENOTDIR"), failure);
  }

  @ParameterizedTest
  @CsvSource({
    "ro,ro",
    "nosuid,nosuid",
    "nodev,nodev",
    "noexec,noexec",
    "noatime,noatime",
    "nodiratime,nodiratime",
    "nosymfollow,nosymfollow"
  })
  void anAttributeOfABindMountIsSet(String option, String shown) throws IOException {
    root.mount("/a", "none", "data", "rbind", option);
    assertTrue(optionsOf("/a").contains(shown));
  }

  @Test
  void anAttributeOfTheHostsMountIsKeptAndClearedOnRequest() throws IOException {
    // /proc as a bind source is restrictive enough: take a tmpfs of the container for the first
    // one.
    root.mount("/a", "tmpfs", "tmpfs", "noexec", "nosuid", "noatime");
    root.mount("/a", "tmpfs", "tmpfs", "remount", "bind", "nodev", "exec", "relatime");
    assertEquals(Set.of("rw", "nosuid", "nodev", "relatime"), optionsOf("/a"));
  }

  @Test
  void strictatimeIsTheAbsenceOfTheOthers() throws IOException {
    root.mount("/a", "none", "data", "bind", "strictatime");
    assertEquals(Set.of("rw"), optionsOf("/a"));
  }

  @Test
  void aBindMountWithoutRecursionLeavesOutWhatIsBelow() throws IOException {
    root.mount("/a", "tmpfs", "tmpfs");
    root.mount("/b", "none", "/dev", "bind");
    root.mount("/c", "none", "/dev", "rbind");
    String output = run("ls /b/pts /c/pts; cat /proc/self/mountinfo");
    assertEquals("", TestRoot.mountLine(output, "/b/pts"));
    assertFalse(TestRoot.mountLine(output, "/c/pts").isEmpty());
  }

  @Test
  void recursiveAttributesReachWhatIsBelow() throws IOException {
    root.mount("/a", "none", "/dev", "rbind", "rro", "rnoexec");
    root.mount("/b", "none", "/dev", "rbind", "ro");
    String output = run("cat /proc/self/mountinfo");
    assertTrue(TestRoot.mountOptions(output, "/a/pts").containsAll(List.of("ro", "noexec")));
    assertTrue(TestRoot.mountOptions(output, "/b").contains("ro"));
    assertTrue(TestRoot.mountOptions(output, "/b/pts").contains("rw"));
  }

  @Test
  void mountsNestAndLaterOnesLieOnTop() throws IOException {
    root.mount("/a", "tmpfs", "one");
    root.mount("/a/b", "none", "data", "bind", "ro");
    root.mount("/a/b", "tmpfs", "two");
    root.mount("/a/b/c", "none", "data", "bind");
    assertEquals("c\nof the host", run("ls /a/b; cat /a/b/c/file"));
    assertEquals(List.of("file"), Arrays.asList(String.valueOf(data.toFile().list()[0])));
  }

  @Test
  void procMayBeBoundFromAProcOnly() throws IOException {
    root.remount("/proc", "none", "data", "bind");
    assertTrue(
        root.failure().endsWith("\"/proc\" cannot be mounted because it is not of type proc"),
        root.failure());
    root.remount("/proc", "none", "/proc", "rbind");
    assertTrue(TestRoot.mountLine(run("cat /proc/mounts"), "x").isEmpty());
  }

  @Test
  void aFileOfProcIsReplaced() throws IOException {
    root.mount("/proc/uptime", "none", data.resolve("file").toString(), "bind");
    assertEquals("of the host", run("cat /proc/uptime"));
  }

  // ---- file systems

  @Test
  void aTmpfsHasItsSizeModeOwnerAndInodes() throws IOException {
    root.mount("/a", "tmpfs", "name", "size=1m", "mode=0712", "uid=12", "gid=34", "nr_inodes=10");
    String output =
        run(
            "stat -c '%a %u %g' /a; df -k /a | grep /a; for i in 1 2 3 4 5 6 7 8 9 10 11; do"
                + " touch /a/$i; done 2>&1 | head -1; dd if=/dev/zero of=/a/1 bs=2M count=1 2>&1");
    assertTrue(output.startsWith("712 12 34\nname "), output);
    assertTrue(output.contains(" 1024 "), output);
    assertTrue(output.contains("No space left on device"), output);
  }

  @Test
  void aReadOnlyTmpfsHoldsPlacesForOtherMounts() throws IOException {
    root.mount("/a", "tmpfs", "tmpfs", "ro", "mode=755");
    root.mount("/a/b/c", "none", "data", "bind");
    String output = run("touch /a/x; cat /a/b/c/file; cat /proc/self/mountinfo");
    assertTrue(output.startsWith("touch: /a/x: Read-only file system\nof the host"), output);
    assertTrue(TestRoot.mountOptions(output, "/a").contains("ro"));
  }

  @Test
  void flagsOfTheFileSystemItselfAreSet() throws IOException {
    root.mount("/a", "tmpfs", "tmpfs", "sync", "dirsync", "lazytime");
    String line = TestRoot.mountLine(run("cat /proc/self/mountinfo"), "/a");
    assertTrue(line.contains("rw,sync,dirsync,lazytime"), line);
  }

  @Test
  void anOverlayOfTwoDirectoriesIsMounted() throws IOException {
    Path upper = root.directory("upper");
    Path work = root.directory("work");
    root.mount(
        "/a", "overlay", "overlay", "lowerdir=" + data, "upperdir=" + upper, "workdir=" + work);
    assertEquals("of the host", run("cat /a/file; echo x > /a/new"));
    assertTrue(Files.exists(upper.resolve("new")));
    Files.deleteIfExists(work.resolve("work"));
  }

  @Test
  void aMountIsRemountedWithOtherDataAndReadOnly() throws IOException {
    root.mount("/a", "tmpfs", "tmpfs", "size=1m");
    root.mount("/a", "tmpfs", "tmpfs", "remount", "size=2m", "ro");
    String output = run("touch /a/x; cat /proc/self/mountinfo");
    assertTrue(output.contains("Read-only file system"), output);
    assertTrue(TestRoot.mountLine(output, "/a").endsWith(" ro,size=2048k"), output);
  }

  @Test
  void whatIsNotMountedCannotBeRemounted() throws IOException {
    root.mount("/nowhere", "none", "x", "remount", "bind", "ro");
    assertEquals("remount /nowhere: ENOENT (No such file or directory)", root.failure());
    Files.createDirectory(root.rootfs.resolve("nowhere"));
    assertEquals("remount /nowhere: EINVAL (Invalid argument)", root.failure());
  }

  @Test
  void aHundredPartsOfAPathAreMade() throws IOException {
    String deep = "/d".repeat(100);
    root.mount(deep, "tmpfs", "tmpfs");
    assertFalse(TestRoot.mountLine(run("cat /proc/self/mountinfo"), deep).isEmpty());
  }

  @Test
  void aPathWithHundredsOfPartsIsAnError() throws IOException {
    root.mount("/d".repeat(500), "tmpfs", "tmpfs");
    assertTrue(root.failure().endsWith(": ENAMETOOLONG (File name too long)"), root.failure());
    root.mounts.removeLast();
    String deep = "/d".repeat(127) + "/e";
    root.mount(deep, "tmpfs", "tmpfs");
    assertFalse(TestRoot.mountLine(run("cat /proc/self/mountinfo"), deep).isEmpty());
  }

  @Test
  void aThousandMountsNeedFewDescriptorsHereAndInTheAgent() throws IOException {
    for (int i = 0; i < 1000; i++) {
      root.mount("/m/" + i, "none", "data", "bind", "ro");
    }
    int before = Fd.openCount();
    int[] most = new int[1];
    root.before(init -> {
      // 48 descriptors at most: RLIMIT_NOFILE is 7.
      ByteBuffer limit = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
      limit.putLong(0, 48).putLong(8, 48);
      Batch batch = init.batch();
      Data both = batch.bytes(limit.array());
      batch.call("limit", Syscall.PRLIMIT64, Arg.ZERO, Arg.of(7), both, Arg.ZERO);
      init.run(batch);
    });
    root.wrap(e ->
        new dev.carafe.linux.Executor() {
          @Override
          public Batch batch() {
            return e.batch();
          }

          @Override
          public dev.carafe.linux.Reply run(Batch batch, Fd... passed) {
            most[0] = Math.max(most[0], Fd.openCount());
            return e.run(batch, passed);
          }
        });
    assertEquals("1000\n", run("grep -c ' /m/' /proc/self/mountinfo"));
    assertTrue(most[0] - before < 48, "open descriptors: " + (most[0] - before));
  }
}
