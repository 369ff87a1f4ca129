package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
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
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.Stage.Target;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Walks a path in a hostile root part by part, and makes what is missing, also behind a dangling
 * link: what the link says is read as a path of the root. Each part is opened in the directory that
 * is held open, never through a link, and {@code ..} goes back to a directory that was passed. So
 * no step can leave the root (CVE-2024-45310).
 */
final class RootWalker {
  private static final int MAX_LINKS = 40;

  /** Parts of the path and of the links in it: each takes registers of the agent. */
  private static final int MAX_PARTS = 128;

  private static final int LINK_SIZE = 4096;
  private static final int STAT_MODE_AT = 28;

  private final Executor init;
  private final Ref root;
  private final Deque<Ref> stack = new ArrayDeque<>();
  private final Deque<String> rest = new ArrayDeque<>();
  private final boolean followLinks;
  private int links;

  RootWalker(Executor init, Ref root, boolean followLinks) {
    this.init = init;
    this.root = root;
    this.followLinks = followLinks;
  }

  /** Opens the place; what it passed through is closed again. */
  Ref open(String label, ContainerPath path, Target target) {
    rest.addAll(path.parts());
    stack.push(root);
    for (int i = 0; !rest.isEmpty(); i++) {
      if (i == MAX_PARTS) {
        throw new KernelException(label, Errno.ENAMETOOLONG);
      }
      walk(label, rest.removeFirst(), target);
    }
    Ref place = stack.pop();
    closeAll();
    if (place.register() == root.register()) {
      throw new KernelException(label + " (a link leads to the root)", Errno.EBUSY);
    }
    return place;
  }

  private void walk(String label, String part, Target target) {
    if (part.isEmpty() || part.equals(".")) {
      return;
    }
    if (part.equals("..")) {
      if (stack.size() > 1) {
        close(stack.pop());
      }
      return;
    }
    boolean file = rest.isEmpty() && !target.directory();
    Calls calls = new Calls(init.batch());
    Ref parent = stack.getFirst();
    int flags = Calls.FIND | Open.NOFOLLOW;
    Ref found = calls.tryOpen(label, parent, part, flags, Calls.NO_LINKS);
    Batch.Skip there =
        calls.batch.skip("unless it is missing", found, Batch.When.DIFFERS, -Errno.ENOENT);
    Ref made =
        file
            ? calls.makeNode(label, parent, part, Mode.REGULAR | 0644, 0)
            : calls.makeDirectory(label, parent, part, 0755);
    calls.batch.endSkip(there);
    Batch.Skip missing = calls.batch.skip("unless it is there", found, Batch.When.FAILED, 0);
    calls.close(found);
    calls.batch.endSkip(missing);
    Ref next = calls.tryOpen(label, parent, part, flags, Calls.NO_LINKS);
    Batch.Skip failed = calls.batch.skip("unless it failed", next, Batch.When.FAILED, 0);
    int stat = calls.batch.output(calls.stat(label, next));
    Data link = calls.batch.space(LINK_SIZE);
    Ref length =
        calls.batch.tryCall(
            label, Syscall.READLINKAT, next, calls.string(""), link, Arg.of(LINK_SIZE));
    int text = calls.batch.output(link);
    calls.batch.endSkip(failed);
    Reply reply = init.run(calls.batch);
    check(label, part, (int) -reply.value(made), (int) -reply.value(next));
    int type = reply.output(calls.batch, stat).getShort(STAT_MODE_AT) & Mode.TYPE;
    if (type == Mode.LINK && !followLinks) {
      throw new KernelException(label + " (" + part + " is a symbolic link)", Errno.ELOOP);
    }
    if (type == Mode.LINK) {
      close(next);
      follow(label, bytes(reply.output(calls.batch, text), reply.value(length)));
    } else {
      stack.push(next);
    }
  }

  /** What could not be made is the reason why it cannot be opened. */
  private static void check(String label, String part, int makeErrno, int openErrno) {
    if (makeErrno > 0 && makeErrno != Errno.EEXIST) {
      throw new KernelException(label + " (cannot make " + part + ")", makeErrno);
    }
    if (openErrno > 0) {
      throw new KernelException(label, openErrno);
    }
  }

  private static byte[] bytes(ByteBuffer from, long length) {
    byte[] bytes = new byte[(int) Math.max(0, length)];
    from.get(bytes);
    return bytes;
  }

  private void follow(String label, byte[] says) {
    if (++links > MAX_LINKS) {
      throw new KernelException(label, Errno.ELOOP);
    }
    String target = OsString.decode(says);
    if (target.isEmpty()) {
      throw new KernelException(label, Errno.ENOENT);
    }
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int slash = target.indexOf('/'); slash >= 0; slash = target.indexOf('/', start)) {
      parts.add(target.substring(start, slash));
      start = slash + 1;
    }
    parts.add(target.substring(start));
    for (int i = parts.size() - 1; i >= 0; i--) {
      rest.addFirst(parts.get(i));
    }
    if (target.startsWith("/")) {
      closeAll();
      stack.push(root);
    }
  }

  /** Closes all on the stack but the root, which is at its bottom. */
  private void closeAll() {
    while (!stack.isEmpty()) {
      Ref fd = stack.pop();
      if (fd.register() != root.register()) {
        close(fd);
      }
    }
  }

  private void close(Ref fd) {
    Calls calls = new Calls(init.batch());
    calls.close(fd);
    Reply ignored = init.run(calls.batch);
  }
}
