package dev.carafe.runtime.launch;

import dev.carafe.CarafeException;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Netlink;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Sys;
import dev.carafe.spec.NetDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The network devices that move into the container (config-linux.md, Network Devices). When the
 * launch fails they come back; what becomes of them at the container's end is the kernel's to say.
 */
final class NetDevices implements AutoCloseable {
  private static final String TEMPLATE = "%d";
  private static final int TEMPLATE_MAX = 1000;

  private final Netlink outside;
  private final Netlink inside;
  private final int innerPid;
  private final List<Moved> moved = new ArrayList<>();
  private boolean keep;

  /** A device that is in the container. */
  private record Moved(
      String outerName, boolean up, List<Netlink.Address> addresses, String innerName) {}

  /**
   * Opens the way.
   *
   * @param host is where they are
   * @param init is in the container's network namespace already
   */
  NetDevices(Executor host, ChildAgent init) {
    this.innerPid = init.pid();
    this.outside = socket(host, host, "ask for the host's network devices");
    this.inside = socket(init, host, "ask for the container's network devices");
  }

  /** A socket stays in the network namespace where it was made; the host can use both. */
  private static Netlink socket(Executor maker, Executor host, String label) {
    Batch batch = maker.batch();
    Ref _ = Netlink.open(label, new Calls(batch).sending());
    return new Netlink(host, maker.run(batch).descriptors().get(0));
  }

  void move(Map<String, NetDevice> devices) {
    for (Map.Entry<String, NetDevice> each : devices.entrySet()) {
      String outer = each.getKey();
      move(outer, each.getValue().name().filter(n -> !n.isEmpty()).orElse(outer));
    }
  }

  private void move(String outer, String asked) {
    String label = "move network device " + outer + " into the container";
    Netlink.Link link = outside.find(label, outer);
    String inner = free(label, asked);
    List<Netlink.Address> addresses = outside.permanentAddresses(label, link.index());
    String as = inner.equals(outer) ? label : label + " as " + inner;
    outside.move(as, link.index(), innerPid, inner);
    moved.add(new Moved(outer, link.up(), addresses, inner));
    int index = inside.find(as, inner).index();
    for (Netlink.Address address : addresses) {
      inside.add("give network device " + inner + " its address again", address, index);
    }
    inside.up("set network device " + inner + " up", index);
  }

  /** Returns a name that no device of the container has. */
  private String free(String label, String asked) {
    if (!asked.contains(TEMPLATE)) {
      if (inside.has(label, asked)) {
        throw new CarafeException(
            label + ": it has one of the name " + asked + "; give another in linux.netDevices");
      }
      return asked;
    }
    for (int i = 0; i < TEMPLATE_MAX; i++) {
      String name = asked.replace(TEMPLATE, Integer.toString(i));
      if (!inside.has(label, name)) {
        return name;
      }
    }
    throw new CarafeException(label + ": no name " + asked + " is free");
  }

  /** Says that the launch has worked. */
  void keep() {
    keep = true;
  }

  private void back(Moved device) {
    String label = "move network device " + device.outerName + " back";
    int innerIndex = inside.find(label, device.innerName).index();
    inside.move(label, innerIndex, Sys.getpid(), device.outerName);
    int index = outside.find(label, device.outerName).index();
    for (Netlink.Address address : device.addresses) {
      outside.add(label, address, index);
    }
    if (device.up) {
      outside.up(label, index);
    }
  }

  @Override
  public void close() {
    try (outside;
        inside) {
      KernelException failed = null;
      for (int i = moved.size() - 1; !keep && i >= 0; i--) {
        try {
          back(moved.get(i));
        } catch (KernelException e) {
          // The others come back all the same.
          failed = e;
        }
      }
      if (failed != null) {
        throw failed;
      }
    }
  }
}
