package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Syscall;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Copies what a directory of a hostile root holds into a new file system that is not mounted yet:
 * types, contents, owners, modes, times, hard links, extended attributes.
 *
 * <p>Each name is used in the directory that is held open, and never through a link, so nothing
 * outside is read. Only one directory of each side is open, however deep the tree: the way back is
 * {@code ..}, which must lead to the directory that was left. In the new file system nobody else
 * can be. What is open is known here by its number in the agent, since references do not last.
 */
final class CopyUp {
  private static final int LIST = Open.RDONLY | Open.DIRECTORY | Open.NOFOLLOW | Open.CLOEXEC;
  private static final int READ =
      Open.RDONLY | Open.NOFOLLOW | Open.NONBLOCK | Open.NOCTTY | Open.CLOEXEC;
  private static final int MAKE = Open.WRONLY | Open.CREAT | Open.EXCL | Open.CLOEXEC;

  /** How many entries are looked at, and how many files copied, in one batch. */
  private static final int LOOKS = 128;

  private static final int FILES = 16;

  private static final int ENTRIES_SIZE = 32 * 1024;
  private static final int LINK_SIZE = 4096;
  private static final int ATTRIBUTE_SIZE = 64 * 1024;

  /** {@code sendfile} moves no more at once. */
  private static final long MOST = 0x7ffff000;

  private static final int SEEK_SET = 0;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  /**
   * Paths are for hard links and for errors. Longer ones cannot be given to {@code linkat}; such a
   * file is copied again.
   */
  private static final int LONGEST_PATH = 4000;

  // struct statx
  private static final int STAT_BLOCKS = 48;
  private static final int STAT_ATIME = 64;
  private static final int STAT_MTIME = 112;

  private static final int SPECIAL_BITS = 07000;

  private final String label;
  private final Executor init;
  private final Consumer<String> warnings;
  private final Map<String, String> linked = new HashMap<>();
  private boolean warnedOfOwner;
  private boolean warnedOfDevice;
  private boolean warnedOfAttribute;

  private Arg top = Arg.NONE;
  private long from;
  private long to;

  /**
   * Where the walk is.
   *
   * @param path from the top, ended by a slash; empty at the top.
   * @param stat the directory's {@code struct statx}.
   * @param below directories in it that are to be copied yet.
   */
  private record Level(String path, ByteBuffer stat, Deque<String> below) {
    /** Returns the path of what is in it. Paths that are too long to be used do not grow. */
    String path(String name) {
      return path.length() > LONGEST_PATH ? path : path + name;
    }
  }

  /** Makes one; {@code label} names the copy in errors. */
  CopyUp(String label, Executor init, Consumer<String> warnings) {
    this.label = label;
    this.init = init;
    this.warnings = warnings;
  }

  /**
   * Copies all that is in a directory, not what belongs to the directory itself.
   *
   * @param source the directory, open in the agent
   * @param target the root of the new file system
   */
  void run(Arg source, Arg target) {
    top = target;
    Calls calls = calls();
    Ref list = open(calls, "", source, ".", LIST);
    Data stat = calls.stat(label, list);
    int output = calls.batch.output(stat);
    Ref made = open(calls, "", target, ".", LIST);
    Reply reply = init.run(calls.batch);
    from = reply.value(list);
    to = reply.value(made);
    Deque<Level> levels = new ArrayDeque<>();
    levels.push(new Level("", reply.output(calls.batch, output), new ArrayDeque<>()));
    calls.batch.recycle();
    copyEntries(levels.getFirst());
    while (!levels.isEmpty()) {
      Level level = levels.getFirst();
      if (!level.below().isEmpty()) {
        levels.push(descend(level, level.below().removeFirst()));
        copyEntries(levels.getFirst());
      } else {
        levels.pop();
        if (!levels.isEmpty()) {
          attributes(level.path(), from, to, level.stat());
        }
        ascend(level, levels);
      }
    }
  }

  private Calls calls() {
    return new Calls(init.batch());
  }

  private String words(String path) {
    return path.isEmpty() ? label : label + " (" + path + ")";
  }

  private Ref open(Calls calls, String path, Arg directory, String name, int flags) {
    return calls.batch.call(
        words(path), Syscall.OPENAT, directory, calls.string(name), Arg.of(flags), Arg.of(0600));
  }

  // ---- the walk

