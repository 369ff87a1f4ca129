package dev.carafe;

import dev.carafe.runtime.container.Containers;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * The containers of one state root. Any number of these, in any number of processes and threads,
 * may work on one root at once: an operation decides by what it reads under the container's lock.
 *
 * <p>Every method may throw a {@link CarafeException}.
 */
public sealed interface Carafe permits Containers {

  /** The state root of the command {@code carafe}, as root. */
  Path DEFAULT_ROOT = Path.of("/run/carafe");

  /** Returns the containers of a state root, which need not exist yet. */
  static Carafe at(Path root) {
    return Containers.at(root.toAbsolutePath().toString());
  }

  /**
   * Makes a container; its program waits for {@link Container#start}.
   *
   * @throws ContainerExistsException if the id is taken; that container is not touched
   * @throws InvalidConfigException if the configuration is not valid, or not supported
   */
  Container create(ContainerRequest request);

  /**
   * Makes a container from a checkpoint, by CRIU; it runs when this returns.
   *
   * @throws ContainerExistsException if the id is taken; that container is not touched
   * @throws InvalidConfigException if the configuration is not valid, or not supported
   */
  Container restore(RestoreRequest request);

  /**
   * Finds a container by its exact id.
   *
   * @throws ContainerNotFoundException if there is none
   * @throws UnreadableStateException if there is one whose state is damaged
   */
  Container load(ContainerId id);

  /**
   * Finds a container by its id or the beginning of it. An exact id always wins.
   *
   * @throws ContainerNotFoundException if there is none
   * @throws InvalidInputException if there are several; the message names them
   */
  Container loadByPrefix(String prefix);

  /**
   * Finds a sandbox.
   *
   * @param id that of its first container
   * @throws ContainerNotFoundException if there is no container of that id
   * @throws InvalidInputException if that is in another one's sandbox
   */
  Sandbox sandbox(ContainerId id);

  /** Looks at all containers, without a lock. What cannot be read is told, not thrown. */
  Listing list();

  /**
   * Deletes a container. With {@link DeleteMode#FORCE} also one whose state is damaged, which
   * cannot be loaded.
   *
   * @throws ContainerNotFoundException if there is none
   * @throws WrongStatusException if the mode does not allow its status
   */
  void delete(ContainerId id, DeleteMode mode);

  /**
   * Returns the same containers, with somebody who is told what did not fail but should be known.
   */
  Carafe withWarnings(Consumer<String> warnings);

  /**
   * Returns the same containers, with a listener. It is told what is done by what this returns and
   * by the {@link Container}s that come from there, and the ends of the processes that were made or
   * started so, whoever ended them; not what others do.
   *
   * <p>It is told after the fact, and one thing at a time: by the thread that did it, before the
   * method returns, and of an end by a thread of Carafe's that lives while there are processes to
   * wait for. An end is told after the start and before the deletion; when several threads start
   * one container, after the last of them is done. What several threads do at once may be told in
   * another order than it was done: so of an id that is made again while a deletion returns, the
   * new one's creation may come before the old one's deletion. No lock of a container is held
   * meanwhile, so the listener may use containers; but it must not wait for another thread that
   * does. What it throws becomes a warning, and is no failure of what was done.
   */
  Carafe withListener(Consumer<ContainerNotice> listener);
}
