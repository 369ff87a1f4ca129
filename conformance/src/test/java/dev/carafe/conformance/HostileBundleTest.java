package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bundles whose image was made to get at the host. Each is refused or contained; after each, a
 * directory outside, the mounts, the cgroups and the device nodes of the host are as they were.
 */
final class HostileBundleTest {
  private final Ground ground = new Ground();
  private final Bundle bundle = ground.bundle("bundle");
  private final Path outside = ground.directory("outside");
  private String before = "";

  @BeforeEach
  void lookBefore() throws IOException {
    Files.writeString(outside.resolve("file"), "host");
    Files.createDirectory(outside.resolve("directory"));
    before = look();
  }

  @AfterEach
  void theHostIsAsItWas() {
    try {
      assertEquals(before, look());
    } finally {
      ground.close();
    }
  }

  private String look() {
    return Shell.run(
            "cd \"$1\" && find . -printf '%p %y %m %U:%G %s %l\\n' | sort; cat file;"
                + " cat /proc/self/mountinfo; find /sys/fs/cgroup -type d -name '*hostile*';"
                + " stat -c '%n %a %u %g %t %T' /dev/null /dev/zero /dev/full /dev/random"
                + " /dev/urandom /dev/tty /dev/ptmx /dev /proc /sys /tmp; ls /dev;"
                + " hostname; cat /proc/sys/kernel/core_pattern",
            outside)
        .ok()
        .out();
  }

  /** The container keeps its standard streams open: they are not the test's. */
  private Shell.Result create() {
    return ground.sh(
        "carafe create -b \"$1\" hostile </dev/null >\"$2\" 2>&1; code=$?;"
            + " [ $code = 0 ] || cat \"$2\" >&2; exit $code",
        bundle.path(),
        ground.path().resolve("said"));
  }

  private Shell.Result run() {
    return ground.carafe("run", "-b", bundle.path(), "hostile");
  }

  @ParameterizedTest
  @CsvSource({
    "proc, OUTSIDE", "proc, ../../outside/directory", "proc, /tmp", "proc, sys",
    "dev, OUTSIDE", "dev, ../../outside/directory", "dev, /tmp", "dev, /proc",
    "sys, OUTSIDE", "sys, ../../outside/directory", "sys, /tmp", "sys, /proc/sys"
  })
  void aSymbolicLinkForProcDevOrSysIsRefused(String name, String target) {
    bundle.link(name, target.replace("OUTSIDE", outside.toString())).script("true");
    Shell.Result result = run().refused();
    assertTrue(result.err().contains("/" + name), result.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"OUTSIDE", "../../outside", "../../../../../../../../..OUTSIDE"})
  void aSymbolicLinkForAMountsDestinationStaysInside(String target) {
    bundle
        .link("data", target.replace("OUTSIDE", outside.toString()))
        .mount("/data", "tmpfs", "tmpfs")
        .mount("/data/new/deep", "tmpfs", "tmpfs")
        .script("touch /data/escaped /data/new/deep/escaped");
    run();
  }

