package dev.carafe.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DefaultSpecTest {
  @TempDir Path dir;

  @Test
  void itIsWhatRuncWrites() throws Exception {
    assertSameAsRunc(List.of("runc", "spec"), DefaultSpec.create(hasCgroup2Only()));
  }

  @Test
  void theRootlessOneIsWhatRuncWrites() throws Exception {
    int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    int gid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:gid");
    assertSameAsRunc(
        List.of("runc", "spec", "--rootless"),
        DefaultSpec.createRootless(uid, gid, hasCgroup2Only()));
  }

  private void assertSameAsRunc(List<String> command, Spec ours) throws Exception {
    assumeTrue(isInstalled("runc"), "runc is not installed");
    Ran ran = run(command, dir);
    assertEquals(0, ran.exit, ran.output);
    String theirs = Files.readString(dir.resolve("config.json"));
    // Two differences are meant: the host name is ours, and the version is one that crun 1.8 knows
    // too (see DefaultSpec). Everything else, down to the white space, is the same.
    String normal =
        theirs
            .replaceFirst("\"ociVersion\": \"[^\"]*\"", "\"ociVersion\": \"1.0.2\"")
            .replace("\"hostname\": \"runc\"", "\"hostname\": \"carafe\"");
    assertEquals(normal.strip(), new String(SpecWriter.write(ours), StandardCharsets.UTF_8));
  }

  @Test
  void runcRunsIt() throws Exception {
    assumeTrue(isInstalled("runc"), "runc is not installed");
    runs(List.of("runc"));
  }

  @Test
  void crunRunsIt() throws Exception {
    assumeTrue(isInstalled("crun"), "crun is not installed");
    // crun refuses a machine with both cgroup versions: it gets a view without the second one.
    runs(
        List.of(
            "unshare",
            "-m",
            "sh",
            "-c",
            "umount -l /sys/fs/cgroup/unified 2>/dev/null; exec crun \"$@\"",
            "crun"));
  }

  private void runs(List<String> runtime) throws Exception {
    Path busybox = Path.of("/bin/busybox");
    assumeTrue(Files.exists(busybox), "busybox-static is not installed");
    assumeTrue(isRoot(), "not root");
    Path bin = Files.createDirectories(dir.resolve("rootfs/bin"));
    for (String name : List.of("proc", "dev", "sys")) {
      Files.createDirectory(dir.resolve("rootfs").resolve(name));
    }
    Files.copy(busybox, bin.resolve("sh"));
    Spec spec = DefaultSpec.create(hasCgroup2Only());
    Process process =
        spec.process().orElseThrow().toBuilder()
            .terminal(false)
            .args(List.of("sh", "-c", "echo hello; exit 7"))
            .build();
    Files.write(
        dir.resolve("config.json"), SpecWriter.write(spec.toBuilder().process(process).build()));
    String id = "carafe-spec-" + ProcessHandle.current().pid();
    List<String> command = new ArrayList<>(runtime);
    command.addAll(List.of("--root", dir.resolve("state").toString(), "run", id));
    Ran ran = run(command, dir);
    assertEquals("hello\n", ran.output);
    assertEquals(7, ran.exit);
  }

  private static boolean hasCgroup2Only() {
    return Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers"));
  }

  private static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }

  private static boolean isInstalled(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/sbin:/usr/bin");
    for (String dir : path.split(File.pathSeparator, -1)) {
      if (Files.isExecutable(Path.of(dir, program))) {
        return true;
      }
    }
    return false;
  }

  private record Ran(int exit, String output) {}

  private static Ran run(List<String> command, Path dir) throws Exception {
    Path output = dir.resolve("output");
    java.lang.Process p =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(p.waitFor(60, TimeUnit.SECONDS), command + " did not end");
      return new Ran(p.exitValue(), Files.readString(output));
    } finally {
      p.destroyForcibly();
    }
  }
}
