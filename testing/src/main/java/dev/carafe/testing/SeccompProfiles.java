package dev.carafe.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Profiles for system call filters. */
public final class SeccompProfiles {
  private SeccompProfiles() {}

  /**
   * Returns a profile as large as that which Docker gives a container without options on x86_64,
   * written from its documentation: 361 allowed names, rules on arguments, three architectures.
   */
  public static String likeDocker() {
    String name = "seccomp-like-docker.json";
    try (InputStream in = SeccompProfiles.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
