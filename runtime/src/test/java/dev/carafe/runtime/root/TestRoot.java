package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.carafe.linux.Agent;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Data;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Local;
import dev.carafe.linux.Op;
import dev.carafe.linux.Open;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Spawner;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.linux.WaitStatus;
import dev.carafe.runtime.cgroup.CgroupMounts;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Mount;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Root;
import dev.carafe.spec.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A bundle with a busybox root, whose root is built by a {@link RootBuilder} and looked at inside.
 */
final class TestRoot implements AutoCloseable {
  private static final List<String> APPLETS =
      List.of(
          "sh",
          "cat",
          "ls",
          "stat",
          "mount",
          "grep",
          "echo",
          "test",
          "touch",
          "readlink",
          "dd",
          "df",
          "head",
          "wc",
          "umount",
          "mkdir",
          "sleep",
          "find",
          "printf",
          "rm",
          "tr",
          "cut");

  /** What a program in the container printed, and its exit code. */
  record Outcome(String output, int code, List<String> warnings) {}

  /** A moment between the mounts and the pivot, seen from the host. */
  interface Between {
    void at(Agent init) throws IOException;
  }

  final Path bundle;
  final Path rootfs;
  final List<Mount> mounts = new ArrayList<>(TestBundle.MOUNTS);
  private Linux linux =
      linux(
          NamespaceType.MOUNT,
          NamespaceType.PID,
          NamespaceType.IPC,
          NamespaceType.NETWORK,
          NamespaceType.UTS);
  private boolean readonly;
  private RootOptions options = new RootOptions(false, false, new CgroupMounts(false, List.of()));
  private Between before = init -> {};
  private Between between = init -> {};
  private Executor host = Local.get();
  private UnaryOperator<Executor> wrap = executor -> executor;
  private Optional<dev.carafe.spec.Process> process = Optional.empty();

  TestRoot() throws IOException {
    bundle =
        Files.createTempDirectory(
            "carafe-root",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    rootfs = Files.createDirectory(bundle.resolve("rootfs"));
    Path bin = Files.createDirectory(rootfs.resolve("bin"));
    Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
    for (String applet : APPLETS) {
      Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
    }
  }

  static Linux linux(NamespaceType... types) {
    List<Namespace> namespaces = new ArrayList<>();
    for (NamespaceType type : types) {
      namespaces.add(new Namespace(type, Optional.empty()));
    }
    return Linux.builder().namespaces(namespaces).build();
  }

  Linux linux() {
    return linux;
  }

  TestRoot linux(Linux changed) {
    linux = changed;
    return this;
  }

  TestRoot userNamespace() {
    List<Namespace> namespaces = new ArrayList<>(linux.namespaces());
    namespaces.add(new Namespace(NamespaceType.USER, Optional.empty()));
    List<IdMapping> map = List.of(new IdMapping(0, 100000, 65536));
    linux = linux.toBuilder().namespaces(namespaces).uidMappings(map).gidMappings(map).build();
    return this;
  }

  TestRoot without(NamespaceType type) {
    List<Namespace> namespaces = new ArrayList<>(linux.namespaces());
    namespaces.removeIf(n -> n.type() == type);
    linux = linux.toBuilder().namespaces(namespaces).build();
    return this;
  }

  TestRoot readonly() {
    readonly = true;
    return this;
  }

  TestRoot options(RootOptions changed) {
    options = changed;
    return this;
  }

  TestRoot process(dev.carafe.spec.Process changed) {
    process = Optional.of(changed);
    return this;
  }

  TestRoot between(Between changed) {
    between = changed;
    return this;
  }

  /** Does something to the agent before the mounts. */
  TestRoot before(Between changed) {
    before = changed;
    return this;
  }

  TestRoot host(Executor changed) {
    host = changed;
    return this;
  }

  TestRoot wrap(UnaryOperator<Executor> changed) {
    wrap = changed;
    return this;
  }

  /** Writes a file of the root. */
  TestRoot file(String path, String text) throws IOException {
    Path file = rootfs.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return this;
  }

  /** Makes a link in the root. */
  TestRoot link(String path, String target) throws IOException {
    Path link = rootfs.resolve(path);
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, Path.of(target));
    return this;
  }

  /** Makes a directory beside the root. */
  Path directory(String name) throws IOException {
    return Files.createDirectories(bundle.resolve(name));
  }

  TestRoot mount(String destination, String type, String source, String... options) {
    mounts.add(Mount.of(destination, type, source, List.of(options)));
    return this;
  }

  /** Replaces the mount at a destination. */
  TestRoot remount(String destination, String type, String source, String... options) {
    mounts.replaceAll(m ->
        m.destination().equals(destination)
            ? Mount.of(destination, type, source, List.of(options))
            : m);
    return this;
  }

