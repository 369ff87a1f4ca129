package dev.carafe.cli;

import dev.carafe.Container;
import dev.carafe.ExitStatus;
import dev.carafe.spec.JsonOut;
import java.util.List;

/** {@code carafe wait}: waits for the end of a container's process, as runsc does. */
final class WaitCommand extends Command {
  WaitCommand() {
    super("wait", "wait for the end of a container", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return """
    Waits until the container's first process has ended, or another of its processes, and
    prints how as JSON: "exitStatus" is its exit code, 128 + n if signal n ended it, or
    null if nobody can know.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(
        Flag.value("pid", "wait for the process with this id in the container's pid namespace"),
        Flag.value("rootpid", "wait for the process with this id on this machine"));
  }

  @Override
  int run(Session session, Arguments arguments) {
    boolean inner = arguments.value("pid").isPresent();
    boolean outer = arguments.value("rootpid").isPresent();
    if (inner && outer) {
      throw new UsageException("only one of -pid and -rootpid can be given");
    }
    Container container = session.container(arguments.rest().get(0));
    ExitStatus status;
    try {
      if (inner) {
        status = container.waitFor(container.processId(arguments.count("pid")));
      } else {
        status = outer ? container.waitFor(arguments.count("rootpid")) : container.waitFor();
      }
    } catch (InterruptedException e) {
      throw new CommandException("interrupted while waiting", e);
    }
    JsonOut out = JsonOut.compact().beginObject().field("id", container.id().value());
    if (status instanceof ExitStatus.Unknown) {
      out.name("exitStatus").nothing();
    } else {
      out.field("exitStatus", status.shellCode());
    }
    Stream.OUT.print(out.endObject() + "\n");
    return 0;
  }
}
