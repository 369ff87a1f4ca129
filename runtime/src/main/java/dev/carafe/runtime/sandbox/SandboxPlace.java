package dev.carafe.runtime.sandbox;

import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.StoredState;
import java.util.Map;
import java.util.Optional;

/**
 * A sandbox, as a platform needs it.
 *
 * @param id its id, which is that of its first container
 * @param directory the private directory of its first container; what is shared is kept there
 * @param annotations those of its first container
 * @param process its own process, where the platform has one
 */
public record SandboxPlace(
    String id,
    String directory,
    Map<String, String> annotations,
    Optional<ProcessIdentity> process) {

  /** Returns the one that a container is the first of. */
  public static SandboxPlace of(StoredState first, String directory) {
    Optional<ProcessIdentity> process =
        first.sandbox().isPresent() && first.sandbox().get().process().isPresent()
            ? Optional.of(first.sandbox().get().process().get().identity())
            : Optional.empty();
    return new SandboxPlace(first.id(), directory, first.annotations(), process);
  }
}
