package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Mount;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.Stage.Target;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes a new file system, of the agent's namespaces, and mounts it. */
final class FileSystemStep extends Step {
  private static final int LOG_LINE = 512;

  private final String type;
  private final Optional<String> source;
  private final MountOptions options;
  private final Optional<Step> instead;
  private Optional<String> selinux = Optional.empty();
  private Optional<Ref> context = Optional.empty();
  private int typeOutput = -1;

  /** The directory that this file system covers, until it does. */
  private Optional<Below> below = Optional.empty();

  /**
   * A directory, and the new file system that is not mounted on it yet.
   *
   * @param existing how the answer tells whether it was there before.
   * @param stat the output with its {@code struct statx}.
   */
  private record Below(Optional<Stage.Existing> existing, Ref place, Ref mount, int stat) {}

  private boolean belowWasThere;
  private Optional<Stat> belowIs = Optional.empty();

  /**
   * Makes one.
   *
   * @param options those that are given to the file system at once
   * @param instead what is done if this file system may not be mounted
   */
  FileSystemStep(
      ContainerPath path,
      boolean followLinks,
      String type,
      Optional<String> source,
      MountOptions options,
      Optional<Step> instead) {
    super("mount " + type + " on " + path, path, followLinks);
    this.type = type;
    this.source = source;
    this.options = options;
    this.instead = instead;
  }

  /** Gives its root a label of SELinux, where the file system takes none for all that it holds. */
  FileSystemStep withRootLabel(Optional<String> given) {
    selinux = given;
    return this;
  }

  @Override
  int cost() {
    int label = selinux.isPresent() ? 4 : 0;
    return super.cost() + label + 2 * (options.data().size() + options.superblock().size());
  }

  @Override
  Target target() {
    return new Target(true, followLinks, true);
  }

  @Override
  void add(Stage stage, Ref place) {
    Calls calls = stage.calls;
    typeOutput = calls.fileSystemType(label, place);
    Ref fs = calls.openFileSystem(label, type);
    stopIf(stage, fs);
    context = Optional.of(fs);
    if (source.isPresent()) {
      stopIf(stage, calls.configure(label, fs, "source", source.get()));
    }
    configure(stage, fs);
    stopIf(stage, calls.configure(label, fs, Mount.CONFIG_CREATE));
    Ref mount = calls.mountFileSystem(label, fs, options.own());
    stopIf(stage, mount);
    calls.close(fs);
    if (selinux.isPresent()) {
      labelRoot(stage, mount, selinux.get());
    }
    if (isLong()) {
      int stat = calls.batch.output(calls.stat(label, place));
      below = Optional.of(new Below(stage.existing(), place, mount, stat));
      return;
    }
    calls.attributes(label, mount, options.tree(), true);
    Ref moved = calls.tryMove(label, mount, place);
    stopIf(stage, moved);
    calls.spread(label, mount, options.spread());
    calls.close(mount);
    calls.close(place);
  }

  private void labelRoot(Stage stage, Ref mount, String given) {
    Calls calls = stage.calls;
    String words = "label " + type + " on " + path;
    // What fsmount(2) returns is but a path, and takes no attributes.
    Ref open = calls.tryOpen(words, mount, ".", Open.DIRECTORY, 0);
    stopIf(stage, open);
    stopIf(
        stage,
        calls.batch.tryCall(
            words,
            Syscall.FSETXATTR,
            open,
            calls.string("security.selinux"),
            calls.string(given),
            Arg.of(OsString.encode(given).length),
            Arg.ZERO));
    calls.close(open);
  }

  /** A tmpfs may have the mode, and the content, of the directory that it covers. */
  @Override
  boolean isLong() {
    return options.copyUp() || (type.equals("tmpfs") && !has("mode="));
  }

  private boolean has(String start) {
    for (String option : options.data()) {
      if (option.startsWith(start)) {
        return true;
      }
    }
    return false;
  }

