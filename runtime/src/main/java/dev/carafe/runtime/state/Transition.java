package dev.carafe.runtime.state;

import java.util.Optional;

/** A change of a container that takes longer than its lock is held. */
public enum Transition {
  /** None is under way. */
  NONE("none"),
  /** The container is being made. */
  CREATING("creating"),
  /** The container is being started. */
  STARTING("starting"),
  /** The container is being deleted. */
  DELETING("deleting");

  private static final Transition[] ALL = values();

  private final String word;

  Transition(String word) {
    this.word = word;
  }

  /** Returns the word in the state file. */
  public String word() {
    return word;
  }

  /** Returns the one for a word of the state file; empty for an unknown word. */
  static Optional<Transition> ofWord(String word) {
    for (Transition each : ALL) {
      if (each.word.equals(word)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }
}
