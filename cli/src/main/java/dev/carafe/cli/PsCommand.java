package dev.carafe.cli;

import dev.carafe.Container;
import dev.carafe.spec.JsonOut;
import java.util.ArrayList;
import java.util.List;

/** {@code carafe ps}: prints the processes of a container. */
final class PsCommand extends Command {
  PsCommand() {
    super("ps", "print the processes of a container", "<container-id> [ps options]", 1, ANY);
  }

  @Override
  String description() {
    return """
    Prints what the program "ps" of this machine prints of the container's processes. What
    follows the id are its options, -ef if there are none; they must make it print a column
    PID. With --format json it prints the process ids alone.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(Flag.value("format", "table or json (default: table)").or('f'));
  }

  @Override
  int run(Session session, Arguments arguments) {
    String id = arguments.rest().get(0);
    Container container = session.container(id);
    List<Integer> pids = container.processes();
    switch (arguments.value("format").orElse("table")) {
      case "json" -> Stream.OUT.print(json(pids));
      case "table" -> {
        List<String> options = arguments.rest().subList(1, arguments.rest().size());
        List<String> words = new ArrayList<>(List.of("ps"));
        words.addAll(options.isEmpty() ? List.of("-ef") : options);
        Stream.OUT.print(only(pids, HostProgram.run(session, words)));
      }
      default -> throw new CommandException("invalid format option");
    }
    return 0;
  }

  private static String json(List<Integer> pids) {
    if (pids.isEmpty()) {
      return "null\n";
    }
    JsonOut out = JsonOut.compact().beginArray();
    for (int pid : pids) {
      out.number(pid);
    }
    return out.endArray() + "\n";
  }

  /** Returns the heading and the lines whose field under "PID" is one of those. */
  static String only(List<Integer> pids, String printed) {
    String[] lines = printed.split("\n", -1);
    int column = List.of(fields(lines[0])).indexOf("PID");
    if (column < 0) {
      throw new CommandException("couldn't find PID field in ps output");
    }
    StringBuilder out = new StringBuilder(lines[0]).append('\n');
    for (int i = 1; i < lines.length; i++) {
      String[] fields = fields(lines[i]);
      if (fields.length > column && isOneOf(pids, fields[column])) {
        out.append(lines[i]).append('\n');
      }
    }
    return out.toString();
  }

  private static String[] fields(String line) {
    return line.strip().split("\\s+", -1);
  }

  private static boolean isOneOf(List<Integer> pids, String word) {
    try {
      return pids.contains(Integer.valueOf(word));
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
