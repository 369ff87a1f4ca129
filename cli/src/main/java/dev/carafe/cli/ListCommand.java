package dev.carafe.cli;

import dev.carafe.ContainerState;
import dev.carafe.Listing;
import dev.carafe.spec.JsonOut;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** {@code carafe list}: prints the containers of the state root. */
final class ListCommand extends Command {
  private static final List<String> COLUMNS =
      List.of("ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER");
  private static final int LEAST_WIDTH = 12;
  private static final int GAP = 3;

  ListCommand() {
    super("list", "list the containers", "", 0, 0);
  }

  @Override
  String description() {
    return """
    Lists the containers of the state root, which the global flag --root chooses. What
    cannot be read is told on standard error.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(
        Flag.value("format", "table or json (default: table)").or('f'),
        Flag.toggle("quiet", "print the ids only").or('q'));
  }

  @Override
  int run(Session session, Arguments arguments) {
    Listing listing = session.carafe().list();
    for (String problem : listing.problems()) {
      session.log().warning(problem);
    }
    List<ContainerState> containers = listing.containers();
    if (arguments.has("quiet")) {
      Stream.OUT.print(ids(containers));
      return 0;
    }
    switch (arguments.value("format").orElse("table")) {
      case "table" -> Stream.OUT.print(table(containers));
      case "json" -> Stream.OUT.print(json(containers));
      default -> throw new CommandException("invalid format option");
    }
    return 0;
  }

  private static String ids(List<ContainerState> containers) {
    StringBuilder out = new StringBuilder();
    for (ContainerState container : containers) {
      out.append(container.id().value()).append('\n');
    }
    return out.toString();
  }

  /** As runc prints it, which says null for none. */
  private static String json(List<ContainerState> containers) {
    if (containers.isEmpty()) {
      return "null\n";
    }
    JsonOut out = JsonOut.compact().beginArray();
    for (ContainerState container : containers) {
      container.toOci().writeTo(out);
    }
    return out.endArray() + "\n";
  }

  static String table(List<ContainerState> containers) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(COLUMNS);
    for (ContainerState container : containers) {
      OptionalInt pid = container.pid();
      rows.add(
          List.of(
              container.id().value(),
              pid.isPresent() ? Integer.toString(pid.getAsInt()) : "0",
              container.status().word(),
              container.bundle(),
              container.created(),
              container.owner()));
    }
    StringBuilder out = new StringBuilder();
    int[] widths = widths(rows);
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        String cell = row.get(i);
        out.append(cell);
        for (int k = cell.length(); i < row.size() - 1 && k < widths[i]; k++) {
          out.append(' ');
        }
      }
      out.append('\n');
    }
    return out.toString();
  }

  private static int[] widths(List<List<String>> rows) {
    int[] widths = new int[COLUMNS.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = LEAST_WIDTH;
      for (List<String> row : rows) {
        widths[i] = Math.max(widths[i], row.get(i).length() + GAP);
      }
    }
    return widths;
  }
}
