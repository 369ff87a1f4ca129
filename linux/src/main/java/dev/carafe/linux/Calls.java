package dev.carafe.linux;

import java.util.List;

/**
 * System calls as operations of a {@link Batch}, typed. The first argument is the label that names
 * the operation in an error. Every descriptor is made close-on-exec.
 */
public final class Calls {
  private static final int LOWEST_COPY = 3;

  private enum How {
    REQUIRED,
    OPTIONAL,
    SENT,
    LAST_WORDS
  }

  private final Batch batch;
  private final How how;

  /** Adds to {@code batch}; a failure ends the batch. */
  public Calls(Batch batch) {
    this(batch, How.REQUIRED);
  }

  private Calls(Batch batch, How how) {
    this.batch = batch;
    this.how = how;
  }

  /** Returns calls that may fail: their result is then minus the errno. */
  public Calls trying() {
    return new Calls(batch, How.OPTIONAL);
  }

  /** Returns calls whose result is a descriptor that is sent back and closed in the executor. */
  public Calls sending() {
    return new Calls(batch, How.SENT);
  }

  /** Returns calls of the kind of {@link Batch#lastWords}. */
  public Calls lastWords() {
    return new Calls(batch, How.LAST_WORDS);
  }

  /** Returns the batch. */
  public Batch batch() {
    return batch;
  }

  /** Adds any call. */
  public Ref call(String label, int number, Arg... args) {
    return switch (how) {
      case REQUIRED -> batch.call(label, number, args);
      case OPTIONAL -> batch.tryCall(label, number, args);
      case SENT -> batch.sendFd(label, number, args);
      case LAST_WORDS -> batch.lastWords(label, number, args);
    };
  }

  private static Arg n(long value) {
    return Arg.of(value);
  }

  // ---- files

  /** {@code openat2}; see {@link Open}. */
  public Ref openat2(String label, Arg dir, String path, int flags, int mode, int resolve) {
    byte[] open = Open.how(flags | Open.CLOEXEC, mode, resolve);
    Data name = batch.string(path);
    Data how =
        batch.bytes(
            open, () -> "{flags=0x" + Integer.toHexString(flags) + ", resolve=" + resolve + "}");
    return call(label, Syscall.OPENAT2, dir, name, how, n(24));
  }

  /** {@code openat}. */
  public Ref openat(String label, Arg dir, String path, int flags, int mode) {
    return call(label, Syscall.OPENAT, dir, batch.string(path), n(flags | Open.CLOEXEC), n(mode));
  }

  /** {@code close}. */
  public Ref close(String label, Arg fd) {
    return call(label, Syscall.CLOSE, fd);
  }

  /** {@code close_range}; {@code last} may be -1 for all above. */
  public Ref closeRange(String label, int first, int last, int flags) {
    return call(label, Syscall.CLOSE_RANGE, n(first), n(last & 0xffffffffL), n(flags));
  }

  /** {@code dup3} without flags: the copy stays open over an exec. */
  public Ref dup3(String label, Arg fd, int to) {
    return call(label, Syscall.DUP3, fd, n(to), Arg.ZERO);
  }

  /** {@code fcntl} with a number. */
  public Ref fcntl(String label, Arg fd, int command, long value) {
    return call(label, Syscall.FCNTL, fd, n(command), n(value));
  }

  /** Copies a descriptor to a number of at least 3, close-on-exec. */
  public Ref dup(String label, Arg fd) {
    // F_DUPFD_CLOEXEC
    return fcntl(label, fd, 1030, LOWEST_COPY);
  }

  /** {@code write} of a string's bytes. */
  public Ref write(String label, Arg fd, String text) {
    Data data = batch.string(text);
    return call(label, Syscall.WRITE, fd, data, n(data.length()));
  }

  /** {@code read} into {@code into}. */
  public Ref read(String label, Arg fd, Data into) {
    return call(label, Syscall.READ, fd, into, n(into.length()));
  }

  /** Opens a file that exists, writes a text at once and closes it. */
  public Ref writeFile(String label, Arg dir, String path, String text) {
    Calls plain = new Calls(batch);
    Ref fd = plain.openat(label, dir, path, Open.WRONLY, 0);
    Ref written = write(label, fd, text);
    plain.close(label, fd);
    return written;
  }

