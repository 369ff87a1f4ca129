package dev.carafe.cli;

import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.linux.WaitStatus;
import dev.carafe.runtime.container.ContainerHandle;
import java.util.List;

/**
 * What the front calls when a container has ended that it waited for alone. Users do not: the help
 * does not show it.
 */
final class FinishCommand extends Command {
  static final String NAME = "finish-run";

  FinishCommand() {
    super(NAME, "clean up after a container", "<container-id> <instance> <wait status>", 3, 3);
  }

  @Override
  String description() {
    return "Cleans up after a container that \"carafe run\" waited for. Called by carafe itself.";
  }

  @Override
  List<Flag> flags() {
    return List.of(Flag.toggle("keep", "keep the container"));
  }

  @Override
  int run(Session session, Arguments arguments) {
    int status = Integer.parseInt(arguments.rest().get(2));
    try {
      ContainerHandle container = session.carafe().load(ContainerId.of(arguments.rest().get(0)));
      if (container.instance().equals(arguments.rest().get(1))) {
        return Foreground.finish(session, container, arguments.has("keep"), status);
      }
    } catch (ContainerNotFoundException e) {
      // Somebody else has deleted it.
      session.log().debug(e.getMessage());
    }
    return WaitStatus.exitCode(status);
  }
}
