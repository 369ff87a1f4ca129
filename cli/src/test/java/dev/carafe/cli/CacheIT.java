package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A command loads no class from elsewhere than the start-up cache: each such class costs up to a
 * millisecond. When this fails, {@link Training} does not do what the command does.
 */
final class CacheIT {
  private static final Path DIST = Path.of("target/dist/current");
  private static final String ID = "cache-" + ProcessHandle.current().pid();
  private static final String POD = "pod-" + ID;
  private static final String MEMBER = "member-" + ID;

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before any test.
  private static Path directory;

  @BeforeAll
  static void makeProgramThatTells() throws IOException {
    directory = Files.createTempDirectory("carafe-cache").toRealPath();
    Path dist = DIST.toRealPath();
    assertTrue(Files.exists(dist.resolve("carafe.aot")), "the distribution has no start-up cache");
    Files.copy(dist.resolve("carafe"), directory.resolve("carafe"));
    String conf = Files.readString(dist.resolve("carafe.conf"));
    Files.writeString(
        directory.resolve("carafe.conf"),
        conf.replace("arg -Xlog:disable\n", "")
            .replace("\nmain ", "\narg -Xlog:class+load:file=" + directory + "/loaded.log\nmain "));
    Path rootfs = Files.createDirectories(directory.resolve("bundle/rootfs/bin"));
    Files.copy(Path.of("/bin/busybox"), rootfs.resolve("busybox"));
    Files.createSymbolicLink(rootfs.resolve("sh"), Path.of("busybox"));
    assertEquals(0, carafe("spec --bundle bundle").code());
    Path config = directory.resolve("bundle/config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"terminal\": true", "\"terminal\": false")
            .replace("\"sh\"", "\"sh\", \"-c\", \"exit 0\""));
    annotate(config, "pod", "sandbox");
    annotate(config, "member", "container");
  }

  /** Makes a bundle of a pod, with a volume that its containers share. */
  private static void annotate(Path config, String name, String type) throws IOException {
    String hint = "\"dev.gvisor.spec.mount.volume.";
    String annotations =
        "{\"annotations\": {\"io.kubernetes.cri.container-type\": \""
            + type
            + "\", \"io.kubernetes.cri.sandbox-id\": \""
            + POD
            + "\", "
            + hint
            + "type\": \"tmpfs\", "
            + hint
            + "share\": \"pod\", "
            + hint
            + "source\": \"shm\"},";
    Path bundle = Files.createDirectories(directory.resolve(name));
    Files.createSymbolicLink(bundle.resolve("rootfs"), directory.resolve("bundle/rootfs"));
    Files.writeString(
        bundle.resolve("config.json"), Files.readString(config).replaceFirst("\\{", annotations));
  }

  @AfterAll
  static void remove() {
    carafe("delete --force " + POD + " " + MEMBER + " " + ID);
    Shell.run("rm -rf --one-file-system \"$1\"", directory);
  }

  private static Shell.Result carafe(String words) {
    return Shell.run("cd \"$1\" && exec ./carafe --root root " + words, directory);
  }

  static List<String> commandLines() {
    return List.of(
        "--version",
        "help",
        "help create",
        "features",
        "list",
        "create --bundle bundle --pid-file pid " + ID + " >out 2>&1",
        "create --bundle bundle " + ID,
        "list --format json",
        "list --quiet",
        "state " + ID,
        "exec " + ID + " busybox true",
        "exec --user 0:0 --cwd / --env A=B " + ID + " busybox false",
        "exec " + ID + " nonsense",
        "exec nobody true",
        "events --stats " + ID,
        "events --interval 100ms " + ID + " >out & sleep 1; kill $!; wait $!",
        "ps " + ID,
        "ps --format json " + ID,
        "pause " + ID,
        "resume " + ID,
        "start " + ID,
        "update --pids-limit 100 " + ID,
        "update --memory 64m --cpu-quota 50000 --cpuset-cpus 0 " + ID,
        "wait " + ID,
        "kill " + ID + " KILL",
        "delete --force " + ID,
        "delete " + ID,
        "run --bundle bundle " + ID,
        "run --keep --bundle bundle " + ID,
        "list",
        "--short-id state cache",
        "delete " + ID,
        "run --detach --bundle bundle " + ID + " >out 2>&1",
        "delete --force " + ID,
        "create --bundle member " + MEMBER,
        "create --bundle pod " + POD + " >out 2>&1",
        "create --bundle member " + MEMBER + " >out 2>&1",
        "start " + MEMBER,
        "delete --force " + POD,
        "delete " + MEMBER,
        "explain --bundle bundle",
        "explain --format json --bundle bundle",
        "do -- true",
        "do --network host --env A=B --cwd / -- sh -c 'exit 3'",
        "state nobody",
        "--log log --log-format json state nobody",
        "state",
        "run --nonsense",
        "nonsense",
        "spec --bundle bundle");
  }

  @ParameterizedTest
  @MethodSource("commandLines")
  void everyClassComesFromTheCache(String words) throws IOException {
    assumeTrue(Shell.run("test $(id -u) = 0").code() == 0, "needs root");
    Path log = directory.resolve("loaded.log");
    Files.deleteIfExists(log);
    Shell.Result result = carafe(words);
    List<String> loaded = Files.readAllLines(log);
    assertTrue(loaded.size() > 500, result.out() + result.err());
    List<String> strangers =
        loaded.stream().filter(each -> !each.contains("source: shared objects file")).toList();
    assertEquals(List.of(), strangers, result.err());
  }
}
