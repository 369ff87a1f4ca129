package dev.carafe.cli;

import dev.carafe.ContainerId;
import dev.carafe.linux.Front;
import dev.carafe.linux.Sys;
import dev.carafe.linux.UserNamespace;
import dev.carafe.runtime.container.ContainerHandle;
import dev.carafe.runtime.container.Containers;
import java.util.List;
import java.util.Optional;

/** One call of the program: who called, with which global flags, and where output goes. */
final class Session {
  private final Front front;
  private final Log log = new Log();
  private GlobalFlags flags = GlobalFlags.NONE;

  Session(Front front) {
    this.front = front;
  }

  /** Returns the process that the user started. */
  Front front() {
    return front;
  }

  Log log() {
    return log;
  }

  GlobalFlags flags() {
    return flags;
  }

  void setFlags(GlobalFlags parsed) {
    flags = parsed;
  }

  /** Returns a variable of the caller's environment. */
  Optional<String> environment(String name) {
    List<String> all = front.hello().environment();
    String start = name + "=";
    for (String entry : all) {
      if (entry.startsWith(start)) {
        return Optional.of(entry.substring(start.length()));
      }
    }
    return Optional.empty();
  }

  /** Returns the containers of the state root. */
  Containers carafe() {
    return Containers.of(root(), front).withWarnings(log::warning);
  }

  /** Finds a container by what the user calls it. */
  ContainerHandle container(String id) {
    return flags.has("short-id") ? carafe().loadByPrefix(id) : carafe().load(ContainerId.of(id));
  }

  /** Returns the directory of the containers' state. */
  String root() {
    String given = flags.value("root");
    if (!given.isEmpty()) {
      return absolute(given);
    }
    if (Sys.geteuid() == 0 && !isUserInDisguise()) {
      return "/run/carafe";
    }
    Optional<String> runtime = environment("XDG_RUNTIME_DIR");
    if (runtime.isEmpty() || !runtime.get().startsWith("/")) {
      throw new CommandException(
          "cannot tell where the containers' state is: $XDG_RUNTIME_DIR is not set; give --root");
    }
    return runtime.get() + "/carafe";
  }

  /** As runc has it: root of a user namespace, by a user who is still called otherwise. */
  private boolean isUserInDisguise() {
    return !environment("USER").orElse("").equals("root")
        && environment("XDG_RUNTIME_DIR").isPresent()
        && !UserNamespace.isInitial();
  }

  /** Returns whether cgroups that this user may not write are passed over. */
  boolean isRootless() {
    return switch (flags.value("rootless")) {
      case "true" -> true;
      case "false" -> false;
      default -> Sys.geteuid() != 0 || !UserNamespace.isInitial();
    };
  }

  /**
   * Returns a path of the caller's as an absolute one, the empty path as the working directory;
   * this JVM has another one.
   */
  String absolute(String path) {
    if (path.startsWith("/")) {
      return path;
    }
    Front.Hello hello = front.hello();
    if (hello.cwdErrno() != 0 || !hello.cwd().startsWith("/")) {
      // "(unreachable)/…" is what the kernel says of a directory outside our root.
      throw new CommandException(
          "cannot tell where \""
              + path
              + "\" is: the working directory is gone; give an absolute path");
    }
    String cwd = hello.cwd().equals("/") ? "" : hello.cwd();
    return path.isEmpty() || path.equals(".") ? hello.cwd() : cwd + "/" + path;
  }
}