  @Override
  void complete(Executor init, Consumer<String> warnings) {
    Ref place = below.orElseThrow().place();
    Ref mount = below.orElseThrow().mount();
    Stat is = belowIs.orElseThrow();
    if (options.copyUp() && belowWasThere) {
      new CopyUp("copy " + path + " up into its tmpfs", init, warnings).run(place, mount);
    }
    Calls calls = new Calls(init.batch());
    if (options.copyUp() && belowWasThere && !has("uid=") && !has("gid=")) {
      // It stays root's where the owner is not mapped.
      calls.batch.tryCall(
          label,
          Syscall.FCHOWNAT,
          mount,
          calls.string("."),
          Arg.of(is.uid()),
          Arg.of(is.gid()),
          Arg.ZERO);
    }
    if (belowWasThere && !has("mode=")) {
      calls.batch.call(
          label, Syscall.FCHMODAT, mount, calls.string("."), Arg.of(is.mode() & 07777));
    }
    calls.attributes(label, mount, options.tree(), true);
    calls.move(label, mount, place);
    calls.spread(label, mount, options.spread());
    calls.close(mount);
    calls.close(place);
    init.run(calls.batch);
    calls.batch.recycle();
  }

  private void configure(Stage stage, Ref fs) {
    if (options.readOnly() && hasOwnStorage()) {
      stopIf(stage, stage.calls.configure(label, fs, "ro"));
    }
    for (String flag : options.superblock()) {
      stopIf(stage, stage.calls.configure(label, fs, flag));
    }
    for (String option : options.data()) {
      stopIf(stage, stage.calls.configure(label, fs, option));
    }
  }

  /**
   * Whether the file system itself, not only this mount, is made read-only. Those of the kernel may
   * be shared with the host, which must not become read-only too.
   */
  private boolean hasOwnStorage() {
    return switch (type) {
      case "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "bpf" -> false;
      default -> true;
    };
  }

  @Override
  List<Step> finish(Reply reply, Stage stage) {
    refuseProc(reply.output(stage.calls.batch, typeOutput).getLong(0));
    if (below.isPresent()) {
      Optional<Stage.Existing> existing = below.get().existing();
      belowWasThere = existing.isPresent() && existing.get().in(reply);
      belowIs = Optional.of(Stat.read(reply.output(stage.calls.batch, below.get().stat())));
    }
    return List.of();
  }

  @Override
  Optional<Step> instead(int errno) {
    return errno == Errno.EPERM || errno == Errno.EBUSY ? instead : Optional.empty();
  }

  /** user_namespaces(7): what the host shows of the kernel must not be seen anew by another. */
  private String ofUserNamespace(int errno) {
    if (errno != Errno.EPERM) {
      return "";
    }
    return switch (type) {
      case "proc" ->
          " (in a user namespace it needs a pid namespace of its own, and no mount that covers a"
              + " part of the outer /proc)";
      case "sysfs" ->
          " (in a user namespace it needs a network namespace of its own, and no mount that covers"
              + " a part of the outer /sys; else bind the host's /sys, read-only)";
      default -> "";
    };
  }

  /** The context of a new file system is read like a file: a line for each message. */
  @Override
  String reason(Executor init, int errno) {
    if (context.isEmpty()) {
      return "";
    }
    Batch batch = init.batch();
    Data line = batch.space(LOG_LINE);
    Ref got = batch.tryCall("read log", Syscall.READ, context.get(), line, Arg.of(LOG_LINE));
    int output = batch.output(line);
    Reply reply = init.run(batch);
    int length = (int) Math.max(0, reply.value(got));
    ByteBuffer bytes = reply.output(batch, output);
    byte[] text = new byte[length];
    bytes.get(text);
    // "e " for an error, "w " for a warning, then the message.
    String message = OsString.decode(text).strip();
    return message.length() > 2 ? " (" + message.substring(2) + ")" : ofUserNamespace(errno);
  }
}
