package dev.carafe.runtime.root;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.MountOptions.Idmap;
import dev.carafe.runtime.root.MountOptions.Spread;
import dev.carafe.spec.Device;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Opens on the host what is mounted in the container, as detached mounts that have their attributes
 * already: an agent in a user namespace could neither reach nor change them. Where the host's side
 * itself may not make mounts (rootless, outside of a user namespace) it only looks, and the agent
 * makes the copy in its own namespace.
 */
final class Sources {
  private static final int STAT_MODE_AT = 28;

  private final Executor host;
  private final Spread usual;
  private boolean inside;
  private Optional<IdmapNamespaces> idmaps = Optional.empty();

  /**
   * Something of the host.
   *
   * @param directory whether it is a directory.
   * @param fd the detached mount; empty if the agent makes it.
   */
  record Opened(boolean directory, Optional<Fd> fd) {}

  /**
   * Makes one.
   *
   * @param usual how mounts of the host spread events whose options do not say it
   */
  Sources(Executor host, Spread usual) {
    this.host = host;
    this.usual = usual;
  }

  /** Says where the user namespaces of idmapped mounts come from. */
  void idmapBy(IdmapNamespaces namespaces) {
    idmaps = Optional.of(namespaces);
  }

  /** Returns whether the agent makes the copies. */
  boolean inside() {
    return inside;
  }

  /** Opens the root file system's directory; empty if the agent must do it. */
  Optional<Fd> openRoot(String path) {
    String label = "open root file system " + path;
    Calls calls = new Calls(host.batch());
    // Opened as what it must be first: a copy could also be made of a file.
    Ref directory = calls.open(label, Arg.CWD, path, Calls.FIND_DIRECTORY, 0);
    Ref root =
        calls.batch.tryCall(label, Syscall.OPEN_TREE, calls.cloneArguments(directory, "", true));
    Batch.Skip failed = calls.batch.skip("unless it failed", root, Batch.When.FAILED, 0);
    calls.spread(label, root, new Spread(usual.type(), true));
    Ref ignored = calls.batch.send(label, root);
    calls.close(root);
    calls.batch.endSkip(failed);
    calls.close(directory);
    Reply reply = host.run(calls.batch);
    long result = reply.value(root);
    if (result == -Errno.EPERM) {
      inside = true;
      return Optional.empty();
    }
    if (result < 0) {
      throw new KernelException(label, (int) -result);
    }
    Fd fd = descriptor(reply);
    calls.batch.recycle();
    return Optional.of(fd);
  }

  /** Adds the copy of the root file system that the agent makes. */
  Ref openRootInside(Calls calls, String path) {
    String label = "open root file system " + path;
    Ref root =
        calls.batch.call(label, Syscall.OPEN_TREE, calls.cloneArguments(Arg.CWD, path, true));
    calls.spread(label, root, new Spread(usual.type(), true));
    return root;
  }

