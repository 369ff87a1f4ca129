package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Syscall;
import java.nio.ByteBuffer;

/** What a copy has beside its content: owner, mode, times, extended attributes. */
final class CopiedAttributes {
  private static final int ATTRIBUTE_SIZE = 64 * 1024;

  // struct statx
  private static final int STAT_ATIME = 64;
  private static final int STAT_MTIME = 112;

  private static final int SPECIAL_BITS = 07000;

  private final Copying copying;
  private boolean warnedOfOwner;
  private boolean warnedOfAttribute;

  CopiedAttributes(Copying copying) {
    this.copying = copying;
  }

  /** Gives a name that was just made its owner, mode and times; runs the batch. */
  void setNamed(Calls calls, Arg to, String path, String name, ByteBuffer stat, boolean mode) {
    Stat is = Stat.read(stat);
    Ref owned =
        calls.batch.tryCall(
            copying.words(path),
            Syscall.FCHOWNAT,
            to,
            calls.string(name),
            Arg.of(is.uid()),
            Arg.of(is.gid()),
            Arg.of(At.SYMLINK_NOFOLLOW));
    if (mode) {
      calls.batch.call(
          copying.words(path), Syscall.FCHMODAT, to, calls.string(name), Arg.of(is.mode() & 0777));
    }
    calls.batch.call(
        copying.words(path),
        Syscall.UTIMENSAT,
        to,
        calls.string(name),
        times(calls, stat),
        Arg.of(At.SYMLINK_NOFOLLOW));
    tellOwner(path, copying.run(calls).value(owned));
    calls.batch.recycle();
  }

  /** Gives an open copy the owner, mode, extended attributes and times of the original. */
  void set(String path, long original, long copy, ByteBuffer stat) {
    Calls calls = copying.calls();
    Ref owned = addOwner(calls, copying.words(path), Arg.of(copy), stat);
    Ref listed =
        calls.batch.tryCall(
            copying.words(path), Syscall.FLISTXATTR, Arg.of(original), Arg.ZERO, Arg.ZERO);
    Reply reply = copying.run(calls);
    tellOwner(path, reply.value(owned));
    boolean more = reply.value(listed) > 0;
    calls.batch.recycle();
    if (more) {
      extended(path, original, copy);
    }
    Calls end = copying.calls();
    end.batch.call(
        copying.words(path), Syscall.UTIMENSAT, Arg.of(copy), Arg.ZERO, times(end, stat), Arg.ZERO);
    copying.run(end);
    end.batch.recycle();
  }

  /** Gives an open copy its owner and mode; returns the call that may fail. */
  static Ref addOwner(Calls calls, String words, Arg copy, ByteBuffer stat) {
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
  void tellOwner(String path, long result) {
    if (result >= 0) {
      return;
    }
    if (result != -Errno.EINVAL && result != -Errno.EPERM) {
      throw new KernelException(copying.words(path), (int) -result);
    }
    if (!warnedOfOwner) {
      copying.warn(path, ": its owner is not mapped here, the copy belongs to root");
      warnedOfOwner = true;
    }
  }

  static Data times(Calls calls, ByteBuffer stat) {
    ByteBuffer times = ByteBuffer.allocate(32).order(stat.order());
    times.putLong(0, stat.getLong(STAT_ATIME)).putLong(8, stat.getInt(STAT_ATIME + 8));
    times.putLong(16, stat.getLong(STAT_MTIME)).putLong(24, stat.getInt(STAT_MTIME + 8));
    return calls.batch.bytes(times.array(), "its times");
  }

  private void extended(String path, long original, long copy) {
    Calls calls = copying.calls();
    Data space = calls.batch.space(ATTRIBUTE_SIZE);
    Ref got =
        calls.batch.call(
            copying.words(path),
            Syscall.FLISTXATTR,
            Arg.of(original),
            space,
            Arg.of(ATTRIBUTE_SIZE));
    int output = calls.batch.output(space);
    Reply reply = copying.run(calls);
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
    Calls look = copying.calls();
    Data space = look.batch.space(ATTRIBUTE_SIZE);
    Ref got =
        look.batch.tryCall(
            copying.words(path),
            Syscall.FGETXATTR,
            Arg.of(original),
            look.string(name),
            space,
            Arg.of(ATTRIBUTE_SIZE));
    int output = look.batch.output(space);
    Reply reply = copying.run(look);
    byte[] value = new byte[(int) Math.max(0, reply.value(got))];
    reply.output(look.batch, output).get(value);
    look.batch.recycle();
    Calls calls = copying.calls();
    Ref set =
        calls.batch.tryCall(
            copying.words(path),
            Syscall.FSETXATTR,
            Arg.of(copy),
            calls.string(name),
            calls.batch.bytes(value),
            Arg.of(value.length),
            Arg.ZERO);
    long result = Math.min(reply.value(got), copying.run(calls).value(set));
    calls.batch.recycle();
    // Not every kind is a tmpfs's, or a user namespace's, to have.
    if (result < 0 && !warnedOfAttribute) {
      copying.warn(
          path,
          ": the extended attribute " + name + " is not copied: " + Errno.describe((int) -result));
      warnedOfAttribute = true;
    }
  }
}
