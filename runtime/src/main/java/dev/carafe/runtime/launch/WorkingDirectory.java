package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import java.util.ArrayList;
import java.util.List;

/** The working directory of the container's program. */
final class WorkingDirectory {
  private static final int PATH_MAX = 4096;
  private static final int MODE = 0755;

  private final String path;

  WorkingDirectory(String path) {
    this.path = path;
  }

  /**
   * Adds what makes the directory if it is missing, as runc does, before the root may become
   * read-only.
   *
   * @param root the directory that will be the container's root
   */
  void addMissing(Batch batch, Ref root) {
    List<String> prefixes = prefixes();
    if (prefixes.isEmpty()) {
      return;
    }
    Calls calls = new Calls(batch);
    Ref there = look(calls, root, path);
    Batch.Skip exists = batch.skip("if it is there", there, Batch.When.OK, 0);
    String parent = "/";
    for (String each : prefixes) {
      String name = each.substring(each.lastIndexOf('/') + 1);
      Ref step = look(calls, root, each);
      Batch.Skip stepExists = batch.skip("if it is there", step, Batch.When.OK, 0);
      String label = "make " + each + " for the working directory " + path;
      Ref in = calls.openat2(label, root, parent, FLAGS, 0, Open.RESOLVE_IN_ROOT);
      calls.mkdirat(label, in, name, MODE);
      calls.close("close " + parent, in);
      batch.endSkip(stepExists);
      closeIfOpen(batch, calls, step);
      parent = each;
    }
    batch.endSkip(exists);
    closeIfOpen(batch, calls, there);
  }

  private static final int FLAGS = Open.PATH | Open.DIRECTORY;

  private static Ref look(Calls calls, Ref root, String path) {
    return calls.trying().openat2("look for " + path, root, path, FLAGS, 0, Open.RESOLVE_IN_ROOT);
  }

  private static void closeIfOpen(Batch batch, Calls calls, Ref fd) {
    Batch.Skip closed = batch.skip("if it is not open", fd, Batch.When.FAILED, 0);
    calls.close("close it", fd);
    batch.endSkip(closed);
  }

  /** Returns the path's parents from the top, and itself; not the root. */
  private List<String> prefixes() {
    List<String> all = new ArrayList<>();
    StringBuilder so = new StringBuilder();
    for (String part : path.split("/", -1)) {
      if (!part.isEmpty() && !part.equals(".")) {
        so.append('/').append(part);
        all.add(so.toString());
      }
    }
    return all;
  }

  /**
   * Adds what enters the directory, in the container's root. {@code RESOLVE_IN_ROOT} follows no
   * magic link, so {@code /proc/self/fd/7} leads nowhere; and what was entered must have a name
   * inside (CVE-2024-21626).
   *
   * @return the opening's result, for {@link #addRetry}
   */
  Ref addEnter(Batch batch) {
    Calls calls = new Calls(batch);
    String label = "open the working directory " + path;
    Ref fd = calls.trying().openat2(label, Arg.CWD, path, FLAGS, 0, Open.RESOLVE_IN_ROOT);
    // Where the container's user may look and its root may not (a FUSE or NFS mount), it is entered
    // later, as that user.
    Batch.Skip ok = batch.skip("if it opened", fd, Batch.When.OK, 0);
    Batch.Skip refused = batch.skip("if only the user may", fd, Batch.When.EQUALS, -Errno.EACCES);
    Ref _ = calls.openat2(label, Arg.CWD, path, FLAGS, 0, Open.RESOLVE_IN_ROOT);
    batch.endSkip(refused);
    batch.endSkip(ok);
    Batch.Skip none = batch.skip("if it did not open", fd, Batch.When.FAILED, 0);
    enter(batch, calls, fd);
    batch.endSkip(none);
    return fd;
  }

  /** Adds what enters the directory as the container's user, if that was not done before. */
  void addRetry(Batch batch, Ref opened) {
    Calls calls = new Calls(batch);
    Batch.Skip done = batch.skip("if it was entered", opened, Batch.When.OK, 0);
    String label = "open the working directory " + path;
    Ref fd = calls.openat2(label, Arg.CWD, path, FLAGS, 0, Open.RESOLVE_IN_ROOT);
    enter(batch, calls, fd);
    batch.endSkip(done);
  }

  private void enter(Batch batch, Calls calls, Ref fd) {
    calls.fchdir("enter the working directory " + path, fd);
    Data where = batch.space(PATH_MAX);
    String label =
        "check that the working directory "
            + path
            + " is inside the container: current working directory is outside of container mount"
            + " namespace root -- possible container breakout detected";
    calls.getcwd(label, where);
    // The kernel puts "(unreachable)" before what lies outside of the root.
    batch.check(label, where, 0, 1, 0xff, '/', Errno.EXDEV);
    calls.close("close the working directory", fd);
  }
}
