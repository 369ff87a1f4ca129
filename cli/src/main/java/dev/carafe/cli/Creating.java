package dev.carafe.cli;

import dev.carafe.CarafeException;
import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.ContainerRequest;
import dev.carafe.DeleteMode;
import dev.carafe.runtime.container.ContainerHandle;
import dev.carafe.runtime.container.NotifySocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the commands that make a container of a bundle have in common. */
final class Creating {
  /** The variable by which a service manager says where it listens. */
  static final String NOTIFY_SOCKET = "NOTIFY_SOCKET";

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
    all.add(Flag.value("pidfd-socket", "Unix socket that a pidfd of the first process is sent to"));
    all.add(Flag.value("pid-file", "file that the first process's id is written to"));
    all.add(
        Flag.value(
            "user-log", "file that warnings and errors for the container's user are added to"));
    return all;
  }

  /** Makes a request of a command's flags. */
  static ContainerRequest.Builder request(Session session, Arguments arguments, String id) {
    ContainerRequest.Builder request =
        ContainerRequest.builder(
                ContainerId.of(id), session.absolute(arguments.value("bundle").orElse("")))
            .listenFds(listenFds(session))
            .preserveFds(arguments.count("preserve-fds"))
            .noPivot(arguments.has("no-pivot"))
            .noNewKeyring(arguments.has("no-new-keyring"))
            .systemdCgroup(session.flags().has("systemd-cgroup"))
            .rootless(session.isRootless());
    Optional<String> socket = arguments.value("console-socket");
    if (socket.isPresent()) {
      request.consoleSocket(session.absolute(socket.get()));
    }
    Optional<String> pidfdSocket = arguments.value("pidfd-socket");
    if (pidfdSocket.isPresent()) {
      request.pidfdSocket(session.absolute(pidfdSocket.get()));
    }
    if (session.environment(NOTIFY_SOCKET).filter(s -> !s.isEmpty()).isPresent()) {
      request.notifySocket(true);
    }
    Optional<String> userLog = arguments.nonEmpty("user-log");
    if (userLog.isPresent()) {
      request.userLog(session.absolute(userLog.get()));
    }
    Optional<String> pidFile = arguments.value("pid-file");
    if (pidFile.isPresent()) {
      request.pidFile(session.absolute(pidFile.get()));
    }
    return request;
  }

  /** Sockets that a service manager has opened for this very process: sd_listen_fds(3). */
  private static int listenFds(Session session) {
    Optional<String> count = session.environment("LISTEN_FDS");
    if (count.isEmpty() || count.get().isEmpty()) {
      return 0;
    }
    String pid = Integer.toString(session.front().hello().pid());
    if (!session.environment("LISTEN_PID").orElse("").equals(pid)) {
      return 0;
    }
    try {
      return Math.max(0, Integer.parseInt(count.get()));
    } catch (NumberFormatException e) {
      throw new CommandException("LISTEN_FDS is not a number: \"" + count.get() + "\"");
    }
  }

  /**
   * Starts a container. Where a service manager wants to know when it is ready, returns only then,
   * or when it has ended.
   */
  static void start(Session session, ContainerHandle container) {
    start(session, container, false);
  }

  private static void start(Session session, ContainerHandle container, boolean releaseSignals) {
    Optional<NotifySocket> listening = listen(session, container);
    if (listening.isEmpty()) {
      container.start();
      return;
    }
    try (NotifySocket socket = listening.get()) {
      container.start();
      if (releaseSignals) {
        Foreground.releaseSignals(session.front());
      }
      socket.handOn(session.environment(NOTIFY_SOCKET).orElseThrow());
    }
  }

  /** Listens to the program for the service manager, if there is one. */
  static Optional<NotifySocket> listen(Session session, ContainerHandle container) {
    return session.environment(NOTIFY_SOCKET).filter(s -> !s.isEmpty()).isPresent()
        ? container.notifySocket()
        : Optional.empty();
  }

  /**
   * Starts a container that nobody waits for; if that fails, it is deleted. Who waits for its
   * readiness can be ended by a signal again.
   */
  static void startDetached(Session session, ContainerHandle container) {
    boolean done = false;
    try {
      start(session, container, true);
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
    } catch (ContainerNotFoundException e) {
      // A hook that failed has taken it along.
    } catch (CarafeException e) {
      session.log().warning(CommandLine.message(e));
    }
  }
}