  /** {@code mkdirat}. */
  public Ref mkdirat(String label, Arg dir, String path, int mode) {
    return call(label, Syscall.MKDIRAT, dir, batch.string(path), n(mode));
  }

  /** {@code mknodat}; the mode has the type's bits of {@link Mode}. */
  public Ref mknodat(String label, Arg dir, String path, int mode, long device) {
    return call(label, Syscall.MKNODAT, dir, batch.string(path), n(mode), n(device));
  }

  /** {@code symlinkat}: at {@code path} a link that says {@code target}. */
  public Ref symlinkat(String label, String target, Arg dir, String path) {
    return call(label, Syscall.SYMLINKAT, batch.string(target), dir, batch.string(path));
  }

  /** {@code unlinkat}. */
  public Ref unlinkat(String label, Arg dir, String path, int flags) {
    return call(label, Syscall.UNLINKAT, dir, batch.string(path), n(flags));
  }

  /** {@code renameat2}. */
  public Ref renameat2(String label, Arg dir, String path, Arg toDir, String to, int flags) {
    return call(
        label, Syscall.RENAMEAT2, dir, batch.string(path), toDir, batch.string(to), n(flags));
  }

  /** {@code fchownat}; -1 keeps. */
  public Ref fchownat(String label, Arg dir, String path, long uid, long gid, int flags) {
    return call(
        label,
        Syscall.FCHOWNAT,
        dir,
        batch.string(path),
        n(uid & 0xffffffffL),
        n(gid & 0xffffffffL),
        n(flags));
  }

  /** {@code fchown}; -1 keeps. */
  public Ref fchown(String label, Arg fd, long uid, long gid) {
    return call(label, Syscall.FCHOWN, fd, n(uid & 0xffffffffL), n(gid & 0xffffffffL));
  }

  /** {@code fchmod}. */
  public Ref fchmod(String label, Arg fd, int mode) {
    return call(label, Syscall.FCHMOD, fd, n(mode));
  }

  /** {@code fchmodat}, which follows a final symbolic link. */
  public Ref fchmodat(String label, Arg dir, String path, int mode) {
    return call(label, Syscall.FCHMODAT, dir, batch.string(path), n(mode));
  }

  /** {@code fchmodat2}, since Linux 6.6. */
  public Ref fchmodat2(String label, Arg dir, String path, int mode, int flags) {
    return call(label, Syscall.FCHMODAT2, dir, batch.string(path), n(mode), n(flags));
  }

  /** {@code statx} into {@code into}, {@link Stat#SIZE} bytes; for {@link Stat#read} or a check. */
  public Ref statx(String label, Arg dir, String path, int flags, Data into) {
    return call(label, Syscall.STATX, dir, batch.string(path), n(flags), n(Stat.MASK), into);
  }

  /** {@code fstatfs} into {@code into}, at least 120 bytes; the type is the first 8. */
  public Ref fstatfs(String label, Arg fd, Data into) {
    return call(label, Syscall.FSTATFS, fd, into);
  }

  /** {@code readlinkat} into {@code into}; the result is the length. */
  public Ref readlinkat(String label, Arg dir, String path, Data into) {
    return call(label, Syscall.READLINKAT, dir, batch.string(path), into, n(into.length()));
  }

  /** {@code faccessat2}; the mode is made of 4 (read), 2 (write) and 1 (execute). */
  public Ref faccessat2(String label, Arg dir, String path, int mode, int flags) {
    return call(label, Syscall.FACCESSAT2, dir, batch.string(path), n(mode), n(flags));
  }

  /** {@code getcwd} into {@code into}; the result is the length with the NUL. */
  public Ref getcwd(String label, Data into) {
    return call(label, Syscall.GETCWD, into, n(into.length()));
  }

  /** {@code chdir}. */
  public Ref chdir(String label, String path) {
    return call(label, Syscall.CHDIR, batch.string(path));
  }

  /** {@code fchdir}. */
  public Ref fchdir(String label, Arg fd) {
    return call(label, Syscall.FCHDIR, fd);
  }

  /** {@code umask}; the result is the former one. */
  public Ref umask(String label, int bits) {
    return call(label, Syscall.UMASK, n(bits));
  }

