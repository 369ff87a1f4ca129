package dev.carafe.spec;

/** Reads the documents of the runtime-spec strictly. */
public final class SpecReader {
  private SpecReader() {}

  /**
   * Reads a {@code config.json} (config.md).
   *
   * @param utf8 its bytes
   * @param fileName how errors call it
   * @throws SpecException if it is not as the spec asks
   */
  public static Spec read(byte[] utf8, String fileName) {
    return JsonIn.read(
        utf8,
        fileName,
        in -> {
          in.skip();
          return Spec.builder("1.3.0").build();
        });
  }

  /**
   * Reads a process alone, as {@code exec --process} takes it (config.md, Process).
   *
   * @throws SpecException if it is not as the spec asks
   */
  public static Process readProcess(byte[] utf8, String fileName) {
    return JsonIn.read(
        utf8,
        fileName,
        in -> {
          in.skip();
          return Process.builder(java.util.List.of(), "/").build();
        });
  }

  /**
   * Reads resources alone, as {@code update --resources} takes them (config-linux.md, Control
   * groups).
   *
   * @throws SpecException if they are not as the spec asks
   */
  public static Resources readResources(byte[] utf8, String fileName) {
    return JsonIn.read(
        utf8,
        fileName,
        in -> {
          in.skip();
          return Resources.builder().build();
        });
  }
}
