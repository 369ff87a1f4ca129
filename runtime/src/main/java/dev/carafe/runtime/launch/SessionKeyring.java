package dev.carafe.runtime.launch;

import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.spec.Process;
import java.util.Optional;

/**
 * A container's session keyring, so that its processes do not find the caller's keys. All of them
 * share the one of that name.
 */
final class SessionKeyring {
  /** All that a process may do with its own session keyring, and the search for its user. */
  private static final long PERMISSIONS = 0x3f1b0000L;

  private final Ref ring;

  private SessionKeyring(Ref ring) {
    this.ring = ring;
  }

  /** Adds what makes or joins it. That there can be none is not an error. */
  static SessionKeyring add(Batch batch, String id, Process process) {
    Labels.beginKeys(batch, process);
    Calls calls = new Calls(batch);
    Ref ring = calls.trying().joinSessionKeyring("make a session keyring", "_ses." + id);
    Batch.Skip none = batch.skip("if there is none", ring, Batch.When.FAILED, 0);
    calls.trying().keyctlSetperm("let the user search the keyring", ring, PERMISSIONS);
    batch.endSkip(none);
    Labels.endKeys(batch, process);
    return new SessionKeyring(ring);
  }

  /** Returns what the user should know. */
  Optional<String> problem(Reply reply) {
    int errno = (int) -reply.value(ring);
    return errno <= 0 || errno == Errno.ENOSYS
        ? Optional.empty()
        : Optional.of("cannot make a session keyring: " + Errno.describe(errno));
  }
}
