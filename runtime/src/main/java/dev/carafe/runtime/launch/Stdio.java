package dev.carafe.runtime.launch;

import dev.carafe.linux.Fd;
import java.util.Optional;

/** The standard streams of a container's first process. */
public sealed interface Stdio permits Stdio.Inherit, Stdio.Streams {

  /** The caller's own. */
  record Inherit() implements Stdio {}

  /**
   * Given ones; the caller keeps them and may close them when the launch has returned.
   *
   * @param in standard input; {@code /dev/null} if empty
   * @param out standard output; {@code /dev/null} if empty
   * @param err standard error; {@code /dev/null} if empty
   */
  record Streams(Optional<Fd> in, Optional<Fd> out, Optional<Fd> err) implements Stdio {}
}