  private Level descend(Level level, String name) {
    String path = level.path(name);
    Calls calls = calls();
    Ref list = open(calls, path, Arg.of(from), name, LIST);
    int stat = calls.batch.output(calls.stat(words(path), list));
    Ref made = open(calls, path, Arg.of(to), name, LIST);
    closeBoth(calls);
    Reply reply = init.run(calls.batch);
    from = reply.value(list);
    to = reply.value(made);
    String inside = level.path().length() > LONGEST_PATH ? path : path + "/";
    Level below = new Level(inside, reply.output(calls.batch, stat), new ArrayDeque<>());
    calls.batch.recycle();
    return below;
  }

  private void ascend(Level left, Deque<Level> levels) {
    Calls calls = calls();
    if (levels.isEmpty()) {
      closeBoth(calls);
      init.run(calls.batch);
      calls.batch.recycle();
      return;
    }
    Ref list = open(calls, left.path(), Arg.of(from), "..", LIST);
    int stat = calls.batch.output(calls.stat(words(left.path()), list));
    Ref made = open(calls, left.path(), Arg.of(to), "..", LIST);
    closeBoth(calls);
    Reply reply = init.run(calls.batch);
    from = reply.value(list);
    to = reply.value(made);
    Stat found = Stat.read(reply.output(calls.batch, stat));
    if (!found.sameFile(Stat.read(levels.getFirst().stat()))) {
      throw new KernelException(words(left.path()) + " (it was moved meanwhile)", Errno.ESTALE);
    }
    calls.batch.recycle();
  }

  private void closeBoth(Calls calls) {
    calls.close(Arg.of(from));
    calls.close(Arg.of(to));
  }

  private void copyEntries(Level level) {
    while (true) {
      Calls calls = calls();
      Data space = calls.batch.space(ENTRIES_SIZE);
      Ref got =
          calls.batch.call(
              words(level.path()), Syscall.GETDENTS64, Arg.of(from), space, Arg.of(ENTRIES_SIZE));
      int output = calls.batch.output(space);
      Reply reply = init.run(calls.batch);
      int length = (int) reply.value(got);
      List<String> names = names(reply.output(calls.batch, output), length);
      calls.batch.recycle();
      for (int i = 0; i < names.size(); i += LOOKS) {
        copyEntries(level, names.subList(i, Math.min(i + LOOKS, names.size())));
      }
      if (length == 0) {
        return;
      }
    }
  }

  /** Each {@code struct linux_dirent64} has its length at 16 and its name at 19. */
  private static List<String> names(ByteBuffer entries, int length) {
    List<String> names = new ArrayList<>();
    for (int at = 0; at < length; at += entries.getShort(at + 16) & 0xffff) {
      int end = at + 19;
      while (entries.get(end) != 0) {
        end++;
      }
      byte[] name = new byte[end - at - 19];
      entries.get(at + 19, name);
      String decoded = OsString.decode(name);
      if (!decoded.equals(".") && !decoded.equals("..")) {
        names.add(decoded);
      }
    }
    return names;
  }

  // ---- one thing

