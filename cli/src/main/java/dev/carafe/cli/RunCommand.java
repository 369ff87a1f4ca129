package dev.carafe.cli;

import dev.carafe.ContainerRequest;
import dev.carafe.linux.Front;
import dev.carafe.runtime.container.ContainerHandle;
import java.util.ArrayList;
import java.util.List;

/** {@code carafe run}: creates a container, starts it, waits for its end and deletes it. */
final class RunCommand extends Command {
  RunCommand() {
    super("run", "create and run a container", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return """
    Makes a container from a bundle, see "carafe create", and starts its program. Waits
    for its end, deletes the container, and ends with its exit code: 128 + n if signal n
    ended it. Signals that carafe gets go to the program. With --detach it returns when
    the program runs.\
    """;
  }

  @Override
  List<Flag> flags() {
    List<Flag> flags = new ArrayList<>(Creating.FLAGS);
    flags.add(Flag.toggle("detach", "return when the program runs").or('d'));
    flags.add(Flag.toggle("keep", "do not delete the container when it has ended"));
    flags.add(
        Flag.toggle("no-subreaper", "leave the processes that the program orphans to others"));
    return flags;
  }

  @Override
  int run(Session session, Arguments arguments) {
    boolean detach = arguments.has("detach");
    String id = arguments.rest().get(0);
    ContainerRequest request = Creating.request(session, arguments, id).detached(detach).build();
    // From here on a signal ends a hook that takes long, and what was made is undone.
    Foreground.holdSignals(session.front());
    try (ContainerHandle container = session.carafe().create(request)) {
      if (!detach) {
        int reap = arguments.has("no-subreaper") ? 0 : Front.REAP_ALL;
        return new Foreground(
                session, container, arguments.has("keep"), Front.FORWARD_SIGNALS | reap)
            .run();
      }
      Creating.startDetached(session, container);
      return 0;
    }
  }
}