  /** {@code ioctl} with data. */
  public Ref ioctl(String label, Arg fd, long request, Data data) {
    return call(label, Syscall.IOCTL, fd, n(request), data);
  }

  /** {@code ioctl} with a number. */
  public Ref ioctl(String label, Arg fd, long request, long value) {
    return call(label, Syscall.IOCTL, fd, n(request), n(value));
  }

  /** {@code socket}. */
  public Ref socket(String label, int family, int type, int protocol) {
    return call(label, Syscall.SOCKET, n(family), n(type | Open.CLOEXEC), n(protocol));
  }

  /** {@code bind} of a Unix socket to a path of at most 107 bytes. */
  public Ref bindUnix(String label, Arg socket, String path) {
    Data address = batch.bytes(UnixSocket.address(path), "\"" + path + "\"");
    return call(label, Syscall.BIND, socket, address, n(address.length()));
  }

  /** {@code connect} of a Unix socket to a path of at most 107 bytes. */
  public Ref connectUnix(String label, Arg socket, String path) {
    Data address = batch.bytes(UnixSocket.address(path), "\"" + path + "\"");
    return call(label, Syscall.CONNECT, socket, address, n(address.length()));
  }

  /** {@code listen}. */
  public Ref listen(String label, Arg socket, int backlog) {
    return call(label, Syscall.LISTEN, socket, n(backlog));
  }

  // ---- mounts; see Mount

  /** {@code open_tree}, close-on-exec. */
  public Ref openTree(String label, Arg dir, String path, long flags) {
    return call(
        label, Syscall.OPEN_TREE, dir, batch.string(path), n(flags | Mount.OPEN_TREE_CLOEXEC));
  }

  /** {@code move_mount}. */
  public Ref moveMount(String label, Arg fromDir, String from, Arg toDir, String to, int flags) {
    return call(
        label, Syscall.MOVE_MOUNT, fromDir, batch.string(from), toDir, batch.string(to), n(flags));
  }

  /** {@code fsopen}. */
  public Ref fsopen(String label, String type) {
    return call(label, Syscall.FSOPEN, batch.string(type), n(Mount.FS_CLOEXEC));
  }

  /** {@code fsconfig} of a key with a text. */
  public Ref fsconfigString(String label, Arg fs, String key, String value) {
    return fsconfig(label, fs, Mount.CONFIG_STRING, batch.string(key), batch.string(value), 0);
  }

  /** {@code fsconfig} of a key that stands alone. */
  public Ref fsconfigFlag(String label, Arg fs, String key) {
    return fsconfig(label, fs, Mount.CONFIG_FLAG, batch.string(key), Arg.ZERO, 0);
  }

  /** {@code fsconfig} of a key with a descriptor. */
  public Ref fsconfigFd(String label, Arg fs, String key, Arg fd) {
    return call(label, Syscall.FSCONFIG, fs, n(Mount.CONFIG_FD), batch.string(key), Arg.ZERO, fd);
  }

  /** {@code fsconfig} that makes the file system. */
  public Ref fsconfigCreate(String label, Arg fs) {
    return fsconfig(label, fs, Mount.CONFIG_CREATE, Arg.ZERO, Arg.ZERO, 0);
  }

  /** {@code fsconfig} that changes the file system. */
  public Ref fsconfigReconfigure(String label, Arg fs) {
    return fsconfig(label, fs, Mount.CONFIG_RECONFIGURE, Arg.ZERO, Arg.ZERO, 0);
  }

  private Ref fsconfig(String label, Arg fs, int command, Arg key, Arg value, int aux) {
    return call(label, Syscall.FSCONFIG, fs, n(command), key, value, n(aux));
  }

  /** {@code fsmount}; the attributes are {@link Mount#ATTR_RDONLY} and so on. */
  public Ref fsmount(String label, Arg fs, long attributes) {
    return call(label, Syscall.FSMOUNT, fs, n(Mount.FS_CLOEXEC), n(attributes));
  }

  /** {@code fspick} of the mounted file system at a descriptor. */
  public Ref fspick(String label, Arg dir, String path, int flags) {
    return call(label, Syscall.FSPICK, dir, batch.string(path), n(flags | 1));
  }

