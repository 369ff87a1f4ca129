package dev.carafe.runtime.root;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.runtime.root.Stage.Target;
import dev.carafe.spec.Device;
import dev.carafe.spec.IdMapping;
import java.util.List;
import java.util.Optional;

/** Mounts a file or directory of the host. */
final class BindStep extends Step {
  final String source;
  final MountOptions options;
  final Optional<Device> device;
  private List<IdMapping> uids = List.of();
  private List<IdMapping> gids = List.of();
  private boolean directory = true;
  private final boolean mayFail;
  private Optional<Sources> inside = Optional.empty();
  private Optional<Fd> fd = Optional.empty();
  private Optional<Ref> ref = Optional.empty();
  private int typeOutput = -1;

  /**
   * Makes one.
   *
   * @param source absolute path on the host
   * @param device what the source must be, if it is a device
   * @param mayFail whether it is left out when the source cannot be opened
   */
  BindStep(
      String label,
      ContainerPath path,
      boolean followLinks,
      String source,
      MountOptions options,
      Optional<Device> device,
      boolean mayFail) {
    super(label, path, followLinks);
    this.source = source;
    this.options = options;
    this.device = device;
    this.mayFail = mayFail;
  }

  /** Gives an idmapped mount maps of its own; without, they are the container's. */
  BindStep maps(List<IdMapping> ofUsers, List<IdMapping> ofGroups) {
    uids = ofUsers;
    gids = ofGroups;
    return this;
  }

  /** Returns the user namespace that owners are mapped by. */
  Fd idmap(IdmapNamespaces namespaces) {
    return uids.isEmpty() ? namespaces.container() : namespaces.with(uids, gids);
  }

  @Override
  void open(Sources sources) {
    inside = sources.inside() ? Optional.of(sources) : Optional.empty();
    Sources.Opened opened = sources.open(this);
    directory = opened.directory();
    fd = opened.fd();
  }

  @Override
  Optional<Fd> descriptor() {
    return ref.isEmpty() ? fd : Optional.empty();
  }

  @Override
  void passed(Ref at) {
    ref = Optional.of(at);
  }

  @Override
  void close() {
    if (fd.isPresent()) {
      fd.get().close();
      fd = Optional.empty();
    }
  }

  @Override
  boolean mayFail() {
    return mayFail;
  }

  @Override
  Target target() {
    return new Target(directory, followLinks, true);
  }

  @Override
  void add(Stage stage, Ref place) {
    Calls calls = stage.calls;
    typeOutput = calls.fileSystemType(label, place);
    Ref mount = inside.isPresent() ? inside.get().cloneInside(calls, this) : ref.orElseThrow();
    Ref moved = calls.tryMove(label, mount, place);
    stopIf(stage, moved);
    calls.close(mount);
    calls.close(place);
  }

  @Override
  List<Step> finish(Reply reply, Stage stage) {
    refuseProc(reply.output(stage.calls.batch, typeOutput).getLong(0));
    return List.of();
  }

  @Override
  String reason(Executor init, int errno) {
    return errno == Errno.EINVAL && !directory
        ? " (the source is a file; is the destination a directory?)"
        : "";
  }
}