  /** Opens a source, and verifies it. */
  Opened open(BindStep step) {
    String label = "open source " + step.source + " of the mount on " + step.path;
    Calls calls = new Calls(host.batch());
    Ref source = inside ? look(calls, label, step) : copy(calls, label, step);
    Data stat = calls.stat(label, source);
    int statOutput = calls.batch.output(stat);
    int typeOutput = calls.fileSystemType(label, source);
    verify(calls, label, source, step.device);
    Optional<Ref> mapped = idmap(calls, source, step);
    if (!inside) {
      finish(calls, label, source, step.options);
    }
    Reply reply = host.run(calls.batch);
    Fd fd = descriptor(reply);
    try {
      if (mapped.isPresent() && reply.value(mapped.get()) < 0) {
        throw notMapped(step, (int) -reply.value(mapped.get()));
      }
      long type = reply.output(calls.batch, typeOutput).getLong(0);
      if (step.path.is("/proc") && type != 0 && type != Step.PROC_MAGIC) {
        throw new InvalidConfigException(
            step.label + ": \"/proc\" cannot be mounted because it is not of type proc");
      }
      boolean directory = isDirectory(reply.output(calls.batch, statOutput));
      calls.batch.recycle();
      if (inside) {
        fd.close();
        return new Opened(directory, Optional.empty());
      }
      return new Opened(directory, Optional.of(fd));
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /**
   * Owners are mapped here, not by the agent: it takes power over the file system, and a mount that
   * is nowhere yet.
   */
  private Optional<Ref> idmap(Calls calls, Ref source, BindStep step) {
    if (step.options.idmap() == Idmap.NO) {
      return Optional.empty();
    }
    if (inside) {
      throw notMapped(step, Errno.EPERM);
    }
    IdmapNamespaces namespaces =
        idmaps.orElseThrow(() -> new IllegalStateException("idmapBy() comes first"));
    Fd namespace = step.idmap(namespaces);
    boolean tree = step.options.idmap() == Idmap.TREE;
    return Optional.of(calls.tryIdmap("map the owners of " + step.source, source, namespace, tree));
  }

  private static KernelException notMapped(BindStep step, int errno) {
    String why =
        switch (errno) {
          case Errno.EPERM ->
              " (it needs CAP_SYS_ADMIN in the user namespace in which the file system was mounted,"
                  + " and the mount must not be idmapped already)";
          case Errno.EINVAL -> " (its file system, or one below it, cannot be idmapped)";
          default -> "";
        };
    return new KernelException(
        "idmap " + step.source + " for the mount on " + step.path + why, errno);
  }

  private static Ref look(Calls calls, String label, BindStep step) {
    return calls.batch.sendFd(
        label, Syscall.OPENAT, Arg.CWD, calls.string(step.source), Arg.of(Calls.FIND));
  }

  private static Ref copy(Calls calls, String label, BindStep step) {
    boolean tree = step.options.recursive();
    return calls.batch.sendFd(
        label, Syscall.OPEN_TREE, calls.cloneArguments(Arg.CWD, step.source, tree));
  }

  /** Adds the copy of a source that the agent makes. */
  Ref cloneInside(Calls calls, BindStep step) {
    boolean tree = step.options.recursive();
    Ref mount =
        calls.batch.call(
            step.label, Syscall.OPEN_TREE, calls.cloneArguments(Arg.CWD, step.source, tree));
    verify(calls, step.label, mount, step.device);
    finish(calls, step.label, mount, step.options);
    return mount;
  }

  /** The device that was opened is looked at, never its name (CVE-2025-31133). */
  private static void verify(Calls calls, String label, Ref source, Optional<Device> device) {
    if (device.isPresent()) {
      Device d = device.get();
      calls.checkDevice(label, source, NodeStep.type(d), d.major(), d.minor(), Errno.ENODEV);
    }
  }

  private void finish(Calls calls, String label, Ref mount, MountOptions options) {
    if (options.spread().isEmpty()) {
      calls.spread(label, mount, usual);
    }
    calls.spread(label, mount, options.spread());
    calls.attributes(label, mount, options.own(), false);
    calls.attributes(label, mount, options.tree(), true);
  }

  /** A mode of 0 is the answer of a recorder; then it is taken for a directory. */
  private static boolean isDirectory(ByteBuffer stat) {
    int type = stat.getShort(STAT_MODE_AT) & Mode.TYPE;
    return type == Mode.DIRECTORY || type == 0;
  }

  /** A recorder has no descriptors to give; the working directory stands for them. */
  private static Fd descriptor(Reply reply) {
    List<Fd> descriptors = reply.descriptors();
    return descriptors.isEmpty() ? Fd.CWD : descriptors.get(0);
  }

  /** Returns whether the host has {@code path}. */
  boolean exists(String path) {
    Calls calls = new Calls(host.batch());
    Data stat = calls.batch.space(Stat.SIZE);
    Ref found =
        calls.batch.tryCall(
            "look for " + path,
            Syscall.STATX,
            Arg.CWD,
            calls.string(path),
            Arg.of(At.SYMLINK_NOFOLLOW),
            Arg.of(Stat.MASK),
            stat);
    boolean there = host.run(calls.batch).value(found) >= 0;
    calls.batch.recycle();
    return there;
  }
}
