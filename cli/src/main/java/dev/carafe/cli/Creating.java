package dev.carafe.cli;

import dev.carafe.CarafeException;
import dev.carafe.ContainerId;
import dev.carafe.ContainerRequest;
import dev.carafe.DeleteMode;
import dev.carafe.runtime.container.ContainerHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the commands that make a container of a bundle have in common. */
final class Creating {
  /** The flags that change the launch itself. */
  static final List<Flag> LAUNCH_FLAGS =
      List.of(
          Flag.value("bundle", "the bundle's directory (default: the current one)").or('b'),
          Flag.toggle(
              "no-pivot",
              "change the root without pivot_root, for a host that runs from a ramdisk"),
          Flag.toggle("no-new-keyring", "let the container keep the caller's session keyring"),
          Flag.value(
              "preserve-fds", "hand on so many descriptors after the standard ones (default: 0)"));

  /** All of their flags. */
  static final List<Flag> FLAGS = withOutputs();

  private Creating() {}

  private static List<Flag> withOutputs() {
    List<Flag> all = new ArrayList<>(LAUNCH_FLAGS);
    all.add(
        Flag.value(
            "console-socket", "Unix socket that the terminal is sent to, for a detached one"));
    all.add(Flag.value("pid-file", "file that the first process's id is written to"));
    return all;
  }

  /** Makes a request of a command's flags. */
  static ContainerRequest.Builder request(Session session, Arguments arguments, String id) {
    ContainerRequest.Builder request =
        ContainerRequest.builder(
                ContainerId.of(id), session.absolute(arguments.value("bundle").orElse("")))
            .preserveFds(arguments.count("preserve-fds"))
            .noPivot(arguments.has("no-pivot"))
            .noNewKeyring(arguments.has("no-new-keyring"))
            .systemdCgroup(session.flags().has("systemd-cgroup"))
            .rootless(session.isRootless());
    Optional<String> socket = arguments.value("console-socket");
    if (socket.isPresent()) {
      request.consoleSocket(session.absolute(socket.get()));
    }
    Optional<String> pidFile = arguments.value("pid-file");
    if (pidFile.isPresent()) {
      request.pidFile(session.absolute(pidFile.get()));
    }
    return request;
  }

  /** Starts a container that nobody waits for; if that fails, it is deleted. */
  static void startDetached(Session session, ContainerHandle container) {
    boolean done = false;
    try {
      container.start();
      done = true;
    } finally {
      if (!done) {
        delete(session, container);
      }
    }
  }

  /** Deletes a container after a failure, which is the one to report. */
  static void delete(Session session, ContainerHandle container) {
    try {
      container.delete(DeleteMode.FORCE);
    } catch (CarafeException e) {
      session.log().warning(CommandLine.message(e));
    }
  }
}
