package dev.carafe.runtime.container;

import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerStats;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.cgroup.CgroupStats;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import java.util.Map;
import java.util.Optional;

/** Reads what a container that has not stopped uses. */
final class Usage {
  private final StateStore store;
  private final Platform platform;
  private final String id;
  private final String instance;

  Usage(StateStore store, Platform platform, String id, String instance) {
    this.store = store;
    this.platform = platform;
    this.id = id;
    this.instance = instance;
  }

  /** A container that lives. */
  static final class Live implements AutoCloseable {
    final PidFd init;
    final Map<String, String> cgroups;

    private Live(PidFd init, Map<String, String> cgroups) {
      this.init = init;
      this.cgroups = cgroups;
    }

    @Override
    public void close() {
      init.close();
    }
  }

  ContainerStats read() {
    try (Live live = open()) {
      ContainerStats stats = CgroupStats.read(live.cgroups);
      if (!live.init.isAlive()) {
        // Its cgroup may have been gone before all was read.
        throw stopped();
      }
      return stats;
    }
  }

  /** Finds the container's first process and its cgroups; the caller closes it. */
  Live open() {
    Optional<SeenContainer> seen = store.look(id);
    if (seen.isEmpty()) {
      throw new ContainerNotFoundException(id);
    }
    try (SeenContainer container = seen.get()) {
      Containers.checkInstance(container.state(), instance);
      Status status = new Observer(platform).look(container).status();
      StoredState state = container.again().orElse(container.state());
      Optional<ProcessIdentity> init = state.init();
      Optional<PidFd> opened = init.isEmpty() ? Optional.empty() : init.get().open();
      if (status == Status.STOPPED || opened.isEmpty()) {
        opened.ifPresent(PidFd::close);
        throw stopped();
      }
      return new Live(opened.get(), platform.cgroup(state.cgroups()).paths());
    }
  }

  /** The words are runc's. */
  private WrongStatusException stopped() {
    return new WrongStatusException(
        id, Status.STOPPED, "container with id " + id + " is not running");
  }
}
