package dev.carafe.runtime.checkpoint;

import dev.carafe.CheckpointRequest;
import dev.carafe.InvalidInputException;
import dev.carafe.Status;
import dev.carafe.WrongStatusException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Open;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.launch.Caller;
import dev.carafe.runtime.launch.Stdio;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.JsonOut;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Writes the images of a container that runs. */
public final class Dump {
  /** The standard streams, as runc keeps them beside the images. */
  static final String STREAMS = "descriptors.json";

  private static final String LOG = "dump.log";

  private final Caller caller;
  private final Target target;
  private final CheckpointRequest request;
  private final Consumer<String> warnings;

  /**
   * What is written.
   *
   * @param id the container's id
   * @param spec what it was made from
   * @param rootfs its root file system, absolute
   * @param init its first process
   * @param cgroups its cgroup for each controller, "" for version 2
   */
  public record Target(
      String id, Spec spec, String rootfs, ProcessIdentity init, Map<String, String> cgroups) {}

  /** Makes one. */
  public Dump(Caller caller, Target target, CheckpointRequest request, Consumer<String> warnings) {
    this.caller = caller;
    this.target = target;
    this.request = request;
    this.warnings = warnings;
  }

  /** Writes them; if that fails, the container goes on. */
  public void run() {
    int _ = new Criu(caller).check(request.image(), request.preDump());
    Optional<PidFd> opened = target.init().open();
    if (opened.isEmpty()) {
      throw stopped();
    }
    try (PidFd init = opened.get();
        Fd images = Criu.directory(request.image().images(), true);
        CgroupMountOptions options =
            new CgroupMountOptions(caller.host(), init::isAlive, warnings);
        CriuProcess criu = new CriuProcess(caller, new Stdio.Inherit(), false)) {
      int type = request.preDump() ? CriuRequest.PRE_DUMP : CriuRequest.DUMP;
      Criu.makeDirectory(request.image().work());
      CriuRequest dump = dump(type, images);
      if (!init.isAlive()) {
        // What was read of it may have been another one's.
        throw stopped();
      }
      criu.exec(true, Optional.of(request.image()), List.of());
      CriuAnswer answer = criu.ask(type, dump.toBytes(), (notice, _) -> told(notice, options));
      if (!answer.success()) {
        throw Criu.failure(type, answer, request.image().work() + "/" + LOG);
      }
    }
  }

  private WrongStatusException stopped() {
    return new WrongStatusException(
        target.id(), Status.STOPPED, "Container cannot be checkpointed in stopped state");
  }

  private void told(CriuAnswer notice, CgroupMountOptions options) {
    if (notice.notice().equals("status-ready")) {
      // All is written but for the memory, for which a restore on this machine may ask.
      options.close();
      request.pagesReady().ifPresent(Runnable::run);
    }
  }

  private CriuRequest dump(int type, Fd images) {
    int init = target.init().pid();
    CriuRequest dump =
        new CriuRequest(type)
            .image(request.image(), LOG)
            .config(target.spec().annotations())
            .root(target.rootfs())
            .process(init)
            .leaveRunning(request.leaveRunning())
            .linkRemap(request.linkRemap())
            .tcpSkipInFlight(request.tcpSkipInFlight());
    if (request.pageServer().isPresent()) {
      dump.pageServer(request.pageServer().get().address(), request.pageServer().get().port());
    }
    if (request.parent().isPresent()) {
      dump.parentImages(parent(images, request.parent().get()));
    }
    String freezer = freezer();
    if (!freezer.isEmpty()) {
      dump.freezeCgroup(freezer);
    }
    external(dump, NamespaceType.NETWORK, init);
    external(dump, NamespaceType.PID, init);
    if (!request.preDump()) {
      ContainerFiles.ofDump(target.spec(), init).forEach(dump::external);
      streams(dump, images, init);
    }
    return dump;
  }

  private static String parent(Fd images, String relative) {
    if (relative.startsWith("/")) {
      throw new InvalidInputException(
          "invalid --parent-path " + relative + ": it must be relative to the image path");
    }
    Optional<Stat> stat = Sys.statIfThere(images, relative, 0);
    if (stat.isEmpty() || !stat.get().is(Mode.DIRECTORY)) {
      throw new InvalidInputException(
          "invalid --parent-path " + relative + ": there is no such directory in the image path");
    }
    return relative;
  }

  private String freezer() {
    String old = target.cgroups().get("freezer");
    String found = old == null ? target.cgroups().get("") : old;
    return found == null ? "" : found;
  }

  /** A namespace that the container has joined stays; CRIU only gets a name for it. */
  private void external(CriuRequest dump, NamespaceType type, int init) {
    Optional<Namespace> joined = target.spec().linux().flatMap(linux -> linux.namespace(type));
    if (joined.isPresent() && joined.get().path().isPresent()) {
      String word = Restoration.word(type);
      Optional<Stat> stat = Sys.statIfThere(Fd.CWD, "/proc/" + init + "/ns/" + word, 0);
      if (stat.isPresent()) {
        dump.external(word + "[" + stat.get().ino() + "]:" + Restoration.key(type));
      }
    }
  }

  private static void streams(CriuRequest dump, Fd images, int init) {
    List<String> streams = ContainerFiles.streams(init);
    JsonOut out = JsonOut.compact().beginArray();
    for (int i = 0; i < streams.size(); i++) {
      out.string(streams.get(i));
      if (ContainerFiles.isFile(streams.get(i)) && streams.indexOf(streams.get(i)) == i) {
        dump.external(streams.get(i));
      }
    }
    int flags = Open.WRONLY | Open.CREAT | Open.TRUNC | Open.NOFOLLOW;
    try (Fd file = Sys.openat(images, STREAMS, flags, 0600)) {
      Sys.writeFully(file, out.endArray().toBytes());
    }
  }
}
