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
   * @return the entering's result, negative if only the user may and {@link #addEnterAsUser} must
   */
  Ref addEnter(Batch batch) {
    Calls calls = new Calls(batch);
    Ref fd = open(calls.trying());
    Ref entered = calls.trying().fchdir("enter the working directory " + path, fd);
    // Where the container's user may go and its root may not (FUSE, NFS, an id that is not mapped)
    // it is entered later, as that user. Any other error is one.
    Batch.Skip done = batch.skip("if it was entered", entered, Batch.When.OK, 0);
    Batch.Skip in = batch.skip("if only the user may", entered, Batch.When.EQUALS, -Errno.EACCES);
    Batch.Skip to = batch.skip("if only the user may", fd, Batch.When.EQUALS, -Errno.EACCES);
    calls.fchdir("enter the working directory " + path, open(calls));
    batch.endSkip(to);
    batch.endSkip(in);
    batch.endSkip(done);
    Batch.Skip outside = batch.skip("if it was not entered", entered, Batch.When.FAILED, 0);
    checkInside(batch, calls);
    batch.endSkip(outside);
    closeIfOpen(batch, calls, fd);
    return entered;
  }

  /** Adds what enters the directory when the container's user has been changed to. */
  void addEnterAsUser(Batch batch) {
    Calls calls = new Calls(batch);
    Ref fd = open(calls);
    calls.fchdir("enter the working directory " + path, fd);
    checkInside(batch, calls);
    calls.close("close the working directory", fd);
  }

  private Ref open(Calls calls) {
    String label = "open the working directory " + path;
    return calls.openat2(label, Arg.CWD, path, FLAGS, 0, Open.RESOLVE_IN_ROOT);
  }

  private void checkInside(Batch batch, Calls calls) {
    Data where = batch.space(PATH_MAX);
    String label =
        "check that the working directory "
            + path
            + " is inside the container: current working directory is outside of container mount"
            + " namespace root -- possible container breakout detected";
    calls.getcwd(label, where);
    // The kernel puts "(unreachable)" before what lies outside of the root.
    batch.check(label, where, 0, 1, 0xff, '/', Errno.EXDEV);
  }
}
