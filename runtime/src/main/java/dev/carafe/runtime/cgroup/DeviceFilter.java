package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Local;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The program of a cgroup of version 2 that judges device access. Access is denied when any of a
 * cgroup's programs denies it, so a new one takes the place of ours; those of others, such as
 * systemd's, stay.
 */
final class DeviceFilter {
  /** By this name ours are known. */
  private static final String NAME = "carafe_devices";

  private static final int BPF_PROG_LOAD = 5;
  private static final int BPF_PROG_ATTACH = 8;
  private static final int BPF_PROG_DETACH = 9;
  private static final int BPF_PROG_GET_FD_BY_ID = 13;
  private static final int BPF_OBJ_GET_INFO_BY_FD = 15;
  private static final int BPF_PROG_QUERY = 16;
  private static final int BPF_PROG_TYPE_CGROUP_DEVICE = 15;
  private static final int BPF_CGROUP_DEVICE = 6;
  private static final int BPF_F_ALLOW_MULTI = 2;
  private static final int BPF_F_REPLACE = 4;
  private static final int BPF_INSTRUCTION = 8;

  /** {@code struct bpf_prog_info} up to and with the name. */
  private static final int INFO_SIZE = 80;

  private static final int INFO_NAME = 64;

  /** The kernel allows no more programs of a kind on a cgroup. */
  private static final int MOST = 64;

  private DeviceFilter() {}

  /** Returns the ids of our programs on a cgroup; none if it cannot be asked. */
  static List<Integer> attached(String path) {
    Executor local = Local.get();
    Batch batch = local.batch();
    Calls may = new Calls(batch).trying();
    Data ids = batch.space(4 * MOST);
    Data query = batch.bytes(new Numbers(64).putInt(4, BPF_CGROUP_DEVICE).putInt(24, MOST).bytes());
    Ref dir = open(may, path);
    Batch.Skip skip = batch.skip("is there " + path, dir, Batch.When.FAILED, 0);
    batch.register32(query, 0, dir);
    batch.pointer(query, 16, ids);
    String asking = "ask for the device filters of " + path;
    Ref asked = may.call(asking, Syscall.BPF, Arg.of(BPF_PROG_QUERY), query, size(query));
    may.close("close " + path, dir);
    batch.endSkip(skip);
    int idsAt = batch.output(ids);
    int queryAt = batch.output(query);
    Reply reply = local.run(batch);
    List<Integer> ours = new ArrayList<>();
    if (reply.value(dir) >= 0 && reply.value(asked) == 0) {
      ByteBuffer all = reply.output(batch, idsAt);
      int count = reply.output(batch, queryAt).getInt(24);
      for (int i = 0; i < count; i++) {
        if (isOurs(local, all.getInt(4 * i))) {
          ours.add(all.getInt(4 * i));
        }
      }
    }
    return ours;
  }

  private static boolean isOurs(Executor local, int id) {
    Batch batch = local.batch();
    Calls may = new Calls(batch).trying();
    Data info = batch.space(INFO_SIZE);
    Data ask = batch.bytes(new Numbers(64).putInt(4, INFO_SIZE).bytes());
    Ref program = byId(batch, may, id);
    Batch.Skip skip = batch.skip("is there a program", program, Batch.When.FAILED, 0);
    batch.register32(ask, 0, program);
    batch.pointer(ask, 8, info);
    Ref asked =
        may.call("ask for its name", Syscall.BPF, Arg.of(BPF_OBJ_GET_INFO_BY_FD), ask, size(ask));
    may.close("close the program", program);
    batch.endSkip(skip);
    int infoAt = batch.output(info);
    Reply reply = local.run(batch);
    if (reply.value(program) < 0 || reply.value(asked) != 0) {
      return false;
    }
    byte[] name = new byte[NAME.length() + 1];
    reply.output(batch, infoAt).get(INFO_NAME, name);
    return new String(name, StandardCharsets.ISO_8859_1).equals(NAME + "\0");
  }

  private static Ref open(Calls calls, String path) {
    int flags = Open.RDONLY | Open.DIRECTORY;
    return calls.openat2("open " + path, Arg.CWD, path, flags, 0, Open.RESOLVE_NO_SYMLINKS);
  }

