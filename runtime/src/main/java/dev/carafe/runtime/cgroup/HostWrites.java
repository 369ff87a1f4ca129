package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes to cgroups that the host makes in one batch.
 *
 * <p>A batch stops at its first error, and in this process that would leave open what it opened. So
 * whatever stands between an open and its close may fail in the batch, and is looked at afterwards.
 */
final class HostWrites {
  private static final int BPF_PROG_LOAD = 5;
  private static final int BPF_PROG_ATTACH = 8;
  private static final int BPF_PROG_TYPE_CGROUP_DEVICE = 15;
  private static final int BPF_CGROUP_DEVICE = 6;
  private static final int BPF_F_ALLOW_MULTI = 2;
  private static final int BPF_INSTRUCTION = 8;

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

  /** Loads a program that judges device access, and attaches it to a cgroup of version 2. */
  void deviceFilter(String path, byte[] program) {
    Data instructions =
        batch.bytes(program, program.length / BPF_INSTRUCTION + " BPF instructions");
    Data license = batch.string("Apache-2.0");
    Data load = batch.bytes(loadAttributes(program.length), "a device filter");
    String opened = "open " + path;
    int flags = Open.RDONLY | Open.DIRECTORY;
    Ref dir = must.openat2(opened, Arg.CWD, path, flags, 0, Open.RESOLVE_NO_SYMLINKS);
    batch.pointer(load, 8, instructions);
    batch.pointer(load, 16, license);
    String loading = "load the device filter of " + path;
    Arg size = Arg.of(load.length());
    Ref loaded = may.call(loading, Syscall.BPF, Arg.of(BPF_PROG_LOAD), load, size);
    check(loading, loaded);
    Batch.Skip skip = batch.skip("was it loaded", loaded, Batch.When.FAILED, 0);
    Data attach = batch.bytes(attachAttributes(), "to " + path);
    batch.register32(attach, 0, dir);
    batch.register32(attach, 4, loaded);
    String attaching = "attach the device filter to " + path;
    Arg length = Arg.of(attach.length());
    check(attaching, may.call(attaching, Syscall.BPF, Arg.of(BPF_PROG_ATTACH), attach, length));
    must.close("close the device filter", loaded);
    batch.endSkip(skip);
    must.close("close " + path, dir);
  }

  private static byte[] loadAttributes(int programLength) {
    // union bpf_attr: type 0, instructions 4, program 8, licence 16, log 24 to 40, kernel version
    // 40, flags 44, name 48
    Numbers to = new Numbers(64);
    to.putInt(0, BPF_PROG_TYPE_CGROUP_DEVICE).putInt(4, programLength / BPF_INSTRUCTION);
    to.putText(48, "carafe_devices");
    return to.bytes();
  }

  private static byte[] attachAttributes() {
    // union bpf_attr: target 0, program 4, type 8, flags 12, replaced 16
    Numbers to = new Numbers(24);
    to.putInt(8, BPF_CGROUP_DEVICE).putInt(12, BPF_F_ALLOW_MULTI);
    return to.bytes();
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