  /**
   * {@code mount_setattr}.
   *
   * @param set the attributes to set
   * @param cleared the attributes to clear before that
   * @param propagation {@link Mount#PRIVATE} and so on, or 0
   * @param userNamespace its descriptor, with {@link Mount#ATTR_IDMAP}; else {@link Arg#ZERO}
   */
  public Ref mountSetattr(
      String label,
      Arg dir,
      String path,
      int flags,
      long set,
      long cleared,
      long propagation,
      Arg userNamespace) {
    Data name = batch.string(path);
    long constant = userNamespace instanceof Arg.Constant number ? number.value() : 0;
    Data data = batch.bytes(Bytes.longs(set, cleared, propagation, constant));
    if (userNamespace instanceof Ref ref) {
      batch.register32(data, 24, ref);
    }
    return call(label, Syscall.MOUNT_SETATTR, dir, name, n(flags), data, n(32));
  }

  /** {@code mount}, the classic one; an empty type or data is passed as a null pointer. */
  public Ref mount(
      String label, String source, String target, String type, long flags, String data) {
    return call(
        label,
        Syscall.MOUNT,
        batch.string(source),
        batch.string(target),
        type.isEmpty() ? Arg.ZERO : batch.string(type),
        n(flags),
        data.isEmpty() ? Arg.ZERO : batch.string(data));
  }

  /** {@code umount2}. */
  public Ref umount2(String label, String target, int flags) {
    return call(label, Syscall.UMOUNT2, batch.string(target), n(flags));
  }

  /** {@code pivot_root}. */
  public Ref pivotRoot(String label, String newRoot, String putOld) {
    return call(label, Syscall.PIVOT_ROOT, batch.string(newRoot), batch.string(putOld));
  }

  /** {@code chroot}. */
  public Ref chroot(String label, String path) {
    return call(label, Syscall.CHROOT, batch.string(path));
  }

  // ---- the process

  /** {@code sethostname}. */
  public Ref sethostname(String label, String name) {
    Data data = batch.string(name);
    return call(label, Syscall.SETHOSTNAME, data, n(data.length()));
  }

  /** {@code setdomainname}. */
  public Ref setdomainname(String label, String name) {
    Data data = batch.string(name);
    return call(label, Syscall.SETDOMAINNAME, data, n(data.length()));
  }

  /** {@code setns}. */
  public Ref setns(String label, Arg fd, long type) {
    return call(label, Syscall.SETNS, fd, n(type));
  }

  /** {@code unshare}. */
  public Ref unshare(String label, long flags) {
    return call(label, Syscall.UNSHARE, n(flags));
  }

  /** {@code prctl} with numbers; see {@link Prctl}. */
  public Ref prctl(String label, int option, long... values) {
    Arg[] args = {n(option), Arg.ZERO, Arg.ZERO, Arg.ZERO, Arg.ZERO};
    for (int i = 0; i < values.length; i++) {
      args[i + 1] = n(values[i]);
    }
    return call(label, Syscall.PRCTL, args);
  }

  /** {@code capset} of this thread's three sets; bit n stands for capability n. */
  public Ref capset(String label, long effective, long permitted, long inheritable) {
    byte[] sets = new byte[24];
    for (int i = 0; i < 2; i++) {
      Bytes.putInt(sets, 12 * i, (int) (effective >>> (32 * i)));
      Bytes.putInt(sets, 12 * i + 4, (int) (permitted >>> (32 * i)));
      Bytes.putInt(sets, 12 * i + 8, (int) (inheritable >>> (32 * i)));
    }
    byte[] header = Bytes.ints(Caps.VERSION, 0);
    return call(label, Syscall.CAPSET, batch.bytes(header), batch.bytes(sets));
  }

  /** {@code setresuid} with all three alike. */
  public Ref setresuid(String label, long uid) {
    return call(label, Syscall.SETRESUID, n(uid), n(uid), n(uid));
  }

  /** {@code setresgid} with all three alike. */
  public Ref setresgid(String label, long gid) {
    return call(label, Syscall.SETRESGID, n(gid), n(gid), n(gid));
  }

