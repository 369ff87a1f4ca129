package dev.carafe;

import dev.carafe.runtime.container.Events;
import java.util.Optional;

/**
 * The events of one container, as they come. Whoever wants them asks for one after the other, in a
 * thread of their own; Carafe starts none. Not for use by several threads at once.
 */
public sealed interface ContainerEvents extends AutoCloseable permits Events {

  /**
   * Waits for the next event. Out of memory comes at once, the use of resources at each interval.
   *
   * @return empty when the container's first process has ended
   */
  Optional<ContainerEvent> next() throws InterruptedException;

  /** Ends the subscription. The container goes on. */
  @Override
  void close();
}
