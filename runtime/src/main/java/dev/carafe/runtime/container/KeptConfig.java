package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecException;
import dev.carafe.spec.SpecReader;
import java.util.Optional;

/** The configuration that a container was made from, as its state has kept it. */
final class KeptConfig {
  private KeptConfig() {}

  static Spec read(String id, Optional<byte[]> kept) {
    if (kept.isEmpty()) {
      throw new CarafeException(
          "the configuration that container \"" + id + "\" was made from is gone from its state");
    }
    try {
      return SpecReader.read(kept.get(), "config.json");
    } catch (SpecException e) {
      throw new CarafeException("container \"" + id + "\": " + e.getMessage(), e);
    }
  }
}
