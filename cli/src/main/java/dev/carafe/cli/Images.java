package dev.carafe.cli;

import dev.carafe.ImageOptions;
import dev.carafe.linux.Sys;
import dev.carafe.linux.UserNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the commands that write or read a checkpoint have in common. */
final class Images {
  private Images() {}

  /** Returns their flags, which are runc's. */
  static List<Flag> flags() {
    List<Flag> flags = new ArrayList<>();
    flags.add(Flag.value("image-path", "directory of the images (default: ./checkpoint)"));
    flags.add(Flag.value("work-path", "directory of logs (default: that of the images)"));
    flags.add(Flag.toggle("tcp-established", "allow open TCP connections, and keep them"));
    flags.add(Flag.toggle("ext-unix-sk", "allow Unix sockets whose other end is outside"));
    flags.add(Flag.toggle("shell-job", "allow a terminal or session from outside"));
    flags.add(Flag.toggle("file-locks", "allow file locks, and keep them"));
    flags.add(
        Flag.value(
            "manage-cgroups-mode", "soft (the default), full, strict or ignore: see criu(8)"));
    flags.add(Flag.value("empty-ns", "network: make the namespace, but nothing in it"));
    flags.add(Flag.toggle("auto-dedup", "remove memory from an image that a later one has too"));
    flags.add(Flag.toggle("lazy-pages", "bring memory only when it is needed"));
    return flags;
  }

  /** Makes options of a command's flags. */
  static ImageOptions options(Session session, Arguments arguments) {
    if (Sys.geteuid() != 0 || !UserNamespace.isInitial()) {
      throw new CommandException(
          "CRIU needs to be root, and not that of a user namespace: no checkpoints without root");
    }
    String images = session.absolute(arguments.nonEmpty("image-path").orElse("checkpoint"));
    ImageOptions.Builder options =
        ImageOptions.builder(images)
            .tcpEstablished(arguments.has("tcp-established"))
            .externalUnixSockets(arguments.has("ext-unix-sk"))
            .shellJob(arguments.has("shell-job"))
            .fileLocks(arguments.has("file-locks"))
            .autoDedup(arguments.has("auto-dedup"))
            .lazyPages(arguments.has("lazy-pages"))
            .cgroups(cgroups(arguments));
    Optional<String> work = arguments.nonEmpty("work-path");
    if (work.isPresent()) {
      options.work(session.absolute(work.get()));
    }
    for (String each : arguments.values("empty-ns")) {
      if (!each.equals("network")) {
        // The words are runc's.
        throw new CommandException("namespace \"" + each + "\" is not supported");
      }
      options.emptyNetwork(true);
    }
    return options.build();
  }

  private static ImageOptions.Cgroups cgroups(Arguments arguments) {
    return switch (arguments.value("manage-cgroups-mode").orElse("")) {
      case "", "soft" -> ImageOptions.Cgroups.SOFT;
      case "full" -> ImageOptions.Cgroups.FULL;
      case "strict" -> ImageOptions.Cgroups.STRICT;
      case "ignore" -> ImageOptions.Cgroups.IGNORE;
      default -> throw new CommandException("invalid manage-cgroups-mode value");
    };
  }
}
