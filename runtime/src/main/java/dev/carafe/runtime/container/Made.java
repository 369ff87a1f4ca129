package dev.carafe.runtime.container;

/**
 * What a creation gives.
 *
 * @param instance names the container among those of its id
 * @param streams our ends of its streams
 */
record Made(String instance, Streams streams) {}