  Spec spec() {
    Spec.Builder builder =
        Spec.builder("1.3.0").root(new Root("rootfs", readonly)).mounts(mounts).linux(linux);
    if (process.isPresent()) {
      builder.process(process.get());
    }
    return builder.build();
  }

  /** Builds the root and runs a shell script in it. */
  Outcome run(String script) throws IOException {
    Path output = bundle.resolve("output");
    List<String> warnings = new ArrayList<>();
    boolean user = linux.namespace(NamespaceType.USER).isPresent();
    try (Fd out = Sys.open(output.toString(), Open.WRONLY | Open.CREAT | Open.TRUNC, 0644);
        RootBuilder builder =
            new RootBuilder(spec(), bundle.toString(), host, options, warnings::add)) {
      builder.prepare();
      try (Agent init = user ? inUserNamespace(out) : spawn(cloneFlags(), out)) {
        PidFd process = init.process().orElseThrow();
        int status;
        try {
          if (user) {
            becomeRoot(init);
          }
          before.at(init);
          builder.mounts(wrap.apply(init));
          between.at(init);
          Batch pivot = init.batch();
          builder.pivot(init, pivot);
          init.run(pivot);
          exec(init, script);
          if (!process.waitExit(20_000)) {
            throw new AssertionError("the program did not end: " + Files.readString(output));
          }
        } finally {
          process.signal(9);
          process.waitExit(10_000);
          status = process.reap();
        }
        int code =
            WaitStatus.signaled(status)
                ? 128 + WaitStatus.signal(status)
                : WaitStatus.exitCode(status);
        return new Outcome(Files.readString(output), code, warnings);
      }
    }
  }

  /** Returns the message of the error that building the root must end with. */
  String failure() {
    return String.valueOf(assertThrows(RuntimeException.class, () -> run("true")).getMessage());
  }

  private static Agent spawn(long flags, Fd out) {
    return Spawner.spawn(flags, Optional.empty(), Optional.of(out), Optional.of(out), List.of());
  }

  /** An exec before the map is written would lose all capabilities, so this one is forked. */
  private Agent inUserNamespace(Fd out) {
    try (Agent middle = spawn(0, out)) {
      PidFd process = middle.process().orElseThrow();
      try {
        return middle.cloneAgent(cloneFlags() | CloneFlags.PARENT, Optional.empty(), "clone");
      } finally {
        process.signal(9);
        process.waitExit(10_000);
        process.reap();
      }
    }
  }

  private long cloneFlags() {
    long flags = 0;
    for (Namespace namespace : linux.namespaces()) {
      flags |=
          switch (namespace.type()) {
            case MOUNT -> CloneFlags.NEWNS;
            case PID -> CloneFlags.NEWPID;
            case IPC -> CloneFlags.NEWIPC;
            case NETWORK -> CloneFlags.NEWNET;
            case UTS -> CloneFlags.NEWUTS;
            case CGROUP -> CloneFlags.NEWCGROUP;
            case USER -> CloneFlags.NEWUSER;
            case TIME -> 0;
          };
    }
    return flags;
  }

  private static void becomeRoot(Agent init) throws IOException {
    for (String map : List.of("uid_map", "gid_map")) {
      Files.writeString(Path.of("/proc/" + init.pid() + "/" + map), "0 100000 65536\n");
    }
    Batch batch = init.batch();
    batch.call("setresgid", Syscall.SETRESGID, Arg.ZERO, Arg.ZERO, Arg.ZERO);
    batch.call("setresuid", Syscall.SETRESUID, Arg.ZERO, Arg.ZERO, Arg.ZERO);
    init.run(batch);
  }

  private static void exec(Agent init, String script) {
    Batch batch = init.batch();
    Data path = batch.string("/bin/busybox");
    Data argv = batch.strings(List.of("sh", "-c", script));
    Data envp = batch.strings(List.of("PATH=/bin"));
    batch.special(Op.Kind.EXEC, 0, "exec busybox", path, argv, envp);
    init.send(batch);
  }

  /** Returns the line of {@code /proc/self/mountinfo} for a mount point, from a script's output. */
  static String mountLine(String mountinfo, String point) {
    String found = "";
    for (String line : mountinfo.lines().toList()) {
      String[] fields = line.split(" ", -1);
      if (fields.length > 6 && fields[4].equals(point)) {
        found = line;
      }
    }
    return found;
  }

  /** Returns the options of the mount itself. */
  static List<String> mountOptions(String mountinfo, String point) {
    String line = mountLine(mountinfo, point);
    return line.isEmpty() ? List.of() : List.of(line.split(" ", -1)[5].split(",", -1));
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> paths = Files.walk(bundle)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
