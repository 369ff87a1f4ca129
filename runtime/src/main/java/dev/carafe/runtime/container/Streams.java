package dev.carafe.runtime.container;

import dev.carafe.linux.Fd;
import java.util.Optional;

/**
 * The caller's ends of a container's streams, where those are pipes.
 *
 * @param in what the container reads
 * @param out what it writes
 * @param err what it writes of errors
 */
record Streams(Optional<Fd> in, Optional<Fd> out, Optional<Fd> err) {
  static final Streams NONE = new Streams(Optional.empty(), Optional.empty(), Optional.empty());
}
