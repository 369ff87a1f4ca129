package dev.carafe.cli;

import dev.carafe.ContainerRequest;
import java.util.ArrayList;
import java.util.List;

/** {@code carafe create}: makes a container, whose program then waits for {@code start}. */
final class CreateCommand extends Command {
  CreateCommand() {
    super("create", "create a container", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return """
    Makes a container from a bundle: a directory with a configuration, "config.json", and
    mostly a root file system. Its program is held until "carafe start". Later changes of
    config.json do not count.

    The id is yours to choose, and unique in the state root: letters, digits and _ + , - .\
    """;
  }

  @Override
  List<Flag> flags() {
    return new ArrayList<>(Creating.FLAGS);
  }

  @Override
  int run(Session session, Arguments arguments) {
    ContainerRequest request =
        Creating.request(session, arguments, arguments.rest().get(0)).detached(true).build();
    // From here on a signal ends a hook that takes long, and what was made is undone.
    Foreground.holdSignals(session.front());
    session.carafe().create(request).close();
    return 0;
  }
}