  private static Ref byId(Batch batch, Calls calls, int id) {
    Data attributes = batch.bytes(new Numbers(64).putInt(0, id).bytes());
    String label = "open device filter " + id;
    Arg command = Arg.of(BPF_PROG_GET_FD_BY_ID);
    return calls.call(label, Syscall.BPF, command, attributes, size(attributes));
  }

  private static Arg size(Data attributes) {
    return Arg.of(attributes.length());
  }

  /**
   * Adds what puts a program in the place of others.
   *
   * @param program none to judge nothing any more
   * @param old from {@link #attached}
   */
  static void replace(HostWrites writes, String path, Optional<byte[]> program, List<Integer> old) {
    Ref dir = open(writes.must(), path);
    List<Integer> left = new ArrayList<>(old);
    if (program.isPresent()) {
      Optional<Integer> replaced =
          left.isEmpty() ? Optional.empty() : Optional.of(left.removeFirst());
      attach(writes, path, dir, program.get(), replaced);
    }
    for (int id : left) {
      detach(writes, path, dir, id);
    }
    writes.must().close("close " + path, dir);
  }

  private static void attach(
      HostWrites writes, String path, Ref dir, byte[] program, Optional<Integer> replaced) {
    Batch batch = writes.batch();
    Data instructions =
        batch.bytes(program, program.length / BPF_INSTRUCTION + " BPF instructions");
    Data license = batch.string("Apache-2.0");
    Data load = batch.bytes(loadAttributes(program.length), "a device filter");
    batch.pointer(load, 8, instructions);
    batch.pointer(load, 16, license);
    String loading = "load the device filter of " + path;
    Ref loaded = writes.may().call(loading, Syscall.BPF, Arg.of(BPF_PROG_LOAD), load, size(load));
    writes.check(loading, loaded);
    Batch.Skip skip = batch.skip("was it loaded", loaded, Batch.When.FAILED, 0);
    int flags = BPF_F_ALLOW_MULTI | (replaced.isPresent() ? BPF_F_REPLACE : 0);
    Numbers attributes = new Numbers(24).putInt(8, BPF_CGROUP_DEVICE).putInt(12, flags);
    Data attach = batch.bytes(attributes.bytes(), "to " + path);
    Optional<Ref> former = Optional.empty();
    if (replaced.isPresent()) {
      former = Optional.of(byId(batch, writes.may(), replaced.get()));
      batch.register32(attach, 16, former.get());
    }
    batch.register32(attach, 0, dir);
    batch.register32(attach, 4, loaded);
    String attaching = "attach the device filter to " + path;
    writes.check(
        attaching,
        writes.may().call(attaching, Syscall.BPF, Arg.of(BPF_PROG_ATTACH), attach, size(attach)));
    if (former.isPresent()) {
      writes.may().close("close the former device filter", former.get());
    }
    writes.may().close("close the device filter", loaded);
    batch.endSkip(skip);
  }

  private static void detach(HostWrites writes, String path, Ref dir, int id) {
    Batch batch = writes.batch();
    Ref program = byId(batch, writes.may(), id);
    Data attributes = batch.bytes(new Numbers(24).putInt(8, BPF_CGROUP_DEVICE).bytes());
    batch.register32(attributes, 0, dir);
    batch.register32(attributes, 4, program);
    String label = "detach device filter " + id + " from " + path;
    Arg command = Arg.of(BPF_PROG_DETACH);
    writes.check(
        label, writes.may().call(label, Syscall.BPF, command, attributes, size(attributes)));
    writes.may().close("close device filter " + id, program);
  }

  private static byte[] loadAttributes(int programLength) {
    // union bpf_attr: type 0, instructions 4, program 8, licence 16, log 24 to 40, kernel version
    // 40, flags 44, name 48
    Numbers to = new Numbers(64);
    to.putInt(0, BPF_PROG_TYPE_CGROUP_DEVICE).putInt(4, programLength / BPF_INSTRUCTION);
    to.putText(48, NAME);
    return to.bytes();
  }
}
