package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the library is loaded from, in JVMs of their own. */
final class NativeLibraryTest {

  /** Run in another JVM. */
  static final class Main {
    private Main() {}

    /** Loads the library by its first use. */
    public static void main(String[] args) throws Exception {
      if (args.length > 0) {
        NativeLibrary.loadResource("libcarafe.so", Arrays.asList(args));
      }
      System.out.println("pid " + Sys.getpid());
      System.out.println(Files.readString(Path.of("/proc/self/maps")));
    }
  }

  private static String run(List<String> options, String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
    command.addAll(options);
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", ""));
    command.addAll(List.of("-cp", path, Main.class.getName()));
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  @Test
  void theLibraryOfTheJarIsLoadedAndItsFileIsGone() throws Exception {
    try (Temp temp = new Temp()) {
      String output = run(List.of("-Djava.io.tmpdir=" + temp.path));
      assertTrue(output.startsWith("pid "), output);
      assertTrue(
          output.contains(temp.path + "/carafe-") && output.contains("libcarafe.so (deleted)"),
          output);
      assertEquals(List.of(), Sys.list(temp.dir));
    }
  }

  @Test
  void aDirectoryThatForbidsExecutionIsPassedOver() throws Exception {
    try (Temp temp = new Temp()) {
      Path forbidding = Files.createDirectory(temp.path.resolve("noexec"));
      Path good = Files.createDirectory(temp.path.resolve("good"));
      mount(forbidding);
      try {
        String output = run(List.of(), "/no/such", forbidding.toString(), good.toString());
        assertTrue(output.contains(good + "/carafe-"), output);
        assertEquals(0, new File(forbidding.toString()).list().length);
        assertEquals(0, new File(good.toString()).list().length);
      } finally {
        unmount(forbidding);
      }
    }
  }

  @Test
  void whenAllFailTheErrorSaysWhatWasTried() throws Exception {
    String output = run(List.of(), "/no/such", "/proc");
    assertFalse(output.contains("pid "), output);
    assertTrue(output.contains("set the system property carafe.native"), output);
    assertTrue(output.contains("\n  /no/such: "), output);
    assertTrue(output.contains("\n  /proc: "), output);
  }

  @Test
  void thePropertyNamesTheFile() throws Exception {
    try (Temp temp = new Temp()) {
      Path file = temp.path.resolve("own.so");
      Files.write(file, NativeLibrary.resource("libcarafe.so"));
      String output = run(List.of("-Dcarafe.native=" + file));
      assertTrue(output.contains(file.toString()) && output.startsWith("pid "), output);
    }
  }

  private static void mount(Path at) {
    Local local = Local.get();
    Batch batch = local.batch();
    new Calls(batch).mount("mount " + at, "tmpfs", at.toString(), "tmpfs", Mount.NOEXEC, "");
    Reply _ = local.run(batch);
  }

  private static void unmount(Path at) {
    Local local = Local.get();
    Batch batch = local.batch();
    new Calls(batch).umount2("unmount " + at, at.toString(), Mount.UMOUNT_DETACH);
    Reply _ = local.run(batch);
  }
}
