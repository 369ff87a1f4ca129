package dev.carafe.spec;

import java.util.List;

/**
 * The programs that run at moments of the life cycle (config.md, POSIX-platform Hooks), each list
 * in its order.
 *
 * @param prestart those of the deprecated kind, which run with {@code createRuntime}, before it.
 * @param createRuntime those that run in the runtime's namespaces when the container's are made.
 * @param createContainer those that run in the container's namespaces before the root changes.
 * @param startContainer those that run in the container before its program.
 * @param poststart those that run after the program has begun.
 * @param poststop those that run after the container was deleted.
 */
public record Hooks(
    List<Hook> prestart,
    List<Hook> createRuntime,
    List<Hook> createContainer,
    List<Hook> startContainer,
    List<Hook> poststart,
    List<Hook> poststop) {
  /** Keeps copies that nobody can change. */
  public Hooks {
    prestart = List.copyOf(prestart);
    createRuntime = List.copyOf(createRuntime);
    createContainer = List.copyOf(createContainer);
    startContainer = List.copyOf(startContainer);
    poststart = List.copyOf(poststart);
    poststop = List.copyOf(poststop);
  }

  /** No hooks. */
  public static final Hooks NONE =
      new Hooks(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

  /** Returns the hooks of one kind. */
  public List<Hook> of(HookKind kind) {
    return switch (kind) {
      case PRESTART -> prestart;
      case CREATE_RUNTIME -> createRuntime;
      case CREATE_CONTAINER -> createContainer;
      case START_CONTAINER -> startContainer;
      case POSTSTART -> poststart;
      case POSTSTOP -> poststop;
    };
  }

  /** Tells whether there are none of any kind. */
  public boolean isEmpty() {
    return prestart.isEmpty()
        && createRuntime.isEmpty()
        && createContainer.isEmpty()
        && startContainer.isEmpty()
        && poststart.isEmpty()
        && poststop.isEmpty();
  }
}
