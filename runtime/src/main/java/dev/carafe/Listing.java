package dev.carafe;

import java.util.List;

/**
 * The containers of a root.
 *
 * @param containers those that could be read, by id
 * @param problems what could not be read, one sentence each
 */
public record Listing(List<ContainerState> containers, List<String> problems) {
  /** Keeps copies that nobody can change. */
  public Listing {
    containers = List.copyOf(containers);
    problems = List.copyOf(problems);
  }
}
