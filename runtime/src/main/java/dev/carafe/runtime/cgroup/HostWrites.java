package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes to cgroups that the host makes in one batch.
 *
 * <p>A batch stops at its first error, and in this process that would leave open what it opened. So
 * whatever stands between an open and its close may fail in the batch, and is looked at afterwards.
 */
final class HostWrites {
  private final Executor host;
  private final Batch batch;
  private final Calls must;
  private final Calls may;
  private final List<Ref> checked = new ArrayList<>();
  private final List<String> labels = new ArrayList<>();

  HostWrites(Executor host) {
    this.host = host;
    batch = host.batch();
    must = new Calls(batch);
    may = must.trying();
  }

  Calls must() {
    return must;
  }

  Calls may() {
    return may;
  }

  Batch batch() {
    return batch;
  }

  /** Writes one value to a file that exists. */
  void write(String path, String value) {
    write("write " + value + " to " + path, path, value);
  }

  void write(String label, String path, String value) {
    Ref fd = open(must, label, path);
    check(label, may.write(label, fd, value));
    must.close("close " + path, fd);
  }

  /** Writes several values to a file that takes one at a time. */
  void writeEach(String path, List<String> values) {
    Ref fd = open(must, "open " + path, path);
    for (String value : values) {
      String label = "write " + value + " to " + path;
      check(label, may.write(label, fd, value));
    }
    must.close("close " + path, fd);
  }

  /** Writes a value to a file that need not exist. */
  void writeIfThere(String path, String value) {
    String label = "write " + value + " to " + path;
    Ref fd = open(may, label, path);
    Batch.Skip skip = batch.skip("is there " + path, fd, Batch.When.FAILED, 0);
    check(label, may.write(label, fd, value));
    must.close("close " + path, fd);
    batch.endSkip(skip);
  }

  /** Writes a value, and if that is refused each of others in its place; all may fail. */
  void tryWrite(String path, String value, List<String> inItsPlace) {
    String label = "write " + value + " to " + path;
    Ref fd = open(may, label, path);
    Batch.Skip skip = batch.skip("is there " + path, fd, Batch.When.FAILED, 0);
    Ref written = may.write(label, fd, value);
    Batch.Skip one = batch.skip("was taken by " + path, written, Batch.When.OK, 0);
    for (String each : inItsPlace) {
      Ref _ = may.write("write " + each + " to " + path, fd, each);
    }
    batch.endSkip(one);
    must.close("close " + path, fd);
    batch.endSkip(skip);
  }

  private static Ref open(Calls calls, String label, String path) {
    // There are no symbolic links in a cgroup file system, and the path is of our own making; the
    // rule costs nothing and holds even where that is not so.
    return calls.openat2(label, Arg.CWD, path, Open.WRONLY, 0, Open.RESOLVE_NO_SYMLINKS);
  }

  void check(String label, Ref result) {
    labels.add(label);
    checked.add(result);
  }

  /**
   * Performs them.
   *
   * @throws KernelException for the first that failed
   */
  Reply run() {
    Reply reply = host.run(batch);
    for (int i = 0; i < checked.size(); i++) {
      long result = reply.value(checked.get(i));
      if (result < 0) {
        throw new KernelException(labels.get(i), (int) -result);
      }
    }
    return reply;
  }

  boolean isEmpty() {
    return batch.ops().isEmpty();
  }
}
