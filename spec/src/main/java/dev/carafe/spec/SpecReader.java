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
    throw new UnsupportedOperationException();
  }

  /**
   * Reads a process alone, as {@code exec --process} takes it (config.md, Process).
   *
   * @throws SpecException if it is not as the spec asks
   */
  public static Process readProcess(byte[] utf8, String fileName) {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads resources alone, as {@code update --resources} takes them (config-linux.md, Control
   * groups).
   *
   * @throws SpecException if they are not as the spec asks
   */
  public static Resources readResources(byte[] utf8, String fileName) {
    throw new UnsupportedOperationException();
  }
}
