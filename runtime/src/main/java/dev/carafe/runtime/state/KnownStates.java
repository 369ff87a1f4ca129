package dev.carafe.runtime.state;

import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The states that this process has read or written last, each with its file's bytes. A command
 * reads a state again under every lock; where the bytes are the same they are not parsed again. The
 * file itself is read each time, so what is decided is decided by what is there.
 */
final class KnownStates {
  private static final int PLACES = 64;
  private static final AtomicReferenceArray<Known> KNOWN = new AtomicReferenceArray<>(PLACES);

  private KnownStates() {}

  private static final class Known {
    private final byte[] content;
    private final StoredState state;

    Known(byte[] content, StoredState state) {
      this.content = content;
      this.state = state;
    }
  }

  private static int place(String id) {
    return id.hashCode() & (PLACES - 1);
  }

  /** Remembers what the bytes, which nobody changes any more, say. */
  static void put(byte[] content, StoredState state) {
    KNOWN.set(place(state.id()), new Known(content, state));
  }

  /** Returns what the bytes say, if it is known. */
  static Optional<StoredState> get(String id, byte[] content) {
    Known known = KNOWN.get(place(id));
    return known != null && known.state.id().equals(id) && Arrays.equals(known.content, content)
        ? Optional.of(known.state)
        : Optional.empty();
  }
}
