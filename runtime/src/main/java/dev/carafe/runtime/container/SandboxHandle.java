package dev.carafe.runtime.container;

import dev.carafe.Container;
import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.InvalidInputException;
import dev.carafe.Sandbox;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One sandbox of a {@link Containers}. */
public final class SandboxHandle implements Sandbox {
  private final Containers containers;
  private final ContainerId id;
  private final String instance;

  private SandboxHandle(Containers containers, ContainerId id, String instance) {
    this.containers = containers;
    this.id = id;
    this.instance = instance;
  }

  /** Finds one. */
  static SandboxHandle load(Containers containers, ContainerId id) {
    Optional<StoredState> first = containers.store().read(id.value());
    if (first.isEmpty()) {
      throw new ContainerNotFoundException(id.value());
    }
    Optional<SandboxRef> sandbox = first.get().sandbox();
    if (sandbox.isPresent() && !first.get().isFirstOfSandbox()) {
      throw new InvalidInputException(
          "container \"" + id + "\" is no sandbox; it is in \"" + sandbox.get().id() + "\"");
    }
    return new SandboxHandle(containers, id, first.get().instance());
  }

  @Override
  public ContainerId id() {
    return id;
  }

  @Override
  public List<Container> containers() {
    return Failures.telling("list the containers of sandbox \"" + id + "\"", this::find);
  }

  private List<Container> find() {
    Optional<StoredState> first = containers.store().read(id.value());
    if (first.isEmpty()) {
      throw new ContainerNotFoundException(id.value());
    }
    Containers.checkInstance(first.get(), instance);
    List<Container> found = new ArrayList<>();
    found.add(new ContainerHandle(containers, id, instance, Streams.NONE));
    SandboxRef all = new SandboxRef(id.value(), instance, Optional.empty());
    for (StoredState each : containers.store().inSandbox(all, containers.warnings())) {
      if (!each.isFirstOfSandbox()) {
        found.add(
            new ContainerHandle(
                containers, ContainerId.of(each.id()), each.instance(), Streams.NONE));
      }
    }
    return found;
  }
}
