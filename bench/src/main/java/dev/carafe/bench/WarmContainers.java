package dev.carafe.bench;

import dev.carafe.Carafe;
import dev.carafe.Container;
import dev.carafe.ContainerId;
import dev.carafe.ContainerRequest;
import dev.carafe.DeleteMode;
import dev.carafe.ExitStatus;
import dev.carafe.StreamMode;
import java.nio.file.Path;

/** Whole containers through the API, in this JVM. */
final class WarmContainers {
  private final Carafe carafe;
  private final Path bundle;
  private int next;

  WarmContainers(Path root, Path bundle) {
    this.carafe = Carafe.at(root);
    this.bundle = bundle;
  }

  /** Creates, starts, waits for and deletes one; returns the nanoseconds it took. */
  long one() throws InterruptedException {
    ContainerId id = ContainerId.of("warm" + ProcessHandle.current().pid() + "-" + next++);
    long began = System.nanoTime();
    try (Container container =
        carafe.create(ContainerRequest.builder(id, bundle).streams(StreamMode.NONE).build())) {
      container.start();
      ExitStatus status = container.waitFor();
      container.delete(DeleteMode.STOPPED);
      long took = System.nanoTime() - began;
      if (status.shellCode() != 0) {
        throw new IllegalStateException(id + " ended with " + status);
      }
      return took;
    }
  }
}