  private void copyEntries(Level level, List<String> names) {
    Calls calls = calls();
    List<Integer> outputs = new ArrayList<>();
    for (String name : names) {
      Data space = calls.batch.space(Stat.SIZE);
      calls.batch.call(
          words(level.path(name)),
          Syscall.STATX,
          Arg.of(from),
          calls.string(name),
          Arg.of(At.SYMLINK_NOFOLLOW),
          Arg.of(Stat.MASK),
          space);
      outputs.add(calls.batch.output(space));
    }
    Reply reply = init.run(calls.batch);
    List<ByteBuffer> stats = new ArrayList<>();
    for (int output : outputs) {
      stats.add(reply.output(calls.batch, output));
    }
    calls.batch.recycle();
    List<FileCopy> files = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      String path = level.path(name);
      Stat is = Stat.read(stats.get(i));
      if (is.is(Mode.DIRECTORY)) {
        makeDirectory(path, name);
        level.below().add(name);
      } else if (is.is(Mode.REGULAR) && is.links() == 1) {
        files.add(new FileCopy(path, name, stats.get(i)));
      } else if (!isLinked(is, path, name)) {
        if (is.is(Mode.REGULAR)) {
          copyFiles(List.of(new FileCopy(path, name, stats.get(i))));
        } else if (is.is(Mode.LINK)) {
          copyLink(path, name, stats.get(i));
        } else {
          copySpecial(path, name, stats.get(i));
        }
      }
      if (files.size() == FILES) {
        copyFiles(files);
        files.clear();
      }
    }
    copyFiles(files);
  }

  private void makeDirectory(String path, String name) {
    Calls calls = calls();
    calls.batch.call(words(path), Syscall.MKDIRAT, Arg.of(to), calls.string(name), Arg.of(0700));
    init.run(calls.batch);
    calls.batch.recycle();
  }

  /** Makes a hard link, if the file was copied under another name before. */
  private boolean isLinked(Stat stat, String path, String name) {
    if (stat.links() < 2 || path.length() > LONGEST_PATH) {
      return false;
    }
    String file = stat.devMajor() + ":" + stat.devMinor() + ":" + stat.ino();
    String first = linked.putIfAbsent(file, path);
    if (first == null) {
      return false;
    }
    Calls calls = calls();
    Ref made =
        calls.batch.tryCall(
            words(path),
            Syscall.LINKAT,
            top,
            calls.string(first),
            Arg.of(to),
            calls.string(name),
            Arg.ZERO);
    long result = init.run(calls.batch).value(made);
    calls.batch.recycle();
    // A device that could not be made cannot be linked to either.
    return result >= 0;
  }

  /** A file, and the calls that copy an ordinary one. */
  private static final class FileCopy {
    final String path;
    final String name;
    final ByteBuffer stat;
    Optional<Ref> in = Optional.empty();
    Optional<Ref> out = Optional.empty();
    Optional<Ref> sent = Optional.empty();
    Optional<Ref> owned = Optional.empty();
    Optional<Ref> listed = Optional.empty();

    FileCopy(String path, String name, ByteBuffer stat) {
      this.path = path;
      this.name = name;
      this.stat = stat;
    }

    long size() {
      return Stat.read(stat).size();
    }

    boolean isSparse() {
      return stat.getLong(STAT_BLOCKS) * 512 < size();
    }
  }

  /** Copies files in one batch; what is out of the ordinary stays open there, and is completed. */
  private void copyFiles(List<FileCopy> files) {
    Calls calls = calls();
    for (FileCopy file : files) {
      add(calls, file);
    }
    if (files.isEmpty()) {
      return;
    }
    Reply reply = init.run(calls.batch);
    for (FileCopy file : files) {
      tellOwner(file.path, reply.value(file.owned.orElseThrow()));
    }
    // What is not complete is open under a number, and needs no register.
    calls.batch.recycle();
    for (FileCopy file : files) {
      long sent = file.sent.isPresent() ? reply.value(file.sent.get()) : 0;
      if (sent != file.size() || reply.value(file.listed.orElseThrow()) != 0) {
        complete(
            file, reply.value(file.in.orElseThrow()), reply.value(file.out.orElseThrow()), sent);
      }
    }
  }

  private void add(Calls calls, FileCopy file) {
    String words = words(file.path);
    Ref in = open(calls, file.path, Arg.of(from), file.name, READ);
    Data again = calls.stat(words, in);
    // What was swapped for something else is not read.
    calls.batch.check(words, again, 28, 2, Mode.TYPE, Mode.REGULAR, Errno.ESTALE);
    Ref out = open(calls, file.path, Arg.of(to), file.name, MAKE);
    file.in = Optional.of(in);
    file.out = Optional.of(out);
    Arg sent = Arg.ZERO;
    if (!file.isSparse()) {
      Arg length = Arg.of(Math.min(file.size(), MOST));
      Ref sending = calls.batch.call(words, Syscall.SENDFILE, out, in, Arg.ZERO, length);
      file.sent = Optional.of(sending);
      sent = sending;
    }
    file.owned = Optional.of(addOwner(calls, words, out, file.stat));
    Ref listed = calls.batch.tryCall(words, Syscall.FLISTXATTR, in, Arg.ZERO, Arg.ZERO);
    file.listed = Optional.of(listed);
    Batch.Skip part = calls.batch.skip("unless it is whole", sent, Batch.When.DIFFERS, file.size());
    Batch.Skip more = calls.batch.skip("unless that is all", listed, Batch.When.DIFFERS, 0);
    calls.batch.call(words, Syscall.UTIMENSAT, out, Arg.ZERO, times(calls, file.stat), Arg.ZERO);
    calls.close(in);
    calls.close(out);
    calls.batch.endSkip(more);
    calls.batch.endSkip(part);
  }

  private void complete(FileCopy file, long read, long write, long sent) {
    if (file.isSparse()) {
      copySparse(file.path, read, write, file.size());
    } else {
      send(file.path, read, write, file.size() - sent);
    }
    attributes(file.path, read, write, file.stat);
    Calls end = calls();
    end.close(Arg.of(read));
    end.close(Arg.of(write));
    init.run(end.batch);
    end.batch.recycle();
  }

  /** Sends bytes from where the one is to where the other is; less if the file has become short. */
  private void send(String path, long read, long write, long length) {
    long left = length;
    while (left > 0) {
      Calls calls = calls();
      Ref moved =
          calls.batch.call(
              words(path),
              Syscall.SENDFILE,
              Arg.of(write),
              Arg.of(read),
              Arg.ZERO,
              Arg.of(Math.min(left, MOST)));
      long sent = init.run(calls.batch).value(moved);
      calls.batch.recycle();
      if (sent == 0) {
        return;
      }
      left -= sent;
    }
  }

  /** A file may say that it is larger than all memory: its holes stay holes. */
  private void copySparse(String path, long read, long write, long size) {
    Calls calls = calls();
    calls.batch.call(words(path), Syscall.FTRUNCATE, Arg.of(write), Arg.of(size));
    init.run(calls.batch);
    calls.batch.recycle();
    long data = seek(path, read, 0, SEEK_DATA);
    while (data >= 0) {
      long hole = seek(path, read, data, SEEK_HOLE);
      long _ = seek(path, read, data, SEEK_SET);
      long _ = seek(path, write, data, SEEK_SET);
      send(path, read, write, hole - data);
      data = seek(path, read, hole, SEEK_DATA);
    }
  }

  /** Returns a place in a file, or less than 0 if there is none behind. */
  private long seek(String path, long fd, long at, int whence) {
    Calls calls = calls();
    Ref place =
        calls.batch.tryCall(words(path), Syscall.LSEEK, Arg.of(fd), Arg.of(at), Arg.of(whence));
    long result = init.run(calls.batch).value(place);
    calls.batch.recycle();
    if (result < 0 && result != -Errno.ENXIO) {
      throw new KernelException(words(path), (int) -result);
    }
    return result;
  }

  private void copyLink(String path, String name, ByteBuffer stat) {
    Calls look = calls();
    Data space = look.batch.space(LINK_SIZE);
    Ref got =
        look.batch.call(
            words(path),
            Syscall.READLINKAT,
            Arg.of(from),
            look.string(name),
            space,
            Arg.of(LINK_SIZE));
    int output = look.batch.output(space);
    Reply reply = init.run(look.batch);
    byte[] text = new byte[(int) reply.value(got)];
    reply.output(look.batch, output).get(text);
    look.batch.recycle();
    Calls calls = calls();
    calls.batch.call(
        words(path),
        Syscall.SYMLINKAT,
        calls.string(OsString.decode(text)),
        Arg.of(to),
        calls.string(name));
    ownNamed(calls, path, name, stat, false);
  }

  /** A device, a pipe, a socket. */
  private void copySpecial(String path, String name, ByteBuffer stat) {
    Stat is = Stat.read(stat);
    Calls calls = calls();
    Ref made =
        calls.makeNode(
            words(path),
            Arg.of(to),
            name,
            (is.mode() & Mode.TYPE) | 0600,
            NodeStep.number(is.rdevMajor(), is.rdevMinor()));
    long result = init.run(calls.batch).value(made);
    calls.batch.recycle();
    if (result == -Errno.EPERM) {
      // As in /dev: a user namespace makes no devices.
      if (!warnedOfDevice) {
        warnings.accept(words(path) + ": devices are left out here, mknod answers EPERM");
        warnedOfDevice = true;
      }
      return;
    }
    if (result < 0) {
      throw new KernelException(words(path), (int) -result);
    }
    ownNamed(calls(), path, name, stat, true);
  }

  // ---- what belongs to it

  /** Gives a name that was just made its owner, mode and times; runs the batch. */
  private void ownNamed(Calls calls, String path, String name, ByteBuffer stat, boolean mode) {
    Stat is = Stat.read(stat);
    Ref owned =
        calls.batch.tryCall(
            words(path),
            Syscall.FCHOWNAT,
            Arg.of(to),
            calls.string(name),
            Arg.of(is.uid()),
            Arg.of(is.gid()),
            Arg.of(At.SYMLINK_NOFOLLOW));
    if (mode) {
      calls.batch.call(
          words(path), Syscall.FCHMODAT, Arg.of(to), calls.string(name), Arg.of(is.mode() & 0777));
    }
    calls.batch.call(
        words(path),
        Syscall.UTIMENSAT,
        Arg.of(to),
        calls.string(name),
        times(calls, stat),
        Arg.of(At.SYMLINK_NOFOLLOW));
    tellOwner(path, init.run(calls.batch).value(owned));
    calls.batch.recycle();
  }

  /** Gives an open copy the owner, mode, extended attributes and times of the original. */
  private void attributes(String path, long original, long copy, ByteBuffer stat) {
    Calls calls = calls();
    Ref owned = addOwner(calls, words(path), Arg.of(copy), stat);
    Ref listed =
        calls.batch.tryCall(words(path), Syscall.FLISTXATTR, Arg.of(original), Arg.ZERO, Arg.ZERO);
    Reply reply = init.run(calls.batch);
    tellOwner(path, reply.value(owned));
    boolean more = reply.value(listed) > 0;
    calls.batch.recycle();
    if (more) {
      extended(path, original, copy);
    }
    Calls end = calls();
    end.batch.call(
        words(path), Syscall.UTIMENSAT, Arg.of(copy), Arg.ZERO, times(end, stat), Arg.ZERO);
    init.run(end.batch);
    end.batch.recycle();
  }

  /** Gives an open copy its owner and mode; returns the call that may fail. */
  private static Ref addOwner(Calls calls, String words, Arg copy, ByteBuffer stat) {
    Stat is = Stat.read(stat);
    Ref owned =
        calls.batch.tryCall(words, Syscall.FCHOWN, copy, Arg.of(is.uid()), Arg.of(is.gid()));
    calls.batch.call(words, Syscall.FCHMOD, copy, Arg.of(is.mode() & 0777));
    if ((is.mode() & SPECIAL_BITS) != 0) {
      // A program must not become setuid of an owner that is not its own.
      Batch.Skip other = calls.batch.skip("if the owner is another", owned, Batch.When.FAILED, 0);
      calls.batch.call(words, Syscall.FCHMOD, copy, Arg.of(is.mode() & 07777));
      calls.batch.endSkip(other);
    }
    return owned;
  }

  /** An owner that the user namespace does not know cannot be given. */
  private void tellOwner(String path, long result) {
    if (result >= 0) {
      return;
    }
    if (result != -Errno.EINVAL && result != -Errno.EPERM) {
      throw new KernelException(words(path), (int) -result);
    }
    if (!warnedOfOwner) {
      warnings.accept(words(path) + ": its owner is not mapped here, the copy belongs to root");
      warnedOfOwner = true;
    }
  }

  private static Data times(Calls calls, ByteBuffer stat) {
    ByteBuffer times = ByteBuffer.allocate(32).order(stat.order());
    times.putLong(0, stat.getLong(STAT_ATIME)).putLong(8, stat.getInt(STAT_ATIME + 8));
    times.putLong(16, stat.getLong(STAT_MTIME)).putLong(24, stat.getInt(STAT_MTIME + 8));
    return calls.batch.bytes(times.array(), "its times");
  }

  private void extended(String path, long original, long copy) {
    Calls calls = calls();
    Data space = calls.batch.space(ATTRIBUTE_SIZE);
    Ref got =
        calls.batch.call(
            words(path), Syscall.FLISTXATTR, Arg.of(original), space, Arg.of(ATTRIBUTE_SIZE));
    int output = calls.batch.output(space);
    Reply reply = init.run(calls.batch);
    int length = (int) reply.value(got);
    ByteBuffer bytes = reply.output(calls.batch, output);
    calls.batch.recycle();
    int start = 0;
    for (int at = 0; at < length; at++) {
      if (bytes.get(at) == 0) {
        byte[] name = new byte[at - start];
        bytes.get(start, name);
        extended(path, original, copy, OsString.decode(name));
        start = at + 1;
      }
    }
  }

  private void extended(String path, long original, long copy, String name) {
    Calls look = calls();
    Data space = look.batch.space(ATTRIBUTE_SIZE);
    Ref got =
        look.batch.tryCall(
            words(path),
            Syscall.FGETXATTR,
            Arg.of(original),
            look.string(name),
            space,
            Arg.of(ATTRIBUTE_SIZE));
    int output = look.batch.output(space);
    Reply reply = init.run(look.batch);
    byte[] value = new byte[(int) Math.max(0, reply.value(got))];
    reply.output(look.batch, output).get(value);
    look.batch.recycle();
    Calls calls = calls();
    Ref set =
        calls.batch.tryCall(
            words(path),
            Syscall.FSETXATTR,
            Arg.of(copy),
            calls.string(name),
            calls.batch.bytes(value),
            Arg.of(value.length),
            Arg.ZERO);
    long result = Math.min(reply.value(got), init.run(calls.batch).value(set));
    calls.batch.recycle();
    // Not every kind is a tmpfs's, or a user namespace's, to have.
    if (result < 0 && !warnedOfAttribute) {
      warnings.accept(
          words(path)
              + ": the extended attribute "
              + name
              + " is not copied: "
              + Errno.describe((int) -result));
      warnedOfAttribute = true;
    }
  }
}
