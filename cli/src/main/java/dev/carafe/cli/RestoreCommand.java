package dev.carafe.cli;

import dev.carafe.ContainerId;
import dev.carafe.ContainerRequest;
import dev.carafe.RestoreRequest;
import dev.carafe.linux.Front;
import dev.carafe.runtime.container.ContainerHandle;
import java.util.List;

/** {@code carafe restore}: makes a container from the images of a checkpoint. */
final class RestoreCommand extends Command {
  RestoreCommand() {
    super("restore", "make a container from a checkpoint", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return """
    Has CRIU make the processes of a container again that "carafe checkpoint" has written,
    in a new container, from a bundle like the one that it had. Waits for its end, deletes
    it, and ends with its exit code, as "carafe run" does; with --detach it returns when the
    processes run. What was wrong is in restore.log. Needs root, and CRIU 3.15 or later in
    $PATH.\
    """;
  }

  @Override
  List<Flag> flags() {
    List<Flag> flags = Images.flags();
    flags.add(Flag.value("bundle", "the bundle's directory (default: the current one)").or('b'));
    flags.add(
        Flag.value(
            "console-socket", "Unix socket that the terminal is sent to, for a detached one"));
    flags.add(Flag.toggle("detach", "return when the processes run").or('d'));
    flags.add(Flag.value("pid-file", "file that the first process's id is written to"));
    flags.add(
        Flag.toggle("no-subreaper", "leave the processes that the program orphans to others"));
    flags.add(Flag.toggle("no-pivot", "does nothing here, and says so: CRIU changes the root"));
    flags.add(Flag.value("lsm-profile", "a profile in the place of the one it had: TYPE:NAME"));
    flags.add(Flag.value("lsm-mount-context", "an SELinux context for mounts, likewise"));
    return flags;
  }

  @Override
  int run(Session session, Arguments arguments) {
    boolean detach = arguments.has("detach");
    if (arguments.has("no-pivot")) {
      session.log().warning("--no-pivot does nothing here: CRIU changes the root, by pivot_root");
    }
    RestoreRequest request =
        new RestoreRequest(
            container(session, arguments).detached(detach).build(),
            Images.options(session, arguments),
            arguments.nonEmpty("lsm-profile"),
            arguments.nonEmpty("lsm-mount-context"));
    // From here on a signal ends a hook that takes long, and what was made is undone.
    Foreground.holdSignals(session.front());
    try (ContainerHandle container = session.carafe().restore(request)) {
      if (detach) {
        return 0;
      }
      int reap = arguments.has("no-subreaper") ? 0 : Front.REAP_ALL;
      return new Foreground(session, container, false, Front.FORWARD_SIGNALS | reap).await();
    }
  }

  private static ContainerRequest.Builder container(Session session, Arguments arguments) {
    ContainerRequest.Builder request =
        ContainerRequest.builder(
                ContainerId.of(arguments.rest().get(0)),
                session.absolute(arguments.value("bundle").orElse("")))
            .systemdCgroup(session.flags().has("systemd-cgroup"))
            .rootless(session.isRootless());
    arguments.nonEmpty("console-socket").ifPresent(p -> request.consoleSocket(session.absolute(p)));
    arguments.nonEmpty("pid-file").ifPresent(p -> request.pidFile(session.absolute(p)));
    return request;
  }
}
