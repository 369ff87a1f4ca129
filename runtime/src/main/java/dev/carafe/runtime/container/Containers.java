package dev.carafe.runtime.container;

import dev.carafe.Carafe;
import dev.carafe.CarafeException;
import dev.carafe.Container;
import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerNotice;
import dev.carafe.ContainerRequest;
import dev.carafe.ContainerState;
import dev.carafe.DeleteMode;
import dev.carafe.InvalidInputException;
import dev.carafe.Listing;
import dev.carafe.RestoreRequest;
import dev.carafe.linux.Front;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.launch.Explain;
import dev.carafe.runtime.state.HeldContainer;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** The containers of one root on one platform. */
public final class Containers implements Carafe {
  /** How long is waited for the end of a process that was killed, or of an operation. */
  public static final long PATIENCE_MILLIS = 10_000;

  private final StateStore store;
  private final Platform platform;
  private final Consumer<String> warnings;
  private final Notices notices;

  /** Makes it; warnings go nowhere. */
  public Containers(StateStore store, Platform platform) {
    this(store, platform, ignored -> {}, Notices.NONE);
  }

  private Containers(
      StateStore store, Platform platform, Consumer<String> warnings, Notices notices) {
    this.store = store;
    this.platform = platform;
    this.warnings = warnings;
    this.notices = notices;
  }

  /** Returns the containers of a root, for this JVM. */
  public static Containers at(String root) {
    return new Containers(StateStore.at(root), NativePlatform.ofThisJvm());
  }

  /** Returns the containers of a root, for a command. */
  public static Containers of(String root, Front front) {
    return new Containers(StateStore.at(root), NativePlatform.of(front));
  }

  @Override
  public Containers withWarnings(Consumer<String> taker) {
    return new Containers(store, platform, taker, notices);
  }

  @Override
  public Containers withListener(Consumer<ContainerNotice> listener) {
    return new Containers(store, platform, warnings, Notices.to(listener));
  }

  @Override
  public ContainerHandle create(ContainerRequest request) {
    ContainerHandle handle =
        make(
            "create container \"" + request.id() + "\"",
            request,
            log -> new Creation(store, platform, ending(), log, request));
    handle.tellAndWatch(new ContainerNotice.Created(request.id()));
    return handle;
  }

  @Override
  public ContainerHandle restore(RestoreRequest request) {
    ContainerHandle handle =
        make(
            "restore container \"" + request.container().id() + "\"",
            request.container(),
            log -> Creation.of(store, platform, ending(), log, request));
    handle.tellRestored();
    return handle;
  }

  private ContainerHandle make(
      String operation, ContainerRequest request, Function<Consumer<String>, Creation> creation) {
    UserLog log = new UserLog(request.userLog(), warnings);
    Failures.doing(operation, log::open);
    try {
      Made made = Failures.telling(operation, () -> creation.apply(log::warning).run());
      return new ContainerHandle(this, request.id(), made.instance(), made.streams());
    } catch (CarafeException e) {
      log.error(e);
      throw e;
    }
  }

  @Override
  public ContainerHandle load(ContainerId id) {
    Optional<StoredState> state =
        Failures.telling("load container \"" + id + "\"", () -> store.read(id.value()));
    if (state.isEmpty()) {
      throw new ContainerNotFoundException(id.value());
    }
    return new ContainerHandle(this, id, state.get().instance(), Streams.NONE);
  }

  @Override
  public ContainerHandle loadByPrefix(String prefix) {
    List<String> ids = Failures.telling("find container \"" + prefix + "\"", store::ids);
    List<String> found = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      if (ids.get(i).equals(prefix)) {
        return load(ContainerId.of(prefix));
      }
      if (!prefix.isEmpty() && ids.get(i).startsWith(prefix)) {
        found.add(ids.get(i));
      }
    }
    if (found.isEmpty()) {
      throw new ContainerNotFoundException(prefix);
    }
    if (found.size() > 1) {
      throw new InvalidInputException(
          "container id \"" + prefix + "\" is ambiguous: " + String.join(", ", found));
    }
    return load(ContainerId.of(found.get(0)));
  }

  @Override
  public SandboxHandle sandbox(ContainerId id) {
    return Failures.telling("load sandbox \"" + id + "\"", () -> SandboxHandle.load(this, id));
  }

  @Override
  public Listing list() {
    List<ContainerState> containers = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    List<String> ids = Failures.telling("list containers of " + store.root(), store::ids);
    for (int i = 0; i < ids.size(); i++) {
      try {
        Optional<ContainerState> state = look(ids.get(i));
        if (state.isPresent()) {
          containers.add(state.get());
        }
      } catch (CarafeException | KernelException | CgroupException e) {
        problems.add("load container " + ids.get(i) + ": " + e.getMessage());
      }
    }
    return new Listing(containers, problems);
  }

  private Optional<ContainerState> look(String id) {
    Optional<SeenContainer> seen = store.look(id);
    if (seen.isEmpty()) {
      return Optional.empty();
    }
    try (SeenContainer container = seen.get()) {
      return Optional.of(new Observer(platform).look(container));
    }
  }

  @Override
  public void delete(ContainerId id, DeleteMode mode) {
    delete(id.value(), Optional.empty(), mode);
  }

  void delete(String id, Optional<String> instance, DeleteMode mode) {
    Failures.doing(
        "delete container \"" + id + "\"",
        () ->
            new Deletion(store, platform, ending(), warnings, PATIENCE_MILLIS, id, instance, mode)
                .run());
    if (!notices.isNone()) {
      notices.deleted(ContainerId.of(id), warnings);
    }
  }

  /**
   * Writes down how a container's first process ended, for others to read, as its parent saw it.
   *
   * @param container one of this root
   * @param rawWaitStatus as {@code wait4(2)} gives it
   */
  public void recordExit(Container container, int rawWaitStatus) {
    String instance = ((ContainerHandle) container).instance();
    Wait.record(store, container.id().value(), instance, rawWaitStatus);
  }

  /**
   * Returns the system calls that making and starting a container would make, without making them.
   *
   * @param front whose container it would be
   * @param warnings takes what the user should know
   * @param json whether as JSON, else as lines for a reader
   */
  public static String explain(
      ContainerRequest request, Front front, Consumer<String> warnings, boolean json) {
    return Failures.telling(
        "explain container \"" + request.id() + "\"",
        () -> {
          Explain plan = NativePlatform.of(front).explain(request, Bundle.read(request), warnings);
          plan.warnings().forEach(warnings);
          return json ? plan.toJson() + "\n" : plan.toText();
        });
  }

  StateStore store() {
    return store;
  }

  Platform platform() {
    return platform;
  }

  Consumer<String> warnings() {
    return warnings;
  }

  Notices notices() {
    return notices;
  }

  Ending ending() {
    return new Ending(platform, warnings, PATIENCE_MILLIS);
  }

  /** Locks the very container that was meant, not another one of its id. */
  static HeldContainer lock(StateStore store, String id, String instance) {
    Optional<HeldContainer> locked = store.lock(id);
    if (locked.isEmpty()) {
      throw new ContainerNotFoundException(id);
    }
    HeldContainer held = locked.get();
    boolean done = false;
    try {
      checkInstance(held.state(), instance);
      done = true;
      return held;
    } finally {
      if (!done) {
        held.close();
      }
    }
  }

  static void checkInstance(StoredState state, String instance) {
    if (!state.instance().equals(instance)) {
      throw new ContainerNotFoundException(state.id());
    }
  }
}
