package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
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
import java.util.List;
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

  /** How many entries are looked at, and how many files copied, in one batch. */
  private static final int LOOKS = 128;

  private static final int FILES = 16;

  private static final int ENTRIES_SIZE = 32 * 1024;

  /**
   * Paths are for hard links and for errors. Longer ones cannot be given to {@code linkat}; such a
   * file is copied again.
   */
  static final int LONGEST_PATH = 4000;

  private final Copying copying;
  private final CopiedAttributes attributes;
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
    copying = new Copying(label, init, warnings);
    attributes = new CopiedAttributes(copying);
  }

  /**
   * Copies all that is in a directory, not what belongs to the directory itself.
   *
   * @param source the directory, open in the agent
   * @param target the root of the new file system
   */
  void run(Arg source, Arg target) {
    EntryCopy entries = new EntryCopy(copying, attributes, target);
    Calls calls = copying.calls();
    Ref list = copying.open(calls, "", source, ".", LIST);
    Data stat = calls.stat(copying.words(""), list);
    int output = calls.batch.output(stat);
    Ref made = copying.open(calls, "", target, ".", LIST);
    Reply reply = copying.run(calls);
    from = reply.value(list);
    to = reply.value(made);
    Deque<Level> levels = new ArrayDeque<>();
    levels.push(new Level("", reply.output(calls.batch, output), new ArrayDeque<>()));
    calls.batch.recycle();
    copyEntries(entries, levels.getFirst());
    while (!levels.isEmpty()) {
      Level level = levels.getFirst();
      if (!level.below().isEmpty()) {
        levels.push(descend(level, level.below().removeFirst()));
        copyEntries(entries, levels.getFirst());
      } else {
        levels.pop();
        if (!levels.isEmpty()) {
          attributes.set(level.path(), from, to, level.stat());
        }
        ascend(level, levels);
      }
    }
  }

  // ---- the walk

  private Level descend(Level level, String name) {
    String path = level.path(name);
    Calls calls = copying.calls();
    Ref list = copying.open(calls, path, Arg.of(from), name, LIST);
    int stat = calls.batch.output(calls.stat(copying.words(path), list));
    Ref made = copying.open(calls, path, Arg.of(to), name, LIST);
    closeBoth(calls);
    Reply reply = copying.run(calls);
    from = reply.value(list);
    to = reply.value(made);
    String inside = level.path().length() > LONGEST_PATH ? path : path + "/";
    Level below = new Level(inside, reply.output(calls.batch, stat), new ArrayDeque<>());
    calls.batch.recycle();
    return below;
  }

  private void ascend(Level left, Deque<Level> levels) {
    Calls calls = copying.calls();
    if (levels.isEmpty()) {
      closeBoth(calls);
      copying.run(calls);
      calls.batch.recycle();
      return;
    }
    Ref list = copying.open(calls, left.path(), Arg.of(from), "..", LIST);
    int stat = calls.batch.output(calls.stat(copying.words(left.path()), list));
    Ref made = copying.open(calls, left.path(), Arg.of(to), "..", LIST);
    closeBoth(calls);
    Reply reply = copying.run(calls);
    from = reply.value(list);
    to = reply.value(made);
    Stat found = Stat.read(reply.output(calls.batch, stat));
    if (!found.sameFile(Stat.read(levels.getFirst().stat()))) {
      throw new KernelException(
          copying.words(left.path()) + " (it was moved meanwhile)", Errno.ESTALE);
    }
    calls.batch.recycle();
  }

  private void closeBoth(Calls calls) {
    calls.close(Arg.of(from));
    calls.close(Arg.of(to));
  }

  private void copyEntries(EntryCopy entries, Level level) {
    entries.in(Arg.of(from), Arg.of(to));
    while (true) {
      Calls calls = copying.calls();
      Data space = calls.batch.space(ENTRIES_SIZE);
      Ref got =
          calls.batch.call(
              copying.words(level.path()),
              Syscall.GETDENTS64,
              Arg.of(from),
              space,
              Arg.of(ENTRIES_SIZE));
      int output = calls.batch.output(space);
      Reply reply = copying.run(calls);
      int length = (int) reply.value(got);
      List<String> names = names(reply.output(calls.batch, output), length);
      calls.batch.recycle();
      for (int i = 0; i < names.size(); i += LOOKS) {
        copyEntries(entries, level, names.subList(i, Math.min(i + LOOKS, names.size())));
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

  // ---- what is in a directory

  private void copyEntries(EntryCopy entries, Level level, List<String> names) {
    Calls calls = copying.calls();
    List<Integer> outputs = new ArrayList<>();
    for (String name : names) {
      Data space = calls.batch.space(Stat.SIZE);
      calls.batch.call(
          copying.words(level.path(name)),
          Syscall.STATX,
          Arg.of(from),
          calls.string(name),
          Arg.of(At.SYMLINK_NOFOLLOW),
          Arg.of(Stat.MASK),
          space);
      outputs.add(calls.batch.output(space));
    }
    Reply reply = copying.run(calls);
    List<ByteBuffer> stats = new ArrayList<>();
    for (int output : outputs) {
      stats.add(reply.output(calls.batch, output));
    }
    calls.batch.recycle();
    List<EntryCopy.FileCopy> files = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      String path = level.path(name);
      Stat is = Stat.read(stats.get(i));
      if (is.is(Mode.DIRECTORY)) {
        makeDirectory(path, name);
        level.below().add(name);
      } else if (is.is(Mode.REGULAR) && is.links() == 1) {
        files.add(new EntryCopy.FileCopy(path, name, stats.get(i)));
      } else if (!entries.isLinked(is, path, name)) {
        if (is.is(Mode.REGULAR)) {
          entries.copyFiles(List.of(new EntryCopy.FileCopy(path, name, stats.get(i))));
        } else if (is.is(Mode.LINK)) {
          entries.copyLink(path, name, stats.get(i));
        } else {
          entries.copySpecial(path, name, stats.get(i));
        }
      }
      if (files.size() == FILES) {
        entries.copyFiles(files);
        files.clear();
      }
    }
    entries.copyFiles(files);
  }

  private void makeDirectory(String path, String name) {
    Calls calls = copying.calls();
    calls.batch.call(
        copying.words(path), Syscall.MKDIRAT, Arg.of(to), calls.string(name), Arg.of(0700));
    copying.run(calls);
    calls.batch.recycle();
  }
}
