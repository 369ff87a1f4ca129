package dev.carafe.runtime.checkpoint;

import dev.carafe.InvalidConfigException;
import dev.carafe.InvalidInputException;
import dev.carafe.RestoreRequest;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.console.ConsoleSocket;
import dev.carafe.runtime.launch.Caller;
import dev.carafe.runtime.launch.LaunchRequest;
import dev.carafe.runtime.launch.Launched;
import dev.carafe.runtime.rdt.RdtGroup;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.JsonIn;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Makes a container's processes from images. */
public final class Restoration {
  private static final String LOG = "restore.log";
  private static final int STREAMS_MAX = 64 * 1024;
  private static final int CGROUP_MAX = 64 * 1024;

  /** The first that takes other profiles of security modules as they are meant. */
  private static final int LSM_VERSION = 3_16_00;

  private final Caller caller;
  private final LaunchRequest launch;
  private final RestoreRequest request;
  private final Consumer<String> warnings;
  private final Spec spec;
  private final List<Fd> handed = new ArrayList<>();
  private Optional<ProcessIdentity> init = Optional.empty();
  private Optional<Fd> terminal = Optional.empty();

  /**
   * Makes one.
   *
   * @param launch what would be launched; its cgroup is made, with its limits set
   * @param request the images
   * @param warnings takes what the user should know
   */
  public Restoration(
      Caller caller, LaunchRequest launch, RestoreRequest request, Consumer<String> warnings) {
    this.caller = caller;
    this.launch = launch;
    this.request = request;
    this.warnings = warnings;
    this.spec = launch.spec();
  }

  /**
   * Restores. When it fails, what has become known of processes is the caller's to end.
   *
   * @param initKnown is told the first process as soon as it exists; before that, CRIU's own, which
   *     is in the container's cgroup: with that is told what to end if all ends before there is one
   */
  public Launched run(Consumer<ProcessIdentity> initKnown) {
    int version = new Criu(caller).check(request.image(), false);
    if (version < LSM_VERSION
        && (request.lsmProfile().isPresent() || request.lsmMountContext().isPresent())) {
      throw new CriuException(
          (request.lsmProfile().isPresent() ? "--lsm-profile" : "--lsm-mount-context")
              + " requires at least CRIU "
              + Criu.text(LSM_VERSION));
    }
    Optional<ConsoleSocket> console = launch.options().consoleSocket().map(ConsoleSocket::connect);
    boolean done = false;
    try (Fd images = Criu.directory(request.image().images(), false)) {
      Criu.makeDirectory(request.image().work());
      String root = root();
      new MountPoints(caller, launch).make();
      restore(root, images, console, initKnown);
      Launched launched =
          new Launched(
              init.orElseThrow(),
              PidFd.open(init.orElseThrow().pid()),
              OptionalInt.empty(),
              terminal,
              List.of());
      done = true;
      return launched;
    } finally {
      console.ifPresent(ConsoleSocket::close);
      handed.forEach(Fd::close);
      if (!done) {
        terminal.ifPresent(Fd::close);
      }
    }
  }

  /** Returns the root file system's path, as mounts have it: CRIU compares it with those. */
  private String root() {
    String path = spec.root().isPresent() ? spec.root().get().path() : "";
    if (path.isEmpty()) {
      throw new InvalidConfigException("root.path: the root file system is not named");
    }
    String whole = path.startsWith("/") ? path : launch.bundle() + "/" + path;
    try (Fd fd = Sys.open(whole, Open.PATH | Open.DIRECTORY, 0)) {
      return ContainerFiles.pathOf(fd);
    }
  }

  private void restore(
      String root,
      Fd images,
      Optional<ConsoleSocket> console,
      Consumer<ProcessIdentity> initKnown) {
    try (CgroupMountOptions _ = new CgroupMountOptions(caller.host(), () -> true, warnings);
        CriuProcess criu = new CriuProcess(caller, launch.stdio(), true)) {
      criu.mountOnItself(root);
      // What it restores begins where it is itself.
      launch.cgroup().join(caller.host(), criu.pid());
      RdtGroup.of(spec, launch.id()).ifPresent(g -> g.join(caller.host(), criu.pid()));
      CriuRequest restore = request(root, images, criu.pid());
      ProcessIdentity.of(criu.pid()).ifPresent(initKnown);
      criu.exec(false, Optional.of(request.image()), handed);
      CriuAnswer answer =
          criu.ask(
              CriuRequest.RESTORE,
              restore.toBytes(),
              (notice, descriptors) -> told(notice, descriptors, console, initKnown));
      if (!answer.success()) {
        throw Criu.failure(CriuRequest.RESTORE, answer, request.image().work() + "/" + LOG);
      }
      known(answer.restored(), initKnown);
    }
  }

