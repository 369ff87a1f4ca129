package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** What the README shows works. */
final class ReadmeTest {
  private static final Path README = Path.of("../README.md").toAbsolutePath().normalize();

  /** Returns the first block of that language. */
  private static String block(String language) throws IOException {
    String text = Files.readString(README);
    int from = text.indexOf("```" + language + "\n") + language.length() + 4;
    return text.substring(from, text.indexOf("```", from));
  }

  @Test
  void theExampleOfTheApiCompilesAndRuns() throws IOException {
    assumeTrue(Shell.run("test $(id -u) = 0").code() == 0, "needs root");
    Path directory = Files.createTempDirectory("carafe-readme").toRealPath();
    try {
      Path source = directory.resolve("Example.java");
      // In a root of its own; the reader's is the default one.
      Files.writeString(
          source,
          block("java")
              .replace("Carafe.DEFAULT_ROOT", "Path.of(args[0], \"root\")")
              .replace("\"example\"", "\"readme-" + ProcessHandle.current().pid() + "\""));
      String classPath = System.getProperty("java.class.path");
      int compiled =
          ToolProvider.getSystemJavaCompiler()
              .run(
                  null,
                  System.out,
                  System.err,
                  "-Xlint:all",
                  "-Werror",
                  "-proc:none",
                  "-d",
                  directory.toString(),
                  "-cp",
                  classPath,
                  source.toString());
      assertEquals(0, compiled);
      makeBundle(directory);
      Shell.Result result =
          Shell.start(
                  List.of(
                      Path.of(System.getProperty("java.home"), "bin/java").toString(),
                      "--enable-native-access=ALL-UNNAMED",
                      "-cp",
                      directory + ":" + classPath,
                      "Example",
                      directory.toString()),
                  directory,
                  Map.of())
              .end();
      assertEquals("hello from a container\nExited[code=0]\n", result.out(), result.err());
      assertEquals("", result.err());
      assertEquals(0, result.code());
    } finally {
      Shell.run("rm -rf --one-file-system \"$1\"", directory);
    }
  }

  private static void makeBundle(Path directory) throws IOException {
    Path bin = Files.createDirectories(directory.resolve("rootfs/bin"));
    Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
    Files.createSymbolicLink(bin.resolve("echo"), Path.of("busybox"));
    Files.writeString(
        directory.resolve("config.json"),
        """
        {
          "ociVersion": "1.2.0",
          "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/",
                      "args": ["/bin/echo", "hello from a container"]},
          "root": {"path": "rootfs"},
          "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}]}
        }
        """);
  }
}
