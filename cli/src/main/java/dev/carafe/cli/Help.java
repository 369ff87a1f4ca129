package dev.carafe.cli;

import java.util.List;

/** The help: of the program, and of each command. */
final class Help {
  private static final int INDENT = 3;
  private static final int GAP = 2;

  private Help() {}

  /** Returns the help of the program. */
  static String program() {
    StringBuilder out = new StringBuilder();
    out.append("NAME:\n   carafe - an OCI container runtime and sandbox for the JVM\n\n");
    out.append("USAGE:\n   carafe [global flags] command [flags] [arguments]\n\n");
    out.append("To run a command in a throw-away container, with no image and no bundle:\n\n");
    out.append("    carafe do -- echo hello\n\n");
    out.append("To run a container of a bundle, a directory with a config.json:\n\n");
    out.append("    carafe run --bundle DIRECTORY CONTAINER-ID\n\n");
    out.append("VERSION:\n   ").append(Version.number()).append("\n\nCOMMANDS:\n");
    List<Command> commands = Commands.all();
    int width = 0;
    for (Command command : commands) {
      width = Math.max(width, command.name().length());
    }
    for (Command command : commands) {
      row(out, command.name(), width, command.summary());
    }
    out.append("\nGLOBAL FLAGS:\n");
    flags(out, GlobalFlags.known());
    return out.toString();
  }

  /** Returns the help of a command. */
  static String command(Command command) {
    StringBuilder out = new StringBuilder();
    out.append("NAME:\n   carafe ").append(command.name()).append(" - ");
    out.append(command.summary()).append("\n\nUSAGE:\n   carafe ").append(command.name());
    if (!command.flags().isEmpty()) {
      out.append(" [flags]");
    }
    if (!command.usage().isEmpty()) {
      out.append(' ').append(command.usage());
    }
    out.append("\n\nDESCRIPTION:\n");
    for (String line : command.description().split("\n", -1)) {
      if (!line.isEmpty()) {
        pad(out, INDENT);
      }
      out.append(line).append('\n');
    }
    if (!command.flags().isEmpty()) {
      out.append("\nFLAGS:\n");
      flags(out, command.flags());
    }
    return out.toString();
  }

  private static void flags(StringBuilder out, List<Flag> flags) {
    int width = 0;
    for (Flag flag : flags) {
      width = Math.max(width, flag.form().length());
    }
    for (Flag flag : flags) {
      row(out, flag.form(), width, flag.help());
    }
  }

  private static void row(StringBuilder out, String left, int width, String right) {
    pad(out, INDENT);
    out.append(left);
    pad(out, width - left.length() + GAP);
    out.append(right).append('\n');
  }

  private static void pad(StringBuilder out, int count) {
    for (int i = 0; i < count; i++) {
      out.append(' ');
    }
  }
}
