package dev.carafe.cli;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import dev.carafe.spec.DefaultSpec;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecWriter;
import java.util.List;

/** {@code carafe spec}: writes a config.json to begin with. */
final class SpecCommand extends Command {
  private static final String FILE = "config.json";
  private static final int MODE = 0666;

  SpecCommand() {
    super("spec", "write a config.json to begin with", "", 0, 0);
  }

  @Override
  String description() {
    return """
    Writes a new config.json into the bundle. It is a start, not an end: it runs "sh" in
    the root file system "rootfs" with a terminal. Edit "args", "terminal" and what else
    is to be different.

        mkdir -p bundle/rootfs
        docker export $(docker create busybox) | tar -C bundle/rootfs -xf -
        carafe spec --bundle bundle
        carafe run --bundle bundle my-container

    With --rootless the file suits a user who is not root: it asks for a user namespace
    in which that user is root.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(
        Flag.value("bundle", "the bundle's directory (default: the current one)").or('b'),
        Flag.toggle("rootless", "write one for a user who is not root"));
  }

  @Override
  int run(Session session, Arguments arguments) {
    String bundle = arguments.value("bundle").orElse("");
    String path = session.absolute(bundle.isEmpty() ? FILE : bundle + "/" + FILE);
    // Where there is no version 1 hierarchy, a container without a cgroup namespace sees the
    // host's.
    boolean unified = Sys.statIfThere(Fd.CWD, "/sys/fs/cgroup/cgroup.controllers", 0).isPresent();
    Spec spec =
        arguments.has("rootless")
            ? DefaultSpec.createRootless(Sys.geteuid(), Sys.getegid(), unified)
            : DefaultSpec.create(unified);
    try (Fd file = Sys.open(path, Open.WRONLY | Open.CREAT | Open.EXCL, MODE)) {
      Sys.writeFully(file, SpecWriter.write(spec), "write " + path);
    } catch (KernelException e) {
      if (e.errno() == Errno.EEXIST) {
        throw new CommandException("File " + path + " exists. Remove it first", e);
      }
      throw new CommandException("cannot write " + path + ": " + Errno.describe(e.errno()), e);
    }
    return 0;
  }
}
