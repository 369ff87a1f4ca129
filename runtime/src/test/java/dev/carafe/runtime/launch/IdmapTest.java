package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.carafe.linux.KernelException;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Mount;
import dev.carafe.spec.NamespaceType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Idmapped mounts (config.md, mounts: uidMappings, gidMappings, the options idmap and ridmap). */
final class IdmapTest {
  private static final List<IdMapping> MAP = List.of(new IdMapping(0, 100000, 65536));
  private static final List<IdMapping> ODD =
      List.of(new IdMapping(0, 5000, 1), new IdMapping(7, 6007, 3));

  private final TestBundle bundle = TestBundle.create();
  private final Path data;

  IdmapTest() throws IOException {
    data = Files.createDirectory(bundle.path().resolve("data"));
    own(Files.writeString(data.resolve("root"), "x"), 0, 0);
    own(Files.writeString(data.resolve("eight"), "x"), 8, 9);
    own(Files.writeString(data.resolve("other"), "x"), 20, 20);
  }

  @AfterEach
  void remove() {
    bundle.close();
  }

  private static void own(Path path, int uid, int gid) throws IOException {
    Files.setAttribute(path, "unix:uid", uid);
    Files.setAttribute(path, "unix:gid", gid);
  }

  private void mount(String source, List<IdMapping> uids, List<IdMapping> gids, String... options) {
    bundle.edit(s -> {
      List<Mount> mounts = new ArrayList<>(bundle.spec().mounts());
      mounts.add(
          new Mount(
              "/data", Optional.of("none"), Optional.of(source), List.of(options), uids, gids));
      return s.mounts(mounts);
    });
  }

  private void userNamespace() throws IOException {
    bundle
        .namespace(NamespaceType.USER, Optional.empty())
        .linux(l -> l.uidMappings(MAP).gidMappings(MAP));
    own(bundle.rootfs(), 100000, 100000);
  }

  private String run(String script) {
    TestLaunch.Outcome outcome = TestLaunch.run(bundle.sh(script));
    assertEquals("", outcome.err());
    return outcome.out();
  }

  @Test
  void ownersAreMappedByTheMountsOwnMapsOfSeveralRanges() throws IOException {
    mount(data.toString(), ODD, ODD, "bind");
    assertEquals(
        "eight 6008:6009\nother 65534:65534\nroot 5000:5000\n",
        run("cd /data; stat -c '%n %u:%g' eight other root"));
  }

  @Test
  void whatIsMadeBelongsToTheOwnerBeforeTheMap() throws IOException {
    own(data, 0, 0);
    mount(
        data.toString(), List.of(new IdMapping(3, 0, 1)), List.of(new IdMapping(4, 0, 1)), "bind");
    own(data, 3, 4);
    assertEquals("0:0\n", run("echo x > /data/made; stat -c %u:%g /data/made"));
    assertEquals(3, Files.getAttribute(data.resolve("made"), "unix:uid"));
    assertEquals(4, Files.getAttribute(data.resolve("made"), "unix:gid"));
  }

  @Test
  void withoutMapsTheyAreThoseOfTheContainersUserNamespace() throws IOException {
    userNamespace();
    mount(data.toString(), List.of(), List.of(), "bind", "idmap");
    assertEquals(
        "eight 8:9\nroot 0:0\n", run("cd /data; stat -c '%n %u:%g' eight root; echo x > made"));
    assertEquals(0, Files.getAttribute(data.resolve("made"), "unix:uid"));
  }

  @Test
  void aUserNamespaceThatIsJoinedCountsToo() throws IOException {
    userNamespace();
    try (TestLaunch first = new TestLaunch(bundle.sh("sleep 60"));
        TestBundle second = TestBundle.create()) {
      first.create();
      own(second.rootfs(), 100000, 100000);
      String path = "/proc/" + first.process().pid() + "/ns/user";
      second.namespace(NamespaceType.USER, Optional.of(path));
      second.edit(s -> {
        List<Mount> mounts = new ArrayList<>(second.spec().mounts());
        mounts.add(Mount.of("/data", "none", data.toString(), List.of("bind", "idmap")));
        return s.mounts(mounts);
      });
      TestLaunch.Outcome outcome = TestLaunch.run(second.sh("stat -c %u:%g /data/eight"));
      assertEquals("8:9\n", outcome.out(), outcome.err());
    }
  }

  @Test
  void inAUserNamespaceAMountMayHaveMapsOfItsOwn() throws IOException {
    userNamespace();
    mount(
        data.toString(),
        List.of(new IdMapping(8, 100001, 1)),
        List.of(new IdMapping(9, 100002, 1)),
        "bind");
    assertEquals("1:2\n", run("stat -c %u:%g /data/eight"));
  }

  @Test
  void withoutMapsAndTheOptionOwnersAreNotMapped() throws IOException {
    userNamespace();
    mount(data.toString(), List.of(), List.of(), "bind");
    assertEquals("65534:65534\n", run("stat -c %u:%g /data/eight"));
  }

  @Test
  void whatIsMountedBelowIsMappedByRidmapOnly() throws Exception {
    Path below = Files.createDirectory(data.resolve("below"));
    shell("mount", "-t", "tmpfs", "tmpfs", below.toString());
    try {
      Files.writeString(below.resolve("file"), "x");
      userNamespace();
      mount(data.toString(), List.of(), List.of(), "rbind", "ridmap");
      assertEquals("0:0\n8:9\n", run("stat -c %u:%g /data/below/file /data/eight"));
      bundle.edit(
          s -> s.mounts(bundle.spec().mounts().subList(0, bundle.spec().mounts().size() - 1)));
      mount(data.toString(), List.of(), List.of(), "rbind", "idmap");
      assertEquals("65534:65534\n8:9\n", run("stat -c %u:%g /data/below/file /data/eight"));
    } finally {
      shell("umount", below.toString());
    }
  }

  private static void shell(String... words) throws Exception {
    assertEquals(0, new ProcessBuilder(words).inheritIO().start().waitFor());
  }

  @Test
  void aFileSystemThatCannotBeIdmappedIsAnErrorThatSaysSo() {
    mount("/proc/sys", ODD, ODD, "bind");
    KernelException e = assertThrows(KernelException.class, () -> TestLaunch.run(bundle));
    assertEquals(
        "idmap /proc/sys for the mount on /data (its file system, or one below it, cannot be"
            + " idmapped): EINVAL (Invalid argument)",
        e.getMessage());
  }
}
