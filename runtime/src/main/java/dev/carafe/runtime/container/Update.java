package dev.carafe.runtime.container;

import dev.carafe.InvalidInputException;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.Local;
import dev.carafe.runtime.rdt.RdtGroup;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.Transition;
import dev.carafe.spec.IntelRdt;
import dev.carafe.spec.Resources;
import dev.carafe.spec.SpecException;
import dev.carafe.spec.SpecValidator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Changes a container's limits: all that are given, or none. */
final class Update {
  private final StateStore store;
  private final Platform platform;
  private final Consumer<String> warnings;
  private final String id;
  private final String instance;

  Update(
      StateStore store, Platform platform, Consumer<String> warnings, String id, String instance) {
    this.store = store;
    this.platform = platform;
    this.warnings = warnings;
    this.id = id;
    this.instance = instance;
  }

  void run(Resources given, Optional<IntelRdt> schemata) {
    validate(given, schemata);
    // Under the lock from beginning to end: a limit is set in no time, and whoever updates at the
    // same time is to find the other's limits whole.
    try (HeldContainer held = Containers.lock(store, id, instance)) {
      StoredState state = held.state();
      check(held, state);
      Optional<RdtGroup> group = schemata.map(ignored -> group(held));
      List<Runnable> back = new ArrayList<>();
      boolean done = false;
      try {
        back.add(platform.update(state.cgroups(), given, state.resources(), warnings));
        if (group.isPresent()) {
          back.add(group.get().update(Local.get(), schemata.get()));
        }
        held.write(state.toBuilder().resources(state.resources().updatedBy(given)).build());
        done = true;
      } finally {
        if (!done) {
          back.forEach(Runnable::run);
        }
      }
    }
  }

  private void validate(Resources given, Optional<IntelRdt> schemata) {
    try {
      SpecValidator.validateResources(given);
    } catch (SpecException e) {
      throw new InvalidInputException(
          "cannot update container \"" + id + "\": resources: " + e.getMessage(), e);
    }
    try {
      schemata.ifPresent(SpecValidator::validateIntelRdt);
    } catch (SpecException e) {
      throw new InvalidInputException(
          "cannot update container \"" + id + "\": " + e.getMessage(), e);
    }
  }

  /**
   * What was set last is not kept: the kernel tells it, and a container that ended needs it not.
   */
  private RdtGroup group(HeldContainer held) {
    return RdtGroup.of(KeptConfig.read(id, held.config()), id)
        .orElseThrow(() ->
            new InvalidInputException(
                "cannot update container \""
                    + id
                    + "\": it was made without linux.intelRdt, so it has no class of service"
                    + " of its own whose schemata could be set"));
  }

  private void check(HeldContainer held, StoredState state) {
    Status status = new Observer(platform).status(held, state);
    if (status == Status.STOPPED) {
      // The words are runc's.
      throw new WrongStatusException(id, status, "container not running");
    }
    boolean deleting = state.transition() == Transition.DELETING && state.isChanging();
    if (status == Status.CREATING || deleting) {
      throw new WrongStatusException(
          id,
          status,
          "cannot update container \""
              + id
              + "\": it is being "
              + (deleting ? "deleted" : "created"));
    }
  }
}
