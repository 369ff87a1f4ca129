package dev.carafe.runtime.testing;

import dev.carafe.spec.Capabilities;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Mount;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Process;
import dev.carafe.spec.Root;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A bundle with a busybox root file system in a temporary directory, which anybody may enter. Its
 * spec is a usual one, that each test changes as it needs.
 */
public final class TestBundle implements AutoCloseable {
  private static final List<String> CAPABILITIES =
      List.of("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE");

  /** The mounts that most bundles have. */
  public static final List<Mount> MOUNTS =
      List.of(
          Mount.of("/proc", "proc", "proc", List.of()),
          Mount.of(
              "/dev",
              "tmpfs",
              "tmpfs",
              List.of("nosuid", "strictatime", "mode=755", "size=65536k")),
          Mount.of(
              "/dev/pts",
              "devpts",
              "devpts",
              List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")),
          Mount.of(
              "/dev/shm",
              "tmpfs",
              "shm",
              List.of("nosuid", "noexec", "nodev", "mode=1777", "size=65536k")),
          Mount.of("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")),
          Mount.of("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", "ro")));

  private final Path path;
  private final Path rootfs;
  private Spec spec;

  private TestBundle(Path path) throws IOException {
    this.path = path;
    this.rootfs = Files.createDirectory(path.resolve("rootfs"));
    for (String name : List.of("bin", "etc", "tmp", "proc", "sys", "dev")) {
      Files.createDirectory(rootfs.resolve(name));
    }
    Files.setPosixFilePermissions(
        rootfs.resolve("tmp"), PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.copy(Path.of("/bin/busybox"), rootfs.resolve("bin/busybox"));
    for (String applet : applets()) {
      Path link = rootfs.resolve("bin").resolve(applet);
      if (!Files.exists(link)) {
        Files.createSymbolicLink(link, Path.of("busybox"));
      }
    }
    this.spec =
        Spec.builder("1.3.0")
            .root(new Root("rootfs", false))
            .hostname("carafe")
            .mounts(MOUNTS)
            .process(
                Process.builder(List.of("/bin/true"), "/")
                    .env(List.of("PATH=/bin:/usr/bin"))
                    .capabilities(
                        new Capabilities(
                            CAPABILITIES, CAPABILITIES, List.of(), CAPABILITIES, List.of()))
                    .noNewPrivileges(true)
                    .build())
            .linux(
                Linux.builder()
                    .namespaces(
                        namespaces(
                            NamespaceType.PID,
                            NamespaceType.NETWORK,
                            NamespaceType.IPC,
                            NamespaceType.UTS,
                            NamespaceType.MOUNT,
                            NamespaceType.CGROUP))
                    .build())
            .build();
  }

  private static List<String> applets() {
    return List.of(
        "sh cat ls stat mount grep echo test touch readlink dd head wc umount mkdir sleep find"
            .concat(" printf rm tr cut true false id env pwd ps tty stty hostname sysctl sort kill")
            .concat(" umask basename dirname od date seq ip uname taskset mknod chmod")
            .split(" ", -1));
  }

  /** Makes one. */
  public static TestBundle create() {
    try {
      return new TestBundle(
          Files.createTempDirectory(
              "carafe-bundle",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns new namespaces of these kinds. */
  public static List<Namespace> namespaces(NamespaceType... types) {
    List<Namespace> all = new ArrayList<>();
    for (NamespaceType type : types) {
      all.add(new Namespace(type, Optional.empty()));
    }
    return all;
  }

  /** Returns the bundle's directory. */
  public Path path() {
    return path;
  }

  /** Returns the root file system's directory. */
  public Path rootfs() {
    return rootfs;
  }

  /** Returns the spec as it is now. */
  public Spec spec() {
    return spec;
  }

  /** Sets the program and its arguments. */
  public TestBundle args(String... args) {
    return process(p -> p.args(Arrays.asList(args)));
  }

  /** Sets a shell script as the program. */
  public TestBundle sh(String script) {
    return args("/bin/sh", "-c", script);
  }

  /** Changes the spec. */
  public TestBundle edit(UnaryOperator<Spec.Builder> change) {
    spec = change.apply(spec.toBuilder()).build();
    return this;
  }

  /** Changes the process. */
  public TestBundle process(UnaryOperator<Process.Builder> change) {
    Process changed = change.apply(spec.process().orElseThrow().toBuilder()).build();
    return edit(s -> s.process(changed));
  }

  /** Changes the section for Linux. */
  public TestBundle linux(UnaryOperator<Linux.Builder> change) {
    Linux changed = change.apply(spec.linux().orElseThrow().toBuilder()).build();
    return edit(s -> s.linux(changed));
  }

  /** Replaces the entry for a kind of namespace, or adds it. */
  public TestBundle namespace(NamespaceType type, Optional<String> join) {
    List<Namespace> all = new ArrayList<>(spec.linux().orElseThrow().namespaces());
    all.removeIf(n -> n.type() == type);
    all.add(new Namespace(type, join));
    return linux(l -> l.namespaces(all));
  }

  /** Takes the entry for a kind of namespace away. */
  public TestBundle withoutNamespace(NamespaceType type) {
    List<Namespace> all = new ArrayList<>(spec.linux().orElseThrow().namespaces());
    all.removeIf(n -> n.type() == type);
    return linux(l -> l.namespaces(all));
  }

  /** Writes the spec to {@code config.json}. */
  public TestBundle write() {
    try {
      Files.write(path.resolve("config.json"), SpecWriter.write(spec));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Removes it, as far as it is not mounted. */
  @Override
  public void close() {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
