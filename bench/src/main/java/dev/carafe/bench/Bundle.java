package dev.carafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The bundle that every contestant runs: busybox's {@code true}, as {@code spec} writes it. */
final class Bundle {
  private Bundle() {}

  /**
   * Makes it in {@code directory}, with {@code carafe spec}'s configuration.
   *
   * @param program what its container runs, by its path in the bundle
   */
  static Path make(Path directory, String carafe, String... program)
      throws IOException, InterruptedException {
    Path binaries = Files.createDirectories(directory.resolve("rootfs/bin"));
    for (String needed : new String[] {"proc", "sys", "dev"}) {
      Files.createDirectories(directory.resolve("rootfs").resolve(needed));
    }
    Files.copy(Path.of("/bin/busybox"), binaries.resolve("busybox"));
    for (String name : new String[] {"true", "sh", "sleep"}) {
      Files.createSymbolicLink(binaries.resolve(name), Path.of("busybox"));
    }
    Commands.silently(List.of(carafe, "spec", "--bundle", directory.toString()));
    Path config = directory.resolve("config.json");
    String text = Files.readString(config);
    String args = "\"" + String.join("\",\n\t\t\t\"", program) + "\"";
    String changed =
        text.replace("\"terminal\": true", "\"terminal\": false").replace("\"sh\"", args);
    if (changed.equals(text)) {
      throw new IOException("cannot adapt " + config + ": it has no terminal and no sh");
    }
    Files.writeString(config, changed);
    return directory;
  }
}
