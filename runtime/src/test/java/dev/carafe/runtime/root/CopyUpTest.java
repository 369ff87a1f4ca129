package dev.carafe.runtime.root;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.root.TestRoot.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A tmpfs that begins with what the directory below it holds: the option {@code tmpcopyup}. */
final class CopyUpTest {
  private static final String LOOK =
      "cd /up && find . ! -name . -exec stat -c '%n %F %a %u:%g %h %s %t:%T %Y' {} +";

  private final TestRoot root;
  private final Path up;

  CopyUpTest() throws IOException {
    root = new TestRoot();
    up = Files.createDirectory(root.rootfs.resolve("up"));
  }

  @AfterEach
  void remove() throws IOException {
    // Java cannot remove what has no path.
    host("rm -rf deep");
    root.close();
  }

  /** Runs a script in the directory that is copied, on the host. */
  private String host(String script) throws IOException {
    Process process =
        new ProcessBuilder("/bin/sh", "-c", script)
            .directory(up.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertEquals(0, process.waitFor(), output);
      return output;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> sorted(String lines) {
    return lines.lines().sorted().toList();
  }

  @Test
  void allThatADirectoryHoldsIsCopiedWithWhatBelongsToIt() throws IOException {
    host(
        "mkdir -p sub/deeper; echo text > file; ln file sub/hard; ln -s /etc/passwd link;"
            + " ln -s nowhere sub/dangling; mkfifo -m 640 pipe; mknod -m 606 null c 1 3;"
            + " echo '#' > program; chown 5:6 program; chmod 6755 program; chown 7:8 sub;"
            + " chmod 1751 sub; chown -h 9:10 link; touch -d '2001-02-03 04:05:06' file sub/deeper;"
            + " touch -h -d '2002-02-03 04:05:06' link; touch -d '2003-02-03 04:05:06' sub");
    String before = host(LOOK.replace("cd /up", "true").replace("stat", "/bin/busybox stat"));
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup", "nosuid");
    Outcome outcome =
        root.run(
            LOOK
                + "; readlink link; readlink sub/dangling; cat sub/hard; echo > /up/new; echo > file");
    String links = "/etc/passwd\nnowhere\ntext\n";
    assertTrue(outcome.output().endsWith(links), outcome.output());
    assertEquals(
        sizesOfDirectoriesLeftOut(before),
        sizesOfDirectoriesLeftOut(outcome.output().replace(links, "")));
    assertFalse(Files.exists(up.resolve("new")));
    assertEquals("text\n", Files.readString(up.resolve("file")));
    assertEquals(List.of(), outcome.warnings());
  }

  private static List<String> sizesOfDirectoriesLeftOut(String lines) {
    return sorted(lines.replaceAll("(directory [^ ]+ [^ ]+ )[^ ]+ [^ ]+", "$1"));
  }

  @Test
  void extendedAttributesAreCopied() throws IOException {
    Files.writeString(up.resolve("file"), "x");
    Files.setAttribute(up.resolve("file"), "user:of.the.file", new byte[] {1, 2, 0, 3});
    Files.createDirectory(up.resolve("directory"));
    Files.setAttribute(up.resolve("directory"), "user:of.it", new byte[] {4});
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup");
    List<byte[]> found = new ArrayList<>();
    root.between(init -> {
      Path inside = Path.of("/proc/" + init.pid() + "/root" + up);
      found.add((byte[]) Files.getAttribute(inside.resolve("file"), "user:of.the.file"));
      found.add((byte[]) Files.getAttribute(inside.resolve("directory"), "user:of.it"));
    });
    root.run("true");
    assertEquals(List.of(1, 2, 0, 3), bytes(found.get(0)));
    assertEquals(List.of(4), bytes(found.get(1)));
  }

  private static List<Integer> bytes(byte[] array) {
    List<Integer> list = new ArrayList<>();
    for (byte each : array) {
      list.add((int) each);
    }
    return list;
  }

  @Test
  void manyEntriesAndLargeFilesAreCopiedWhole() throws IOException {
    host(
        "i=0; while [ $i -lt 700 ]; do echo $i > file-with-quite-a-long-name-$i; i=$((i+1)); done;"
            + " dd if=/dev/urandom of=large bs=1M count=9 2>/dev/null");
    String sum = host("cat * | md5sum");
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup");
    assertEquals("701\n" + sum, root.run("cd /up; ls | wc -l; cat * | busybox md5sum").output());
  }

  @Test
  void theHolesOfAFileStayHoles() throws IOException {
    host("truncate -s 8T holes; echo end >> holes");
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup", "size=1m");
    assertEquals(
        "8796093022212\nend\n",
        root.run("stat -c %s /up/holes; dd if=/up/holes bs=4k skip=2147483648 2>/dev/null")
            .output());
  }

  /** A path of 12,000 bytes, of which no call can be given the whole. */
  @Test
  void aDeepTreeIsCopied() throws IOException {
    String name = "d".repeat(200);
    host(
        "mkdir deep; cd deep; i=0; while [ $i -lt 60 ]; do mkdir "
            + name
            + "; cd -P ./"
            + name
            + " || exit 1; i=$((i+1)); done; echo bottom > file; ln file hard");
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup");
    assertEquals(
        "bottom\n",
        root.run(
                "cd /up/deep; i=0; while [ $i -lt 60 ]; do cd -P ./"
                    + name
                    + " || exit 1; i=$((i+1)); done; cat file")
            .output());
  }

  @Test
  void whatIsTooMuchForTheTmpfsIsAnErrorThatNamesIt() throws IOException {
    host("dd if=/dev/zero of=large bs=1M count=2 2>/dev/null");
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup", "size=1m");
    assertEquals(
        "copy /up up into its tmpfs (large): ENOSPC (No space left on device)", root.failure());
  }

  @Test
  void whatIsMountedThereBeforeIsCopiedToo() throws IOException {
    Path data = root.directory("data");
    Files.writeString(data.resolve("file"), "of a mount");
    root.mount("/up/below", "none", "data", "bind");
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup");
    assertEquals("of a mount", root.run("cat /up/below/file; rm /up/below/file").output());
    assertEquals("of a mount", Files.readString(data.resolve("file")));
  }

  @Test
  void linksInTheTreeLeadNowhereOnTheHost() throws IOException {
    Path secret = root.directory("outside").resolve("secret");
    Files.writeString(secret, "secret");
    Files.createSymbolicLink(up.resolve("directory"), secret.getParent());
    Files.createSymbolicLink(up.resolve("file"), secret);
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup");
    Outcome outcome = root.run("stat -c %F /up/directory /up/file; cat /up/file /up/directory/*");
    assertTrue(outcome.output().startsWith("symbolic link\nsymbolic link\n"), outcome.output());
    assertFalse(outcome.output().contains("secret\n"), outcome.output());
  }

  /** CVE-2021-30465: a directory is swapped for a link while it is copied. */
  @Test
  void aDirectoryThatIsSwappedAllTheTimeLeadsNowhereOnTheHost() throws Exception {
    Path outside = root.directory("outside");
    Files.writeString(outside.resolve("file"), "secret");
    Path place = Files.createDirectories(up.resolve("swap"));
    Files.writeString(place.resolve("file"), "inside");
    Path link = Files.createSymbolicLink(up.resolve("other"), outside);
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup");
    AtomicBoolean stop = new AtomicBoolean();
    Thread attacker =
        new Thread(() -> {
          while (!stop.get()) {
            Sys.renameat2(Fd.CWD, place.toString(), Fd.CWD, link.toString(), Sys.RENAME_EXCHANGE);
          }
        });
    attacker.start();
    List<String> errors = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        try {
          String output = root.run("cat /up/swap/file /up/other/file 2>/dev/null").output();
          assertFalse(output.contains("secret"), output);
        } catch (KernelException e) {
          errors.add(String.valueOf(e.getMessage()));
        }
      }
    } finally {
      stop.set(true);
      attacker.join();
    }
    for (String error : errors) {
      assertTrue(error.startsWith("copy /up up into its tmpfs ("), error);
    }
  }

