package dev.carafe.cli;

import dev.carafe.CheckpointRequest;
import dev.carafe.DeleteMode;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Front;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.container.ContainerHandle;
import java.util.List;
import java.util.Optional;

/** {@code carafe checkpoint}: writes images of a container's processes, by CRIU. */
final class CheckpointCommand extends Command {
  CheckpointCommand() {
    super("checkpoint", "write a running container to disk", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return """
    Has CRIU write images of all processes of the container, from which "carafe restore"
    makes them again, also elsewhere. After that the container is ended and deleted, unless
    --leave-running or --pre-dump is given. When it fails the container goes on; what was
    wrong is in dump.log. Needs root, and CRIU 3.15 or later in $PATH.\
    """;
  }

  @Override
  List<Flag> flags() {
    List<Flag> flags = Images.flags();
    flags.add(Flag.value("parent-path", "images of a pre-dump, relative to the image path"));
    flags.add(Flag.toggle("leave-running", "let the container go on"));
    flags.add(Flag.toggle("pre-dump", "write memory only, and let the container go on"));
    flags.add(Flag.value("page-server", "ADDRESS:PORT of who takes the memory"));
    flags.add(
        Flag.value("status-fd", "with --lazy-pages: descriptor that gets \\0 when CRIU serves"));
    flags.add(Flag.toggle("link-remap", "link files anew that were removed and are open"));
    flags.add(Flag.toggle("tcp-skip-in-flight", "leave out connections that are being made"));
    return flags;
  }

  @Override
  int run(Session session, Arguments arguments) {
    ContainerHandle container = session.container(arguments.rest().get(0));
    boolean leaveRunning = arguments.has("leave-running");
    boolean preDump = arguments.has("pre-dump");
    CheckpointRequest.Builder request =
        CheckpointRequest.builder(Images.options(session, arguments))
            .leaveRunning(leaveRunning)
            .preDump(preDump)
            .linkRemap(arguments.has("link-remap"))
            .tcpSkipInFlight(arguments.has("tcp-skip-in-flight"));
    Optional<String> parent = arguments.nonEmpty("parent-path");
    if (parent.isPresent()) {
      request.parent(parent.get());
    }
    Optional<String> server = arguments.nonEmpty("page-server");
    if (server.isPresent()) {
      request.pageServer(pageServer(server.get()));
    }
    Optional<String> status = arguments.value("status-fd");
    if (status.isPresent() && !status.get().equals("-1")) {
      int fd = statusFd(session, arguments, status.get());
      request.pagesReady(() -> tellReady(session.front(), fd));
    }
    container.checkpoint(request.build());
    if (!leaveRunning && !preDump) {
      // As runc and crun do, so that the id is free for the restore.
      container.delete(DeleteMode.FORCE);
    }
    return 0;
  }

  private static CheckpointRequest.PageServer pageServer(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = colon < 0 ? 0 : Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= 65535) {
        return new CheckpointRequest.PageServer(text.substring(0, colon), port);
      }
    } catch (NumberFormatException e) {
      // Told below, as for one that is out of range.
    }
    throw new CommandException("invalid --page-server \"" + text + "\": it must be ADDRESS:PORT");
  }

  private static int statusFd(Session session, Arguments arguments, String text) {
    if (!arguments.has("lazy-pages")) {
      throw new CommandException("--status-fd tells about --lazy-pages, which is not given");
    }
    int fd = arguments.count("status-fd");
    if (fd > 2 && !session.front().hello().openFds().contains(fd)) {
      throw new CommandException("invalid --status-fd argument " + text + ": it is not open");
    }
    return fd;
  }

  /** The descriptor is the front's. */
  private static void tellReady(Front front, int fd) {
    Batch batch = front.agent().batch();
    Calls calls = new Calls(batch);
    calls.call(
        "write to the status descriptor " + fd,
        Syscall.WRITE,
        Arg.of(fd),
        batch.bytes(new byte[1]),
        Arg.of(1));
    calls.close("close the status descriptor " + fd, Arg.of(fd));
    Reply _ = front.agent().run(batch);
  }
}
