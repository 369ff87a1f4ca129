package dev.carafe.linux;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds and loads the native libraries: the file that the property {@code carafe.native} names and
 * the one beside it, or those in the jar, by way of a private directory, since the system loads
 * libraries only from files.
 */
final class NativeLibrary {
  private static final String FILE = "libcarafe.so";

  /** Needs libseccomp, and so is loaded only when that is wanted. */
  private static final String SECCOMP_FILE = "libcarafe-seccomp.so";

  private NativeLibrary() {}

  static void load() {
    String path = System.getProperty("carafe.native");
    if (path != null) {
      System.load(path);
    } else {
      loadResource(FILE, directories());
    }
  }

  /**
   * Loads the library of {@link LibSeccomp}.
   *
   * @throws UnsatisfiedLinkError also where libseccomp is missing
   */
  static void loadSeccomp() {
    String path = System.getProperty("carafe.native", "");
    String beside = path.substring(0, path.lastIndexOf('/') + 1) + SECCOMP_FILE;
    if (beside.startsWith("/") && new File(beside).exists()) {
      System.load(beside);
    } else {
      loadResource(SECCOMP_FILE, directories());
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

  /** Loads a library from the jar by way of the first of {@code directories} that allows it. */
  static void loadResource(String file, List<String> directories) {
    byte[] library = resource(file);
    StringBuilder tried = new StringBuilder();
    for (String directory : directories) {
      try {
        loadFrom(Path.of(directory), file, library);
        return;
      } catch (IOException | UnsatisfiedLinkError e) {
        tried.append("\n  ").append(directory).append(": ").append(e);
      }
    }
    throw new UnsatisfiedLinkError(
        "cannot load the native library "
            + file
            + " of Carafe from any of these directories; set the system property carafe.native to"
            + " the path of "
            + FILE
            + ", with the others beside it"
            + tried);
  }

  private static void loadFrom(Path directory, String name, byte[] library) throws IOException {
    // Made with mode 0700: nobody else can exchange the file between writing and loading.
    Path own = Files.createTempDirectory(directory, "carafe-");
    Path file = own.resolve(name);
    try {
      Files.write(file, library);
      System.load(file.toString());
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(own);
    }
  }
}
