package dev.carafe.runtime.launch;

import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.Spec;
import java.util.Optional;

/**
 * A process that joins a container.
 *
 * @param id the container's id
 * @param spec what the container was made from, with the new process in the place of its own
 * @param bundle the container's bundle, absolute
 * @param init the container's first process, whose namespaces are joined
 * @param user whom it runs as, {@code user[:group]}, in the place of what the process says
 * @param stdio the standard streams
 * @param options what the caller asks beside
 */
public record JoinRequest(
    String id,
    Spec spec,
    String bundle,
    ProcessIdentity init,
    Optional<String> user,
    Stdio stdio,
    LaunchOptions options) {}