  @Test
  void aSymbolicLinkForABindMountsFileStaysInside() throws IOException {
    bundle
        .link("etc/hosts", outside + "/new")
        .link("etc/passwd", outside + "/file")
        .mount("/etc/hosts", "bind", outside + "/file", "bind", "ro")
        .mount("/etc/passwd", "bind", bundle.path() + "/config.json", "bind", "ro")
        .script("cat " + outside + "/new; echo changed >" + outside + "/file");
    Shell.Result result = run();
    assertTrue(result.out().startsWith("host"), result.out() + result.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/proc/self/root/x", "/proc/1/root/x", "/proc/self/cwd", "/proc/self/fd/3"})
  void aLinkThroughProcForAMountsDestinationIsRefused(String target) {
    bundle.link("data", target).mount("/data", "tmpfs", "tmpfs");
    run().refused();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/null", "/dev/tty", "/opt/device"})
  void aSymbolicLinkForADeviceDoesNotReachTheHost(String device) throws IOException {
    bundle.withoutMounts().link(device.substring(1), outside + "/file");
    device(device);
    bundle.script("echo changed >" + device);
    run().refused();
  }

  @Test
  void aSymbolicLinkForADevicesDirectoryStaysInside() {
    bundle.link("opt", outside.toString());
    device("/opt/device");
    bundle.script("echo to-the-device >/opt/device && stat -c %F /opt/device");
    run();
  }

  private void device(String path) {
    bundle.linux("devices", "[{\"type\":\"c\",\"path\":\"" + path + "\",\"major\":1,\"minor\":3}]");
  }

  @Test
  void aSymbolicLinkForTheConsoleDoesNotReachTheHost() {
    bundle
        .withoutMounts()
        .link("dev/console", outside + "/file")
        .process("terminal", "true")
        .script("echo changed >/dev/console");
    Shell.Result result =
        ground.sh(
            "timeout 20 script -qec 'carafe run -b \"$BUNDLE\" hostile' /dev/null </dev/null"
                .replace("\"$BUNDLE\"", bundle.path().toString()));
    assertFalse(result.out().contains("\tat "), result.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/../../../../../../..OUTSIDE/new", "../../outside/new", "a/../../../outside"})
  void dotsInAMountsDestinationStayInside(String destination) {
    bundle
        .mount(destination.replace("OUTSIDE", outside.toString()), "tmpfs", "tmpfs")
        .script("true");
    run();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../../hostile",
        "../hostile",
        "/a/../../../../hostile",
        "..",
        "/..",
        "/../../../../tmp/hostile"
      })
  void dotsInACgroupsPathStayInside(String cgroupsPath) throws IOException {
    bundle.linux("cgroupsPath", Bundle.quote(cgroupsPath)).script("sleep 30");
    Shell.Result result = create();
    if (result.code() != 0) {
      result.refused();
      return;
    }
    try {
      // Wherever it is, it is a cgroup of its own: not the one that we are in, nor the top.
      String pid =
          Shell.run("sed -n 's/.*\"pid\": *\\([0-9]*\\).*/\\1/p' \"$1\"", state())
              .ok()
              .out()
              .strip();
      String cgroups = Files.readString(Path.of("/proc", pid, "cgroup"));
      assertFalse(cgroups.contains(".."), cgroups);
      assertTrue(cgroups.contains(":pids:/"), cgroups);
      assertFalse(cgroups.contains(":pids:/\n"), cgroups);
    } finally {
      ground.carafe("delete", "--force", "hostile").ok();
    }
  }

  private Path state() throws IOException {
    Path file = ground.path().resolve("state");
    Files.writeString(file, ground.carafe("state", "hostile").ok().out());
    return file;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "../outside",
        "../../outside/x",
        "/",
        "/tmp/x",
        "a/b",
        "a/../b",
        "a b",
        "a\nb",
        "ä",
        "a:b",
        "a\tb",
        "$(id)",
        "*",
        "a\\b",
        "~"
      })
  void anIdThatIsNoNameIsRefusedByEveryCommand(String id) {
    for (String command : new String[] {"create", "run", "start", "state", "kill", "delete"}) {
      boolean makes = command.equals("create") || command.equals("run");
      Object[] words =
          makes ? new Object[] {command, "-b", bundle.path(), id} : new Object[] {command, id};
      ground.carafe(words).refused();
    }
    ground.carafe("delete", "--force", id).refused();
    assertFalse(Files.exists(ground.root().resolve("containers/outside")));
  }

  @Test
  void anIdThatIsVeryLongIsRefusedOrWorks() {
    for (int length : new int[] {200, 255, 256, 1025, 5000}) {
      Shell.Result result = ground.carafe("run", "-b", bundle.path(), "h".repeat(length));
      if (result.code() != 0) {
        result.refused();
      }
    }
  }

  /** CVE-2024-21626. The agent has fewer descriptors than that. */
  @Test
  void noDescriptorIsAWayOut() {
    for (int fd = 0; fd < 20; fd++) {
      assertNoWayOut("/proc/self/fd/" + fd);
    }
  }

  @Test
  void noDescriptorIsAWayOutByDetours() {
    bundle.link("link", "/proc/self/fd");
    for (int fd = 3; fd < 9; fd++) {
      assertNoWayOut("/link/" + fd + "/../../../../../../..");
      assertNoWayOut("/dev/fd/" + fd);
      assertNoWayOut("/proc/thread-self/fd/" + fd + "/../..");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/proc/self/cwd", "/proc/self/root", "/proc/1/root", "/proc/self/task/1/cwd",
            "/proc/self/ns",
        "/proc/self/map_files", "/../../../../..", "/bin/../../../..", "/escape", "/climb"
      })
  void noOtherWorkingDirectoryIsAWayOut(String cwd) {
    bundle.link("escape", "/proc/self/cwd/../../../../..").link("climb", "../../outside");
    assertNoWayOut(cwd);
  }

  /** Runs a program there that looks for the directory outside, in whatever way. */
  private void assertNoWayOut(String cwd) {
    String climb = "../../../../../../../../../..";
    bundle
        .cwd(cwd)
        .script(
            "for d in . .. ../.. "
                + climb
                + "; do test -e $d"
                + outside
                + "/file && echo OUT $d; test -e $d/outside/file && echo OUT; done; echo in");
    Shell.Result result = run();
    if (result.code() == 0) {
      assertEquals("in\n", result.out());
    } else {
      result.refused();
    }
  }

  @Test
  void theWorkingDirectoryOfTheCallerIsNoWayOut() {
    bundle.cwd("/proc/self/fd/7").script("echo in; ls");
    Shell.Result result =
        ground.sh(
            "cd \"$1\" && exec carafe run -b \"$2\" hostile 7<. 8</ 9</proc",
            outside,
            bundle.path());
    result.refused();
    bundle.cwd("/").script("ls -d ./bin && ls; ls /proc/self/fd/");
    result =
        ground.sh("cd \"$1\" && exec carafe run -b \"$2\" hostile 7<.", outside, bundle.path());
    assertTrue(result.ok().out().startsWith("./bin\n"), result.out());
    assertFalse(result.out().contains("directory\n"), result.out());
  }

  @Test
  void maskedAndReadOnlyPathsThatAreLinksDoNotTouchTheHost() {
    bundle
        .link("mask", outside + "/file")
        .link("mask2", outside + "/directory")
        .link("fixed", outside.toString())
        .linux("maskedPaths", "[\"/mask\",\"/mask2\",\"/../../outside/file\"]")
        .linux("readonlyPaths", "[\"/fixed\",\"/../../outside\"]")
        .script("true");
    run();
  }

  @ParameterizedTest
  @ValueSource(strings = {"fifo", "device", "directory", "endless", "huge", "loop"})
  void aPasswdFileThatIsNoneDoesNotHang(String kind) {
    // HOME is looked up in it, by a process that the image must not be able to hold up.
    String make =
        switch (kind) {
          case "fifo" -> "mkfifo etc/passwd";
          case "device" -> "mknod etc/passwd c 5 0";
          case "directory" -> "mkdir etc/passwd";
          case "endless" -> "mknod etc/passwd c 1 5";
          case "huge" -> "truncate -s 5G etc/passwd";
          default -> "ln -s passwd etc/passwd";
        };
    Shell.run("cd \"$1\" && " + make, bundle.in("")).ok();
    bundle.script("echo $HOME");
    assertEquals("/\n", run().ok().out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"fifo", "directory", "loop", "text", "exe", "fd", "exe-script"})
  void aProgramThatIsNoneIsRefusedWithoutHanging(String kind) {
    String make =
        switch (kind) {
          case "fifo" -> "mkfifo -m 755 prog";
          case "directory" -> "mkdir prog";
          case "loop" -> "ln -s prog prog";
          case "text" -> "echo text >prog; chmod 755 prog";
          case "exe" -> "ln -s /proc/self/exe prog";
          case "fd" -> "ln -s /proc/self/fd/4 prog";
          default -> "printf '#!/proc/self/exe\\n' >prog; chmod 755 prog";
        };
    Shell.run("cd \"$1\" && " + make, bundle.in("")).ok();
    bundle.args("/prog", "do", "--", "/bin/true");
    Shell.Result result = run();
    assertTrue(result.code() != 0, result.out());
    assertFalse(result.err().contains("\tat "), result.err());
  }

  /** CVE-2019-5736: what runs a container is a file that nobody can write. */
  @Test
  void theAgentsFileCannotBeWrittenFromInside() {
    String sum = Shell.run("sha256sum \"$1\"", Ground.program()).ok().out();
    bundle
        .script("true")
        .linux("namespaces", "[{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"network\"}]");
    create().ok();
    try {
      Shell.Result result =
          ground.sh(
              "p=$(carafe state hostile | sed -n 's/.*\"pid\": *\\([0-9]*\\).*/\\1/p');"
                  + " readlink /proc/$p/exe; cp -f /bin/true /proc/$p/exe 2>/dev/null;"
                  + " truncate -s 0 /proc/$p/exe 2>/dev/null; cmp /proc/$p/exe \"$1\"",
              Ground.program());
      assertEquals("/memfd:carafe (deleted)\n", result.ok().out());
    } finally {
      ground.carafe("delete", "--force", "hostile").ok();
    }
    assertEquals(sum, Shell.run("sha256sum \"$1\"", Ground.program()).ok().out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"fifo", "socket", "device"})
  void somethingOddInAMountsPlaceIsRefusedOrMountedOn(String kind) {
    String make =
        switch (kind) {
          case "fifo" -> "mkfifo place";
          case "socket" -> "timeout 1 nc -lU place; test -S place || mkfifo place";
          default -> "mknod place c 1 3";
        };
    Shell.run("cd \"$1\" && " + make, bundle.in("")).ok();
    bundle.mount("/place", "bind", outside + "/file", "bind", "ro").script("cat /place");
    Shell.Result result = run();
    if (result.code() == 0) {
      assertEquals("host", result.out());
    } else {
      result.refused();
    }
  }

  @Test
  void aRootThatIsALinkToTheHostsRootIsTheCallersChoiceAndNothingIsUnmounted() {
    Shell.run("rm -rf \"$1\" && ln -s . \"$1\"", bundle.in("")).ok();
    bundle.script("true");
    run();
  }
}
