package dev.carafe.runtime.sandbox;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Local;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Mount;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The volumes in memory that a sandbox has for its containers, on Linux itself: each a tmpfs below
 * the private directory of the sandbox's first container, made when it is first wanted, and bound
 * into each container that mounts it.
 */
public final class SharedVolumes {
  private static final String VOLUMES = "volumes";
  private static final List<String> LIMITS = List.of("ro", "noexec", "nosuid", "nodev", "noatime");
  private static final List<String> FLAGS =
      List.of(
          "rw",
          "exec",
          "suid",
          "dev",
          "atime",
          "relatime",
          "bind",
          "rbind",
          "private",
          "rprivate",
          "slave",
          "rslave",
          "shared",
          "rshared");

  private SharedVolumes() {}

  /** Returns whether a container with these annotations has volumes to share. */
  public static boolean areIn(Map<String, String> annotations) {
    return MountHint.anyIn(annotations);
  }

  /**
   * Returns where the first mount of a configuration goes that is of a volume which the sandbox
   * with these annotations has for its containers; empty if none is.
   */
  public static Optional<String> mountedBy(Spec spec, Map<String, String> annotations) {
    if (MountHint.anyIn(annotations)) {
      List<MountHint> hints = MountHint.of(annotations);
      for (Mount mount : spec.mounts()) {
        Optional<MountHint> hint = MountHint.about(hints, mount.source());
        if (hint.isPresent() && hint.get().ofSandbox()) {
          return Optional.of(mount.destination());
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Checks annotations.
   *
   * @throws InvalidConfigException if one of volumes is not understood
   */
  public static void check(Map<String, String> annotations) {
    if (MountHint.anyIn(annotations)) {
      List<MountHint> ignored = MountHint.of(annotations);
    }
  }

  /**
   * Returns a container's configuration in which mounts of the sandbox's volumes are binds of them;
   * makes what is missing. Under the sandbox's lock, or before anybody else can know of it.
   */
  public static Spec share(SandboxPlace sandbox, Spec spec) {
    if (!MountHint.anyIn(sandbox.annotations())) {
      return spec;
    }
    List<MountHint> hints = MountHint.of(sandbox.annotations());
    List<Mount> mounts = new ArrayList<>(spec.mounts());
    boolean changed = false;
    for (int i = 0; i < mounts.size(); i++) {
      Optional<MountHint> hint = MountHint.about(hints, mounts.get(i).source());
      if (hint.isPresent() && hint.get().ofSandbox()) {
        checkLimits(hint.get(), mounts.get(i));
        make(sandbox, hint.get(), spec.linux().flatMap(Linux::mountLabel).orElse(""));
        mounts.set(i, bind(mounts.get(i), path(sandbox, hint.get().name())));
        changed = true;
      }
    }
    return changed ? spec.toBuilder().mounts(mounts).build() : spec;
  }

  /** What the volume may not, none of its mounts may; as under runsc that is to be said. */
  private static void checkLimits(MountHint hint, Mount mount) {
    for (int i = 0; i < LIMITS.size(); i++) {
      String limit = LIMITS.get(i);
      if (hint.options().contains(limit) && !mount.options().contains(limit)) {
        throw new InvalidConfigException(
            "mount on "
                + mount.destination()
                + ": annotation "
                + MountHint.PREFIX
                + hint.name()
                + ".options has "
                + limit
                + ", so this mount needs that option too");
      }
    }
  }

  private static Mount bind(Mount mount, String source) {
    List<String> options = new ArrayList<>();
    options.add("bind");
    for (String option : mount.options()) {
      // What is for a new file system says nothing of one that is there.
      if (option.indexOf('=') < 0 && !option.equals("tmpcopyup")) {
        options.add(option);
      }
    }
    return new Mount(
        mount.destination(),
        Optional.of("bind"),
        Optional.of(source),
        options,
        mount.uidMappings(),
        mount.gidMappings());
  }

  private static String path(SandboxPlace sandbox, String name) {
    return sandbox.directory() + "/" + VOLUMES + "/" + name;
  }

  private static void make(SandboxPlace sandbox, MountHint hint, String label) {
    String path = path(sandbox, hint.name());
    boolean ignored = Sys.mkdirIfMissing(Fd.CWD, sandbox.directory() + "/" + VOLUMES, 0700);
    ignored = Sys.mkdirIfMissing(Fd.CWD, path, 0700);
    if (Sys.isMountPoint(path)) {
      return;
    }
    String what = "mount the volume of annotation " + MountHint.PREFIX + hint.name();
    Batch batch = Local.get().batch();
    Calls calls = new Calls(batch);
    Ref tmpfs = calls.fsopen(what, "tmpfs");
    calls.fsconfigString(what, tmpfs, "source", hint.name());
    List<String> options = data(hint);
    if (!label.isEmpty()) {
      options.add("context=" + label);
    }
    for (int i = 0; i < options.size(); i++) {
      String option = options.get(i);
      int equals = option.indexOf('=');
      String shown = what + " with " + option;
      if (equals < 0) {
        calls.fsconfigFlag(shown, tmpfs, option);
      } else {
        calls.fsconfigString(
            shown, tmpfs, option.substring(0, equals), option.substring(equals + 1));
      }
    }
    calls.fsconfigCreate(what, tmpfs);
    Ref mount = calls.fsmount(what, tmpfs, 0);
    calls.close(what, tmpfs);
    calls.moveMount(what, mount, "", Arg.CWD, path, dev.carafe.linux.Mount.MOVE_F_EMPTY_PATH);
    calls.close(what, mount);
    Reply _ = Local.get().run(batch);
  }

  /** Returns the options of the file system itself. */
  private static List<String> data(MountHint hint) {
    List<String> data = new ArrayList<>();
    Optional<Stat> source =
        hint.source().startsWith("/")
            ? Sys.statIfThere(Fd.CWD, hint.source(), 0)
            : Optional.empty();
    if (source.isPresent() && source.get().is(Mode.DIRECTORY)) {
      // A kubelet gives the directory of a volume the owner that its pod asks for.
      data.add("mode=" + Integer.toOctalString(source.get().mode() & 07777));
      data.add("uid=" + Integer.toUnsignedString(source.get().uid()));
      data.add("gid=" + Integer.toUnsignedString(source.get().gid()));
    }
    for (int i = 0; i < hint.options().size(); i++) {
      String option = hint.options().get(i);
      if (!LIMITS.contains(option) && !FLAGS.contains(option)) {
        data.add(option);
      }
    }
    return data;
  }

  /** Removes all volumes of the sandbox whose first container has this directory. */
  public static void remove(String directory) {
    Optional<Fd> opened =
        Sys.openIfThere(
            Fd.CWD, directory + "/" + VOLUMES, Open.RDONLY | Open.DIRECTORY | Open.NOFOLLOW);
    if (opened.isEmpty()) {
      return;
    }
    List<String> names;
    try (Fd volumes = opened.get()) {
      names = Sys.list(volumes);
    }
    for (int i = 0; i < names.size(); i++) {
      String path = directory + "/" + VOLUMES + "/" + names.get(i);
      while (Sys.isMountPoint(path)) {
        Batch batch = Local.get().batch();
        new Calls(batch)
            .umount2(
                "unmount " + path,
                path,
                dev.carafe.linux.Mount.UMOUNT_DETACH | dev.carafe.linux.Mount.UMOUNT_NOFOLLOW);
        Reply _ = Local.get().run(batch);
      }
    }
  }
}
