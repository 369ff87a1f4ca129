package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Syscall;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Copies what is no directory from the directory that is open of the one side to that of the other:
 * files, with holes and hard links, symbolic links, devices, pipes, sockets.
 */
final class EntryCopy {
  private static final int READ =
      Open.RDONLY | Open.NOFOLLOW | Open.NONBLOCK | Open.NOCTTY | Open.CLOEXEC;
  private static final int MAKE = Open.WRONLY | Open.CREAT | Open.EXCL | Open.CLOEXEC;
  private static final int LINK_SIZE = 4096;

  /** {@code sendfile} moves no more at once. */
  private static final long MOST = 0x7ffff000;

  private static final int SEEK_SET = 0;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  /** In {@code struct statx}. */
  private static final int STAT_BLOCKS = 48;

  private final Copying copying;
  private final CopiedAttributes attributes;
  private final Arg top;
  private final Map<String, String> linked = new HashMap<>();
  private boolean warnedOfDevice;

  private Arg from = Arg.NONE;
  private Arg to = Arg.NONE;

  /** Makes one; {@code top} is the root of the new file system, where paths begin. */
  EntryCopy(Copying copying, CopiedAttributes attributes, Arg top) {
    this.copying = copying;
    this.attributes = attributes;
    this.top = top;
  }

  /** Says which directories are open. */
  void in(Arg source, Arg target) {
    from = source;
    to = target;
  }

  /** Makes a hard link, if the file was copied under another name before. */
  boolean isLinked(Stat stat, String path, String name) {
    if (stat.links() < 2 || path.length() > CopyUp.LONGEST_PATH) {
      return false;
    }
    String file = stat.devMajor() + ":" + stat.devMinor() + ":" + stat.ino();
    String first = linked.putIfAbsent(file, path);
    if (first == null) {
      return false;
    }
    Calls calls = copying.calls();
    Ref made =
        calls.batch.tryCall(
            copying.words(path),
            Syscall.LINKAT,
            top,
            calls.string(first),
            to,
            calls.string(name),
            Arg.ZERO);
    long result = copying.run(calls).value(made);
    calls.batch.recycle();
    // A device that could not be made cannot be linked to either.
    return result >= 0;
  }

  /** A file, and the calls that copy an ordinary one. */
  static final class FileCopy {
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
  void copyFiles(List<FileCopy> files) {
    Calls calls = copying.calls();
    for (FileCopy file : files) {
      add(calls, file);
    }
    if (files.isEmpty()) {
      return;
    }
    Reply reply = copying.run(calls);
    for (FileCopy file : files) {
      attributes.tellOwner(file.path, reply.value(file.owned.orElseThrow()));
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
    String words = copying.words(file.path);
    Ref in = copying.open(calls, file.path, from, file.name, READ);
    Data again = calls.stat(words, in);
    // What was swapped for something else is not read.
    calls.batch.check(words, again, 28, 2, Mode.TYPE, Mode.REGULAR, Errno.ESTALE);
    Ref out = copying.open(calls, file.path, to, file.name, MAKE);
    file.in = Optional.of(in);
    file.out = Optional.of(out);
    Arg sent = Arg.ZERO;
    if (!file.isSparse()) {
      Arg length = Arg.of(Math.min(file.size(), MOST));
      Ref sending = calls.batch.call(words, Syscall.SENDFILE, out, in, Arg.ZERO, length);
      file.sent = Optional.of(sending);
      sent = sending;
    }
    file.owned = Optional.of(CopiedAttributes.addOwner(calls, words, out, file.stat));
    Ref listed = calls.batch.tryCall(words, Syscall.FLISTXATTR, in, Arg.ZERO, Arg.ZERO);
    file.listed = Optional.of(listed);
    Batch.Skip part = calls.batch.skip("unless it is whole", sent, Batch.When.DIFFERS, file.size());
    Batch.Skip more = calls.batch.skip("unless that is all", listed, Batch.When.DIFFERS, 0);
    calls.batch.call(
        words,
        Syscall.UTIMENSAT,
        out,
        Arg.ZERO,
        CopiedAttributes.times(calls, file.stat),
        Arg.ZERO);
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
    attributes.set(file.path, read, write, file.stat);
    Calls end = copying.calls();
    end.close(Arg.of(read));
    end.close(Arg.of(write));
    copying.run(end);
    end.batch.recycle();
  }

  /** Sends bytes from where the one is to where the other is; less if the file has become short. */
  private void send(String path, long read, long write, long length) {
    long left = length;
    while (left > 0) {
      Calls calls = copying.calls();
      Ref moved =
          calls.batch.call(
              copying.words(path),
              Syscall.SENDFILE,
              Arg.of(write),
              Arg.of(read),
              Arg.ZERO,
              Arg.of(Math.min(left, MOST)));
      long sent = copying.run(calls).value(moved);
      calls.batch.recycle();
      if (sent == 0) {
        return;
      }
      left -= sent;
    }
  }

  /** A file may say that it is larger than all memory: its holes stay holes. */
  private void copySparse(String path, long read, long write, long size) {
    Calls calls = copying.calls();
    calls.batch.call(copying.words(path), Syscall.FTRUNCATE, Arg.of(write), Arg.of(size));
    copying.run(calls);
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
    Calls calls = copying.calls();
    Ref place =
        calls.batch.tryCall(
            copying.words(path), Syscall.LSEEK, Arg.of(fd), Arg.of(at), Arg.of(whence));
    long result = copying.run(calls).value(place);
    calls.batch.recycle();
    if (result < 0 && result != -Errno.ENXIO) {
      throw new KernelException(copying.words(path), (int) -result);
    }
    return result;
  }

  void copyLink(String path, String name, ByteBuffer stat) {
    Calls look = copying.calls();
    Data space = look.batch.space(LINK_SIZE);
    Ref got =
        look.batch.call(
            copying.words(path),
            Syscall.READLINKAT,
            from,
            look.string(name),
            space,
            Arg.of(LINK_SIZE));
    int output = look.batch.output(space);
    Reply reply = copying.run(look);
    byte[] text = new byte[(int) reply.value(got)];
    reply.output(look.batch, output).get(text);
    look.batch.recycle();
    Calls calls = copying.calls();
    calls.batch.call(
        copying.words(path),
        Syscall.SYMLINKAT,
        calls.string(OsString.decode(text)),
        to,
        calls.string(name));
    attributes.setNamed(calls, to, path, name, stat, false);
  }

  /** A device, a pipe, a socket. */
  void copySpecial(String path, String name, ByteBuffer stat) {
    Stat is = Stat.read(stat);
    Calls calls = copying.calls();
    Ref made =
        calls.makeNode(
            copying.words(path),
            to,
            name,
            (is.mode() & Mode.TYPE) | 0600,
            NodeStep.number(is.rdevMajor(), is.rdevMinor()));
    long result = copying.run(calls).value(made);
    calls.batch.recycle();
    if (result == -Errno.EPERM) {
      // As in /dev: a user namespace makes no devices.
      if (!warnedOfDevice) {
        copying.warn(path, ": devices are left out here, mknod answers EPERM");
        warnedOfDevice = true;
      }
      return;
    }
    if (result < 0) {
      throw new KernelException(copying.words(path), (int) -result);
    }
    attributes.setNamed(copying.calls(), to, path, name, stat, true);
  }
}
