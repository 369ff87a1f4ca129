package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.runtime.root.IdmapNamespaces;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Linux;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Opens the user namespaces of idmapped mounts. One with maps of its own exists only through a
 * process, so a helper is cloned into it and ends as soon as the namespace is open.
 */
final class IdmapHelpers implements IdmapNamespaces, AutoCloseable {
  private final Caller caller;
  private final Stdio stdio;
  private final int init;
  private Optional<Fd> container = Optional.empty();
  private final List<Made> made = new ArrayList<>();

  /** A namespace, and its maps. */
  private record Made(List<IdMapping> uids, List<IdMapping> gids, Fd namespace) {}

  /**
   * Makes one.
   *
   * @param stdio the streams of a helper
   * @param init the container's first process, in all its namespaces
   */
  IdmapHelpers(Caller caller, Stdio stdio, int init) {
    this.caller = caller;
    this.stdio = stdio;
    this.init = init;
  }

  @Override
  public Fd container() {
    if (container.isEmpty()) {
      container = Optional.of(open(init));
    }
    return container.get();
  }

  @Override
  public Fd with(List<IdMapping> uids, List<IdMapping> gids) {
    for (Made each : made) {
      if (same(each.uids(), uids) && same(each.gids(), gids)) {
        return each.namespace();
      }
    }
    ChildAgent helper =
        caller.spawn(CloneFlags.NEWUSER, stdio, "a helper for the maps of an idmapped mount");
    try {
      Linux maps = Linux.builder().uidMappings(uids).gidMappings(gids).build();
      new IdMaps(caller, maps).write(helper.pid());
      Made one = new Made(uids, gids, open(helper.pid()));
      made.add(one);
      return one.namespace();
    } finally {
      helper.dismiss();
    }
  }

  private static boolean same(List<IdMapping> one, List<IdMapping> other) {
    if (one.size() != other.size()) {
      return false;
    }
    for (int i = 0; i < one.size(); i++) {
      IdMapping a = one.get(i);
      IdMapping b = other.get(i);
      if (a.containerId() != b.containerId() || a.hostId() != b.hostId() || a.size() != b.size()) {
        return false;
      }
    }
    return true;
  }

  private Fd open(int pid) {
    Batch batch = caller.host().batch();
    Ref _ =
        new Calls(batch)
            .sending()
            .openat(
                "open the user namespace of an idmapped mount",
                Arg.CWD,
                "/proc/" + pid + "/ns/user",
                Open.RDONLY,
                0);
    return caller.host().run(batch).descriptors().get(0);
  }

  @Override
  public void close() {
    container.ifPresent(Fd::close);
    for (Made each : made) {
      each.namespace().close();
    }
  }
}
