package dev.carafe.runtime.container;

import dev.carafe.linux.Fd;
import java.util.Optional;

/**
 * What a creation gives.
 *
 * @param instance names the container among those of its id
 * @param streams our ends of its streams
 * @param terminal our side of its terminal
 */
record Made(String instance, Streams streams, Optional<Fd> terminal) {}