  @Test
  void inAUserNamespaceUnmappedOwnersAndDevicesAreTold() throws IOException {
    root.userNamespace();
    host("echo x > mine; chown 100005:100006 mine; mknod null c 1 3; mkdir sub; chmod 755 . ..");
    host("chown 100000:100000 .. . sub null");
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup");
    Outcome outcome = root.run("cd /up; stat -c '%n %u:%g' . mine sub; ls null");
    assertTrue(
        outcome.output().startsWith(". 0:0\nmine 5:6\nsub 0:0\nls: null: "), outcome.output());
    assertEquals(
        List.of(
            "copy /up up into its tmpfs (null): devices are left out here, mknod answers EPERM"),
        outcome.warnings());
  }

  @Test
  void theDirectoryItselfHasModeAndOwnerUnlessTheOptionsSayThem() throws IOException {
    host("chown 3:4 .; chmod 2710 .");
    root.mount("/up", "tmpfs", "tmpfs", "tmpcopyup");
    assertEquals("2710 3:4\n", root.run("stat -c '%a %u:%g' /up").output());
    root.remount("/up", "tmpfs", "tmpfs", "tmpcopyup", "mode=1755", "uid=6");
    assertEquals("1755 6:0\n", root.run("stat -c '%a %u:%g' /up").output());
  }

  @Test
  void aDirectoryThatWasNotThereIsMadeAndHoldsNothing() throws IOException {
    root.mount("/not/there", "tmpfs", "tmpfs", "tmpcopyup");
    assertEquals("1777\n", root.run("stat -c %a /not/there; ls /not/there").output());
  }

  /** Without the option, the mode alone is the directory's, as under runc. */
  @Test
  void aTmpfsWithoutAModeHasThatOfTheDirectoryThatItCovers() throws IOException {
    host("echo x > file; chown 3:4 .; chmod 1750 .");
    root.mount("/up", "tmpfs", "tmpfs").mount("/new", "tmpfs", "tmpfs");
    assertEquals("1750 0:0\n1777 0:0\n", root.run("stat -c '%a %u:%g' /up /new; ls /up").output());
  }

  @ParameterizedTest
  @CsvSource({"none,bind", "proc,rw", "tmpfs,remount"})
  void itIsForANewTmpfsOnly(String type, String option) {
    root.mount("/up", type, "/tmp", option, "tmpcopyup");
    InvalidConfigException refused =
        assertThrows(InvalidConfigException.class, () -> root.run("true"));
    assertEquals(
        "mount on /up: the option tmpcopyup is for a new tmpfs only", refused.getMessage());
  }
}
