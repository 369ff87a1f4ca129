package dev.carafe.cli;

import dev.carafe.Carafe;
import dev.carafe.CarafeException;
import dev.carafe.ContainerId;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.DeleteMode;
import java.util.List;

/** {@code carafe delete}: removes containers. */
final class DeleteCommand extends Command {
  DeleteCommand() {
    super("delete", "delete containers and all that belongs to them", "<container-id>...", 1, ANY);
  }

  @Override
  String description() {
    return """
    Deletes containers that have stopped, or that were created and never started. With
    --force, one that runs is killed first, one whose state is damaged or half-made is
    removed as well, and one that is not there is no error.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(
        Flag.toggle("force", "kill it first, if it runs").or('f'),
        Flag.toggle("regex", "delete all containers whose ids match").or('r'));
  }

  @Override
  int run(Session session, Arguments arguments) {
    DeleteMode mode = arguments.has("force") ? DeleteMode.FORCE : DeleteMode.STOPPED;
    if (arguments.has("regex")) {
      int failed = 0;
      for (String expression : arguments.rest()) {
        failed |= Matching.each(session, expression, id -> session.carafe().delete(id, mode));
      }
      return failed;
    }
    int failed = 0;
    for (String id : arguments.rest()) {
      try {
        delete(session, id, mode);
      } catch (CarafeException e) {
        if (mode != DeleteMode.FORCE || !(e instanceof ContainerNotFoundException)) {
          failed = 1;
          session.log().error(CommandLine.message(e));
        }
      }
    }
    return failed;
  }

  private static void delete(Session session, String id, DeleteMode mode) {
    Carafe carafe = session.carafe();
    ContainerId exact =
        session.flags().has("short-id") ? carafe.loadByPrefix(id).id() : ContainerId.of(id);
    carafe.delete(exact, mode);
  }
}
