package dev.carafe.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds and loads the native library: the file that the property {@code carafe.native} names, or
 * the one in the jar, by way of a private directory, since the system loads libraries only from
 * files.
 */
final class NativeLibrary {
  private static final String FILE = "libcarafe.so";

  private NativeLibrary() {}

  static void load() {
    String path = System.getProperty("carafe.native");
    if (path != null) {
      System.load(path);
    } else {
      loadResource(directories());
    }
  }

  /** Returns the bytes of a native file in the jar, for this architecture. */
  static byte[] resource(String file) {
    String name = "/META-INF/carafe/linux-" + Arch.current().label() + "/" + file;
    try (InputStream in = NativeLibrary.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new UnsatisfiedLinkError(
            "the Carafe jar holds no " + name + ": it was built for another architecture");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + name + " from the Carafe jar", e);
    }
  }

  private static List<String> directories() {
    List<String> all = new ArrayList<>();
    // Any of them may be mounted noexec, be full, or be missing.
    all.add(System.getProperty("java.io.tmpdir", "/tmp"));
    String session = System.getenv("XDG_RUNTIME_DIR");
    if (session != null && session.startsWith("/")) {
      all.add(session);
    }
    all.add("/run");
    all.add("/dev/shm");
    all.add("/var/tmp");
    all.add(System.getProperty("user.home", "/root"));
    return all;
  }

  /** Loads the library from the jar by way of the first of {@code directories} that allows it. */
  static void loadResource(List<String> directories) {
    byte[] library = resource(FILE);
    StringBuilder tried = new StringBuilder();
    for (String directory : directories) {
      try {
        loadFrom(Path.of(directory), library);
        return;
      } catch (IOException | UnsatisfiedLinkError e) {
        tried.append("\n  ").append(directory).append(": ").append(e);
      }
    }
    throw new UnsatisfiedLinkError(
        "cannot load the native library of Carafe from any of these directories; set the system"
            + " property carafe.native to the path of "
            + FILE
            + tried);
  }

  private static void loadFrom(Path directory, byte[] library) throws IOException {
    // Made with mode 0700: nobody else can exchange the file between writing and loading.
    Path own = Files.createTempDirectory(directory, "carafe-");
    Path file = own.resolve(FILE);
    try {
      Files.write(file, library);
      System.load(file.toString());
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(own);
    }
  }
}
