package dev.carafe.cli;

import dev.carafe.runtime.container.BuiltIn;
import dev.carafe.spec.JsonOut;

/** {@code carafe features}: prints what this runtime can do. */
final class FeaturesCommand extends Command {
  FeaturesCommand() {
    super("features", "print what this runtime can do", "", 0, 0);
  }

  @Override
  String description() {
    return """
    Prints as JSON what is built in, as the OCI runtime specification's features.md has
    it; not what this machine has.\
    """;
  }

  @Override
  int run(Session session, Arguments arguments) {
    JsonOut out = JsonOut.indented("    ");
    BuiltIn.features().writeTo(out);
    Stream.OUT.print(out + "\n");
    return 0;
  }
}
