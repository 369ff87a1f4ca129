package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Mount;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.MountOptions.Spread;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/** A batch, with the system calls that a root file system is built of. */
final class Calls {
  /** A path of a hostile root: no way out, and no link that only the kernel can follow. */
  static final int IN_ROOT = Open.RESOLVE_IN_ROOT | Open.RESOLVE_NO_MAGICLINKS;

  /** A path of a hostile root that must be what it says. */
  static final int NO_LINKS = IN_ROOT | Open.RESOLVE_NO_SYMLINKS;

  static final int FIND = Open.PATH | Open.CLOEXEC;
  static final int FIND_DIRECTORY = FIND | Open.DIRECTORY;

  /** Size of {@code struct statfs}; its first field is the type. */
  static final int STATFS_SIZE = 120;

  private static final int STAT_MODE_AT = 28;
  private static final int STAT_RDEV_AT = 128;

  final Batch batch;
  private Optional<Data> empty = Optional.empty();
  private Optional<Data> how = Optional.empty();
  private int howFlags;
  private int howResolve;

  Calls(Batch batch) {
    this.batch = batch;
  }

  Data string(String value) {
    return batch.string(value);
  }

  private Data empty() {
    if (empty.isEmpty()) {
      empty = Optional.of(batch.string(""));
    }
    return empty.get();
  }

  // ---- paths

  /** Opens a path below {@code dir}; may fail. */
  Ref tryOpen(String label, Arg dir, String path, int flags, int resolve) {
    Data how = how(flags, resolve);
    return batch.tryCall(label, Syscall.OPENAT2, dir, string(path), how, Arg.of(how.length()));
  }

  /** Opens a path below {@code dir}; that nothing is there is no error. */
  Ref openIfThere(String label, Arg dir, String path, int flags, int resolve) {
    Data how = how(flags, resolve);
    return batch.callIfThere(label, Syscall.OPENAT2, dir, string(path), how, Arg.of(how.length()));
  }

  /** Opens a path below {@code dir}. */
  Ref open(String label, Arg dir, String path, int flags, int resolve) {
    Data how = how(flags, resolve);
    return batch.call(label, Syscall.OPENAT2, dir, string(path), how, Arg.of(how.length()));
  }

  /** Most are asked for again and again. */
  private Data how(int flags, int resolve) {
    if (how.isEmpty() || flags != howFlags || resolve != howResolve) {
      howFlags = flags;
      howResolve = resolve;
      how =
          Optional.of(
              batch.bytes(
                  Open.how(flags, 0, resolve),
                  () -> "{flags=" + flags + ", resolve=" + resolve + "}"));
    }
    return how.get();
  }

  /** Closes a descriptor; only in a run where it was surely opened. */
  void close(Arg fd) {
    batch.tryCall("close", Syscall.CLOSE, fd);
  }

  /** Looks at an open file; returns the {@code struct statx}. */
  Data stat(String label, Ref fd) {
    Data stat = batch.space(Stat.SIZE);
    batch.call(label, Syscall.STATX, fd, empty(), Arg.of(At.EMPTY_PATH), Arg.of(Stat.MASK), stat);
    return stat;
  }

  /** Fails unless {@code fd} is this device; with {@code errno}. */
  void checkDevice(String label, Ref fd, int type, long major, long minor, int errno) {
    Data stat = stat(label, fd);
    batch.check(label, stat, STAT_MODE_AT, 2, Mode.TYPE, type, errno);
    batch.check(label, stat, STAT_RDEV_AT, 4, -1, major, errno);
    batch.check(label, stat, STAT_RDEV_AT + 4, 4, -1, minor, errno);
  }

  /** Asks for the type of the file system that {@code fd} is on; returns the output's number. */
  int fileSystemType(String label, Ref fd) {
    Data statfs = batch.space(STATFS_SIZE);
    batch.tryCall(label, Syscall.FSTATFS, fd, statfs);
    return batch.output(statfs);
  }

  Ref makeDirectory(String label, Arg dir, String name, int mode) {
    return batch.tryCall(label, Syscall.MKDIRAT, dir, string(name), Arg.of(mode));
  }

  Ref makeNode(String label, Arg dir, String name, int mode, long device) {
    return batch.tryCall(label, Syscall.MKNODAT, dir, string(name), Arg.of(mode), Arg.of(device));
  }

  Ref makeLink(String label, String target, Arg dir, String name) {
    return batch.tryCall(label, Syscall.SYMLINKAT, string(target), dir, string(name));
  }

  // ---- mounts

  /** Makes a detached copy of what is mounted at {@code path}. */
  Arg[] cloneArguments(Arg dir, String path, boolean recursive) {
    int flags =
        Mount.OPEN_TREE_CLONE
            | Mount.OPEN_TREE_CLOEXEC
            | (recursive ? At.RECURSIVE : 0)
            | (path.isEmpty() ? At.EMPTY_PATH : 0);
    return new Arg[] {dir, path.isEmpty() ? empty() : string(path), Arg.of(flags)};
  }