  /** {@code setgroups}. */
  public Ref setgroups(String label, long[] gids) {
    byte[] data = new byte[4 * gids.length];
    for (int i = 0; i < gids.length; i++) {
      Bytes.putInt(data, 4 * i, (int) gids[i]);
    }
    return call(label, Syscall.SETGROUPS, n(gids.length), batch.bytes(data));
  }

  /** {@code setfsuid}, which never fails: the result is the former one. */
  public Ref setfsuid(String label, long uid) {
    return call(label, Syscall.SETFSUID, n(uid));
  }

  /** {@code setfsgid}, which never fails: the result is the former one. */
  public Ref setfsgid(String label, long gid) {
    return call(label, Syscall.SETFSGID, n(gid));
  }

  /** {@code prlimit64} of the executor itself; -1 is "no limit". See {@link Rlimit}. */
  public Ref prlimit64(String label, int resource, long soft, long hard) {
    return call(
        label,
        Syscall.PRLIMIT64,
        Arg.ZERO,
        n(resource),
        batch.bytes(Bytes.longs(soft, hard), "soft " + Long.toUnsignedString(soft)),
        Arg.ZERO);
  }

  /** {@code sched_setaffinity} of the executor itself; bit n of the mask is processor n. */
  public Ref schedSetaffinity(String label, byte[] mask) {
    return call(label, Syscall.SCHED_SETAFFINITY, Arg.ZERO, n(mask.length), batch.bytes(mask));
  }

  /** {@code sched_getaffinity} of the executor itself; the result is the mask's length. */
  public Ref schedGetaffinity(String label, Data into) {
    return call(label, Syscall.SCHED_GETAFFINITY, Arg.ZERO, n(into.length()), into);
  }

  /** {@code sched_setattr} of a process, 0 for the executor, with a {@code struct sched_attr}. */
  public Ref schedSetattr(String label, Arg pid, byte[] attributes) {
    return call(label, Syscall.SCHED_SETATTR, pid, batch.bytes(attributes), Arg.ZERO);
  }

  /** {@code setpriority} (the nice value) of the executor itself. */
  public Ref setpriority(String label, int nice) {
    return call(label, Syscall.SETPRIORITY, Arg.ZERO, Arg.ZERO, n(nice));
  }

  /** {@code ioprio_set} of a process, 0 for the executor. */
  public Ref ioprioSet(String label, Arg pid, int value) {
    // IOPRIO_WHO_PROCESS
    return call(label, Syscall.IOPRIO_SET, n(1), pid, n(value));
  }

  /** {@code personality}. */
  public Ref personality(String label, long persona) {
    return call(label, Syscall.PERSONALITY, n(persona));
  }

  /** {@code keyctl(KEYCTL_JOIN_SESSION_KEYRING)}: a new session keyring of that name. */
  public Ref joinSessionKeyring(String label, String name) {
    return call(label, Syscall.KEYCTL, n(1), batch.string(name));
  }

  /** {@code keyctl(KEYCTL_SETPERM)}. */
  public Ref keyctlSetperm(String label, Arg key, long permissions) {
    return call(label, Syscall.KEYCTL, n(5), key, n(permissions));
  }

  /** {@code setsid}. */
  public Ref setsid(String label) {
    return call(label, Syscall.SETSID);
  }

  /** {@code getpid}. */
  public Ref getpid(String label) {
    return call(label, Syscall.GETPID);
  }

  /** {@code kill}. */
  public Ref kill(String label, Arg pid, int signal) {
    return call(label, Syscall.KILL, pid, n(signal));
  }

  /** Becomes a program: {@link Op.Kind#EXEC}. Last in its batch. */
  public Ref exec(String label, String path, List<String> arguments, List<String> environment) {
    return exec(label, path, arguments, environment, false);
  }

  /**
   * Becomes a program.
   *
   * @param init whether the agent stays as the program's parent, see {@link Op.Kind#EXEC}
   */
  public Ref exec(
      String label, String path, List<String> arguments, List<String> environment, boolean init) {
    Data program = batch.string(path);
    Data argv = batch.strings(arguments);
    Data envp = batch.strings(environment);
    return init
        ? batch.special(Op.Kind.EXEC, 0, label, program, argv, envp, Arg.of(1))
        : batch.special(Op.Kind.EXEC, 0, label, program, argv, envp);
  }
}
