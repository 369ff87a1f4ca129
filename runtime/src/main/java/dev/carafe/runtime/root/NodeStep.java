package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch.Skip;
import dev.carafe.linux.Batch.When;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.Stage.Target;
import dev.carafe.spec.Device;
import dev.carafe.spec.DeviceType;
import java.util.ArrayList;
import java.util.List;

/** Makes device nodes in one directory. */
final class NodeStep extends Step {
  private final List<Device> devices;
  private final List<Ref> made = new ArrayList<>();

  NodeStep(ContainerPath path, List<Device> devices) {
    super("make devices in " + path, path, mayFollowLinks(path));
    this.devices = List.copyOf(devices);
  }

  /**
   * A link for {@code /dev}, or in it, would let an image choose where the nodes are made
   * (CVE-2026-41579).
   */
  static boolean mayFollowLinks(ContainerPath directory) {
    return directory.isRoot() || !directory.parts().get(0).equals("dev");
  }

  @Override
  int cost() {
    return super.cost() + 12 * devices.size();
  }

  @Override
  Target target() {
    return new Target(true, followLinks, true);
  }

  @Override
  void add(Stage stage, Ref place) {
    made.clear();
    for (Device device : devices) {
      make(stage.calls, place, device);
    }
    stage.calls.close(place);
  }

  private void make(Calls calls, Ref directory, Device device) {
    String words = "make device " + device.path();
    String name = ContainerPath.of(device.path()).name();
    int mode = type(device) | permissions(device);
    Ref node = calls.makeNode(words, directory, name, mode, number(device.major(), device.minor()));
    made.add(node);
    Skip free = calls.batch.skip("unless it exists", node, When.DIFFERS, -Errno.EEXIST);
    Ref found = calls.open(words, directory, name, Calls.FIND | Open.NOFOLLOW, Calls.NO_LINKS);
    String other = words + " (something else is there)";
    calls.checkDevice(other, found, type(device), device.major(), device.minor(), Errno.EEXIST);
    calls.close(found);
    calls.batch.endSkip(free);
    long uid = device.uid().orElse(0);
    long gid = device.gid().orElse(0);
    if (uid != 0 || gid != 0) {
      Skip failed = calls.batch.skip("if it was made", node, When.FAILED, 0);
      calls.batch.call(
          words,
          Syscall.FCHOWNAT,
          directory,
          calls.string(name),
          Arg.of(uid),
          Arg.of(gid),
          Arg.of(At.SYMLINK_NOFOLLOW));
      calls.batch.endSkip(failed);
    }
  }

  /** Where nodes may not be made (a user namespace, no CAP_MKNOD), the host's are mounted. */
  @Override
  List<Step> finish(Reply reply, Stage stage) {
    List<Step> more = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      Device device = devices.get(i);
      int errno = (int) -reply.value(made.get(i));
      if (errno == Errno.EPERM && device.type() != DeviceType.FIFO) {
        more.add(MountPlan.hostDevice(device));
      } else if (errno > 0 && errno != Errno.EEXIST) {
        throw new KernelException("make device " + device.path(), errno);
      }
    }
    return more;
  }

  static int type(Device device) {
    return switch (device.type()) {
      case BLOCK -> Mode.BLOCK;
      case FIFO -> Mode.FIFO;
      case ALL, CHARACTER, UNBUFFERED_CHARACTER -> Mode.CHARACTER;
    };
  }

  private static int permissions(Device device) {
    return (int) device.fileMode().orElse(0666) & 07777;
  }

  /** The kernel's way to write a device number in 32 bits: minor, major, rest of the minor. */
  static long number(long major, long minor) {
    return (minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12);
  }
}