  private CriuRequest request(String root, Fd images, int criu) {
    CriuRequest restore =
        new CriuRequest(CriuRequest.RESTORE)
            .image(request.image(), LOG)
            .config(spec.annotations())
            .root(root)
            .sibling()
            .evasiveDevices();
    request.lsmProfile().ifPresent(restore::lsmProfile);
    request.lsmMountContext().ifPresent(restore::lsmMountContext);
    namespaces(restore);
    ContainerFiles.ofRestore(spec, launch.bundle(), launch.cgroup().mounts())
        .forEach(restore::external);
    cgroups(restore, criu);
    List<String> streams = streams(images);
    for (int i = 0; i < Math.min(3, streams.size()); i++) {
      String stream = streams.get(i);
      if (ContainerFiles.isReplaced(stream) && streams.indexOf(stream) == i) {
        restore.inherit(stream, i);
      }
    }
    return restore;
  }

  private void namespaces(CriuRequest restore) {
    for (Namespace each : spec.linux().map(Linux::namespaces).orElse(List.of())) {
      if (each.path().isEmpty()) {
        continue;
      }
      String path = each.path().get();
      switch (each.type()) {
        case NETWORK, PID -> {
          restore.inherit(key(each.type()), CriuProcess.handedNumber(handed.size()));
          handed.add(Sys.open(path, Open.RDONLY, 0));
        }
        case CGROUP ->
            throw new InvalidConfigException(
                "linux.namespaces: CRIU cannot restore into a cgroup namespace that is there: "
                    + path);
        default -> restore.join(word(each.type()), path);
      }
    }
  }

  /** Returns the word that CRIU and {@code /proc} have for a kind of namespace. */
  static String word(NamespaceType type) {
    return switch (type) {
      case MOUNT -> "mnt";
      case NETWORK -> "net";
      default -> type.word();
    };
  }

  /** Returns the name of a namespace that is outside; runc's, so that images can be exchanged. */
  static String key(NamespaceType type) {
    return type == NamespaceType.NETWORK ? "extRootNetNS" : "extRootPidNS";
  }

  /** The cgroups in the images are those of another container. */
  private static void cgroups(CriuRequest restore, int criu) {
    byte[] file = Sys.readFile(Fd.CWD, "/proc/" + criu + "/cgroup", CGROUP_MAX);
    for (String line : OsString.decode(file).split("\n", -1)) {
      int first = line.indexOf(':');
      int second = line.indexOf(':', first + 1);
      if (first > 0 && second > 0) {
        for (String controller : line.substring(first + 1, second).split(",", -1)) {
          restore.cgroupRoot(controller, line.substring(second + 1));
        }
      }
    }
  }

  private List<String> streams(Fd images) {
    try {
      byte[] json = Sys.readFile(images, Dump.STREAMS, STREAMS_MAX);
      return JsonIn.read(json, Dump.STREAMS, JsonIn::strings);
    } catch (KernelException | SpecException e) {
      throw new InvalidInputException(
          "no checkpoint in " + request.image().images() + ": " + e.getMessage(), e);
    }
  }

  // ---- while CRIU works

  private void told(
      CriuAnswer notice,
      List<Fd> descriptors,
      Optional<ConsoleSocket> console,
      Consumer<ProcessIdentity> initKnown) {
    switch (notice.notice()) {
      case "setup-namespaces" -> {
        known(notice.noticePid(), initKnown);
        launch.runHooks(caller, HookKind.PRESTART, notice.noticePid());
        launch.runHooks(caller, HookKind.CREATE_RUNTIME, notice.noticePid());
      }
      case "post-restore" -> known(notice.noticePid(), initKnown);
      case "orphan-pts-master" -> {
        if (descriptors.isEmpty() || terminal.isPresent()) {
          return;
        }
        if (console.isPresent()) {
          console.get().send(descriptors.get(0));
        } else {
          terminal = Optional.of(Sys.dup(descriptors.get(0)));
        }
      }
      default -> {
        // CRIU tells each step; the others need nothing from here.
      }
    }
  }

  private void known(int pid, Consumer<ProcessIdentity> initKnown) {
    if (init.isPresent() && init.get().pid() == pid) {
      return;
    }
    Optional<ProcessIdentity> found = pid <= 0 ? Optional.empty() : ProcessIdentity.of(pid);
    if (found.isEmpty()) {
      throw new CriuException(
          "criu names process " + pid + " as the first one, which is not there");
    }
    init = found;
    initKnown.accept(found.get());
  }
}
