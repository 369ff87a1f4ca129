package dev.carafe.runtime.state;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Flock;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** Stores for tests. */
public final class Stores {
  private Stores() {}

  /** A store with somebody at each of its steps. */
  public static StateStore stepping(String root, Steps steps, long lockMillis) {
    return new StateStore(new SteppingDisk(steps), root, lockMillis);
  }

  /** The same state, of another maker. */
  public static StoredState madeBy(StoredState state, ProcessIdentity maker) {
    return state.toBuilder()
        .transition(Transition.CREATING, Optional.of(maker), state.generation())
        .build();
  }

  /** A sabotage: who gets a lock does not look whether what it locked is still the container. */
  public static StateStore withoutLookingAgain(String root) {
    return new StateStore(
        new SteppingDisk(Steps.NONE) {
          @Override
          public boolean isNamed(Dir dir, Dir parent, String name) {
            return true;
          }
        },
        root,
        StateStore.LOCK_MILLIS);
  }

  /**
   * A sabotage: who gets a container's lock decides by the state that it read while it waited for
   * it, not by the one that there is then.
   */
  public static StateStore withoutReadingAgain(String root) {
    return new StateStore(
        new SteppingDisk(Steps.NONE) {
          private final Map<Dir, Optional<byte[]>> read = new ConcurrentHashMap<>();

          @Override
          public Flock lock(Dir dir, long timeoutMillis) {
            read.put(dir, super.read(dir, StateFile.NAME));
            return super.lock(dir, timeoutMillis);
          }

          @Override
          public Optional<byte[]> read(Dir dir, String name) {
            Optional<byte[]> early = read.remove(dir);
            return early != null && early.isPresent() ? early : super.read(dir, name);
          }
        },
        root,
        StateStore.LOCK_MILLIS);
  }

  /** A store with reads that take long now and then, for those who look for a race. */
  public static StateStore slow(String root, boolean sandboxLock) {
    return new StateStore(
        new SteppingDisk(Steps.NONE) {
          @Override
          public Optional<byte[]> read(Dir dir, String name) {
            try {
              Thread.sleep(ThreadLocalRandom.current().nextInt(20) == 0 ? 20 : 0);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return super.read(dir, name);
          }

          // The sabotage: the sandbox's lock locks nothing.
          @Override
          public Flock lock(Dir dir, long timeoutMillis) {
            if (sandboxLock || !dir.path().endsWith("/sandbox")) {
              return super.lock(dir, timeoutMillis);
            }
            dir.close();
            Fd other = Sys.memfdCreate("lock", 0);
            return Flock.acquire(other, "nothing", true, timeoutMillis);
          }
        },
        root,
        StateStore.LOCK_MILLIS);
  }

  /** A sabotage, as some runtimes write their state: cut the old file, then write the new text. */
  public static StateStore writingInPlace(String root) {
    return new StateStore(
        new SteppingDisk(Steps.NONE) {
          @Override
          public void rename(Dir dir, String from, String to) {
            if (!from.startsWith(StateFile.NAME + ".")) {
              super.rename(dir, from, to);
              return;
            }
            byte[] content = read(dir, from).orElseThrow();
            try (Fd file = Sys.openat(dir.fd(), to, Open.WRONLY | Open.TRUNC | Open.CREAT, 0600)) {
              write(file, content, to);
            }
            boolean ignored = removeFile(dir, from);
          }
        },
        root,
        StateStore.LOCK_MILLIS);
  }

  /** A sabotage, once seen in a runtime: who finds an id taken cleans up what is not its own. */
  public static StateStore cleaningUpTheWinner(String root) {
    return new StateStore(
        new SteppingDisk(Steps.NONE) {
          @Override
          public boolean move(Dir fromDir, String from, Dir toDir, String to) {
            boolean moved = super.move(fromDir, from, toDir, to);
            if (!moved && toDir.path().endsWith("/containers")) {
              removeTree(toDir, to);
            }
            return moved;
          }
        },
        root,
        StateStore.LOCK_MILLIS);
  }
}
