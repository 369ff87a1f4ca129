package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ExitStatus;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.Transition;
import java.util.Optional;
import java.util.OptionalInt;

/** Waits for a container's first process, and finds out how it ended. */
final class Wait {
  // A native poll does not see a Java interrupt; the end itself is seen at once.
  private static final long SLICE_MILLIS = 100;

  private final StateStore store;
  private final String id;
  private final String instance;

  Wait(StateStore store, String id, String instance) {
    this.store = store;
    this.id = id;
    this.instance = instance;
  }

  /**
   * Waits.
   *
   * @param millis how long, -1 for ever
   */
  Optional<ExitStatus> run(long millis) throws InterruptedException {
    StoredState state = read();
    if (state.init().isEmpty()) {
      throw new WrongStatusException(
          id,
          state.isChanging() ? Status.CREATING : Status.STOPPED,
          "cannot wait for container \"" + id + "\": it has no process");
    }
    ProcessIdentity init = state.init().get();
    Optional<PidFd> opened = init.open();
    if (opened.isEmpty()) {
      OptionalInt known = Children.remembered(init);
      return Optional.of(status(known.isPresent() ? known : state.exit()));
    }
    try (PidFd process = opened.get()) {
      if (!await(process, millis)) {
        return Optional.empty();
      }
      OptionalInt raw = Children.collect(init, process);
      if (raw.isPresent() && Children.remembered(init).isPresent()) {
        // We were its parent, and nobody can ask the kernel any more.
        record(store, id, instance, raw.getAsInt());
      }
      return Optional.of(status(raw.isPresent() ? raw : recorded()));
    }
  }

  static boolean await(PidFd process, long millis) throws InterruptedException {
    long end = System.nanoTime() + Math.max(millis, 0) * 1_000_000;
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while waiting for a container");
      }
      long left = millis < 0 ? SLICE_MILLIS : (end - System.nanoTime() + 999_999) / 1_000_000;
      if (process.waitExit(Math.max(0, Math.min(left, SLICE_MILLIS)))) {
        return true;
      }
      if (left <= 0) {
        return false;
      }
    }
  }

  /** Somebody else's child, which that one has reaped: maybe it wrote down what it saw. */
  private OptionalInt recorded() {
    Optional<StoredState> now = store.read(id);
    return now.isPresent() && now.get().instance().equals(instance)
        ? now.get().exit()
        : OptionalInt.empty();
  }

  private StoredState read() {
    Optional<StoredState> state = store.read(id);
    if (state.isEmpty()) {
      throw new ContainerNotFoundException(id);
    }
    Containers.checkInstance(state.get(), instance);
    return state.get();
  }

  static ExitStatus status(OptionalInt raw) {
    return raw.isPresent() ? ExitStatus.ofRaw(raw.getAsInt()) : ExitStatus.UNKNOWN;
  }

  /** Writes down how a container's first process ended, for others to read; if it can be done. */
  static void record(StateStore store, String id, String instance, int raw) {
    try {
      Optional<HeldContainer> locked = store.lock(id);
      if (locked.isPresent()) {
        try (HeldContainer held = locked.get()) {
          StoredState state = held.state();
          if (state.instance().equals(instance)
              && state.exit().isEmpty()
              && state.transition() != Transition.DELETING) {
            held.write(state.toBuilder().exit(raw).build());
          }
        }
      }
    } catch (KernelException | CarafeException e) {
      // A full disk, or a lock that stays taken: others will read "unknown", which is true.
    }
  }
}