  /** Mounts the detached {@code mount} on {@code at}. */
  Ref tryMove(String label, Arg mount, Arg at) {
    return batch.tryCall(label, Syscall.MOVE_MOUNT, moveArguments(mount, at));
  }

  /** Mounts the detached {@code mount} on {@code at}. */
  void move(String label, Arg mount, Arg at) {
    batch.call(label, Syscall.MOVE_MOUNT, moveArguments(mount, at));
  }

  private Arg[] moveArguments(Arg mount, Arg at) {
    int flags = Mount.MOVE_F_EMPTY_PATH | Mount.MOVE_T_EMPTY_PATH;
    return new Arg[] {mount, empty(), at, empty(), Arg.of(flags)};
  }

  /** Mounts, or moves, on top of the root that the agent sees. */
  void moveOntoRoot(String label, Ref mount) {
    batch.call(
        label,
        Syscall.MOVE_MOUNT,
        mount,
        empty(),
        Arg.CWD,
        string("/"),
        Arg.of(Mount.MOVE_F_EMPTY_PATH));
  }

  /** Changes attributes of a mount, if there is something to change. */
  void attributes(String label, Arg mount, Attributes change, boolean recursive) {
    if (!change.isEmpty()) {
      batch.call(label, Syscall.MOUNT_SETATTR, attributeArguments(mount, change, 0, recursive));
    }
  }

  /** Maps the owners on a detached mount by those of a user namespace; may fail. */
  Ref tryIdmap(String label, Arg mount, Fd namespace, boolean recursive) {
    ByteBuffer attr = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
    attr.putLong(0, Mount.ATTR_IDMAP).putLong(24, namespace.number());
    Data data = batch.bytes(attr.array(), "{set=MOUNT_ATTR_IDMAP, userns=" + namespace + "}");
    int flags = At.EMPTY_PATH | (recursive ? At.RECURSIVE : 0);
    return batch.tryCall(
        label, Syscall.MOUNT_SETATTR, mount, empty(), Arg.of(flags), data, Arg.of(data.length()));
  }

  /** Changes, one after the other, how a mount spreads events. */
  void spread(String label, Arg mount, List<Spread> changes) {
    for (Spread change : changes) {
      spread(label, mount, change);
    }
  }

  void spread(String label, Arg mount, Spread change) {
    batch.call(
        label,
        Syscall.MOUNT_SETATTR,
        attributeArguments(mount, Attributes.NONE, change.type(), change.recursive()));
  }

  private Arg[] attributeArguments(Arg mount, Attributes change, long spread, boolean recursive) {
    Data attr = attributeData(change, spread);
    int flags = At.EMPTY_PATH | (recursive ? At.RECURSIVE : 0);
    return new Arg[] {mount, empty(), Arg.of(flags), attr, Arg.of(attr.length())};
  }

  /** Changes how all mounts that the agent sees spread events. */
  void spreadAll(String label, long type) {
    Data attr = attributeData(Attributes.NONE, type);
    batch.call(
        label,
        Syscall.MOUNT_SETATTR,
        Arg.CWD,
        string("/"),
        Arg.of(At.RECURSIVE),
        attr,
        Arg.of(attr.length()));
  }

  private Data attributeData(Attributes change, long spread) {
    ByteBuffer attr = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
    attr.putLong(0, change.set()).putLong(8, change.clear()).putLong(16, spread);
    return batch.bytes(
        attr.array(),
        () ->
            "{set=" + change.set() + ", clear=" + change.clear() + ", propagation=" + spread + "}");
  }

  // ---- new file systems

  Ref openFileSystem(String label, String type) {
    return batch.tryCall(label, Syscall.FSOPEN, string(type), Arg.of(Mount.FS_CLOEXEC));
  }

  /** Gives a file system an option, as {@code mount -o} writes it. */
  Ref configure(String label, Ref fileSystem, String option) {
    int equals = option.indexOf('=');
    if (equals < 0) {
      return configure(label, fileSystem, Mount.CONFIG_FLAG, string(option), Arg.ZERO);
    }
    return configure(label, fileSystem, option.substring(0, equals), option.substring(equals + 1));
  }

  Ref configure(String label, Ref fileSystem, String key, String value) {
    return configure(label, fileSystem, Mount.CONFIG_STRING, string(key), string(value));
  }

  Ref configure(String label, Ref fileSystem, int command) {
    return configure(label, fileSystem, command, Arg.ZERO, Arg.ZERO);
  }

  private Ref configure(String label, Ref fileSystem, int command, Arg key, Arg value) {
    return batch.tryCall(
        label, Syscall.FSCONFIG, fileSystem, Arg.of(command), key, value, Arg.ZERO);
  }

  /** Makes a detached mount of a file system. */
  Ref mountFileSystem(String label, Ref fileSystem, Attributes attributes) {
    return batch.tryCall(
        label, Syscall.FSMOUNT, fileSystem, Arg.of(Mount.FS_CLOEXEC), Arg.of(attributes.set()));
  }
}
