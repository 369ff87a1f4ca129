package dev.carafe;

import dev.carafe.spec.OciState;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is known of a container at one moment.
 *
 * @param id its id
 * @param status what it was doing
 * @param pid its first process, if that lives
 * @param ociVersion the version of the spec that its configuration follows
 * @param bundle its bundle's absolute path
 * @param rootfs its root file system's absolute path
 * @param created when it was made, as RFC 3339 writes it
 * @param annotations of its configuration
 * @param owner the name of the user who made it, or {@code #} and the number
 */
public record ContainerState(
    ContainerId id,
    Status status,
    OptionalInt pid,
    String ociVersion,
    String bundle,
    String rootfs,
    String created,
    Map<String, String> annotations,
    String owner) {

  /** Returns when it was made. */
  public Instant createdAt() {
    return Instant.parse(created);
  }

  /** Returns this as the spec writes it. */
  public OciState toOci() {
    return new OciState(
        ociVersion,
        id.value(),
        status.word(),
        pid,
        bundle,
        annotations,
        Optional.of(rootfs),
        Optional.of(created),
        Optional.of(owner));
  }
}
