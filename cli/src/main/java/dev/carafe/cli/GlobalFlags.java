package dev.carafe.cli;

import java.util.List;

/** The flags before the command. */
final class GlobalFlags {
  /** None given. */
  static final GlobalFlags NONE = new GlobalFlags(Arguments.parse(List.of(), List.of()));

  private final Arguments arguments;

  private GlobalFlags(Arguments arguments) {
    this.arguments = arguments;
  }

  /** Reads the flags before the command. */
  static GlobalFlags parse(List<String> words) {
    GlobalFlags flags = new GlobalFlags(Arguments.parse(known(), words));
    String rootless = flags.arguments.value("rootless").orElse("auto");
    return switch (rootless) {
      case "true", "false", "auto" -> flags;
      default ->
          throw new UsageException(
              "invalid value \"" + rootless + "\" for flag -rootless: true, false or auto");
    };
  }

  /** Returns all of them. */
  static List<Flag> known() {
    return List.of(
        Flag.toggle("debug", "log what happens in detail"),
        Flag.value("log", "file that errors and warnings are written to (default: standard error)"),
        Flag.value("log-format", "form of the log: text or json (default: text)"),
        Flag.value(
            "root",
            "directory of the containers' state, best in memory (default: /run/carafe, or"
                + " $XDG_RUNTIME_DIR/carafe for a user who is not root)"),
        Flag.toggle(
            "systemd-cgroup",
            "have systemd make the cgroup, which is then named slice:prefix:name"),
        Flag.value(
            "rootless", "go on without the cgroups one may not use: true, false or auto (default)"),
        Flag.toggle("short-id", "let the unique beginning of a container's id stand for it"),
        Flag.toggle("help", "show help").or('h'),
        Flag.toggle("version", "print the version").or('v'));
  }

  boolean has(String name) {
    return arguments.has(name);
  }

  String value(String name) {
    return arguments.value(name).orElse("");
  }

  /** Returns the command and what follows it. */
  List<String> rest() {
    return arguments.rest();
  }
}
