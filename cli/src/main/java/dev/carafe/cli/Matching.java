package dev.carafe.cli;

import dev.carafe.CarafeException;
import dev.carafe.ContainerId;
import dev.carafe.ContainerState;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** The containers whose ids match a regular expression, as crun's flag --regex finds them. */
final class Matching {
  private Matching() {}

  /**
   * Does something to each; that there is none is no error. Each failure is reported.
   *
   * @return the exit code
   */
  static int each(Session session, String expression, Consumer<ContainerId> work) {
    Pattern pattern;
    try {
      pattern = Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      throw new CommandException(
          "invalid regular expression " + expression + ": " + e.getDescription(), e);
    }
    int failed = 0;
    for (ContainerState container : session.carafe().list().containers()) {
      if (pattern.matcher(container.id().value()).find()) {
        try {
          work.accept(container.id());
        } catch (CarafeException e) {
          failed = CommandLine.FAILED;
          session.log().error(CommandLine.message(e));
        }
      }
    }
    return failed;
  }
}
