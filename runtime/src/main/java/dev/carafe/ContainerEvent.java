package dev.carafe;

/** What {@link Container#events} tells of a container. */
public sealed interface ContainerEvent {

  /** What it uses, told at each interval. */
  record Stats(ContainerStats stats) implements ContainerEvent {}

  /** The kernel found no memory for it within its limit, and has ended a process. */
  record OutOfMemory() implements ContainerEvent {}
}
