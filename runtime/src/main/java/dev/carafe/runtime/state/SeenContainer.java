package dev.carafe.runtime.state;

import dev.carafe.linux.Fd;
import java.util.Optional;

/** A container that was looked at without its lock: its state at a moment, and its directory. */
public final class SeenContainer implements AutoCloseable {
  private final Disk disk;
  private final String id;
  private final Dir dir;
  private final StoredState state;

  SeenContainer(Disk disk, String id, Dir dir, StoredState state) {
    this.disk = disk;
    this.id = id;
    this.dir = dir;
    this.state = state;
  }

  /** Returns the state as it was. */
  public StoredState state() {
    return state;
  }

  /** Returns the container's private directory, which this owns; it stays this container's. */
  public Fd directory() {
    return dir.fd();
  }

  /** Reads the state of this very container once more; empty if it was removed. */
  public Optional<StoredState> again() {
    Optional<StateFile> file = StateFile.find(disk, dir);
    return file.isEmpty() ? Optional.empty() : Optional.of(file.get().decode(id, dir));
  }

  /** Returns the configuration that {@link HeldContainer#keepConfig} kept; empty if none was. */
  public Optional<byte[]> config() {
    return disk.read(dir, StateStore.CONFIG);
  }

  @Override
  public void close() {
    dir.close();
  }
}
