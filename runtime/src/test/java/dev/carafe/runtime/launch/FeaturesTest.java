package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.runtime.container.BuiltIn;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.Features;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.Hooks;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Mount;
import dev.carafe.spec.NamespaceType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@code carafe features} says, a launch does. */
final class FeaturesTest {
  /** What file systems take, and bind mounts have from the file system that they show. */
  private static final List<String> OF_FILE_SYSTEMS =
      List.of(
          "async",
          "dirsync",
          "lazytime",
          "loud",
          "mand",
          "nolazytime",
          "nomand",
          "silent",
          "sync",
          "tmpcopyup");

  private final TestBundle bundle = TestBundle.create();
  private final Features features = BuiltIn.features();

  @AfterEach
  void remove() {
    bundle.close();
  }

  private List<Mount> mounts(String option, String source) {
    String place = "/mnt/" + option;
    List<IdMapping> ids = List.of(new IdMapping(0, 1000, 1));
    return switch (option) {
      // Of what can be mounted here no file system has it; that it is told to one is all there is.
      case "iversion", "noiversion" -> List.of(Mount.of(place, "tmpfs", "tmpfs", List.of()));
      case "remount" ->
          List.of(
              Mount.of(place, "tmpfs", "tmpfs", List.of()),
              Mount.of(place, "tmpfs", "tmpfs", List.of("remount", "ro")));
      case "idmap", "ridmap" ->
          List.of(
              new Mount(
                  place,
                  Optional.of("bind"),
                  Optional.of(source),
                  List.of("bind", option),
                  ids,
                  ids));
      default ->
          OF_FILE_SYSTEMS.contains(option)
              ? List.of(Mount.of(place, "tmpfs", "tmpfs", List.of(option)))
              : List.of(Mount.of(place, "bind", source, List.of("bind", option)));
    };
  }

  @Test
  void eachMountOptionIsAcceptedByALaunch() throws IOException {
    String source = Files.createDirectory(bundle.path().resolve("source")).toString();
    List<Mount> all = new ArrayList<>(bundle.spec().mounts());
    for (String option : features.mountOptions()) {
      all.addAll(mounts(option, source));
    }
    bundle.edit(s -> s.mounts(all)).sh("cut -d' ' -f5 /proc/self/mountinfo");
    TestLaunch.Outcome outcome = TestLaunch.run(bundle);
    assertEquals("", outcome.err());
    for (String option : features.mountOptions()) {
      assertTrue(outcome.out().contains("\n/mnt/" + option + "\n"), option);
    }
  }

  @Test
  void eachNamespaceIsTheProgramsOwn() throws IOException {
    List<IdMapping> ids = List.of(new IdMapping(0, 0, 65_536));
    bundle.linux(l ->
        l.namespaces(
                TestBundle.namespaces(features.linux().namespaces().toArray(new NamespaceType[0])))
            .uidMappings(ids)
            .gidMappings(ids));
    TestLaunch.Outcome outcome =
        TestLaunch.run(
            bundle.sh(
                "for n in pid net mnt ipc uts user cgroup time; do readlink"
                    + " /proc/self/ns/$n; done"));
    assertEquals("", outcome.err());
    List<String> own = outcome.out().lines().toList();
    assertEquals(features.linux().namespaces().size(), own.size());
    for (String each : own) {
      String name = each.substring(0, each.indexOf(':'));
      String host = Files.readSymbolicLink(Path.of("/proc/self/ns", name)).toString();
      assertTrue(!host.equals(each), each);
    }
  }

  @Test
  void eachHookOfTheLaunchRuns() throws IOException {
    Path log = bundle.path().resolve("log");
    Hook outside =
        new Hook(
            "/bin/sh", List.of("sh", "-c", "echo ran >>" + log), List.of(), OptionalInt.empty());
    Hook inside = new Hook("/bin/echo", List.of("echo", "ran"), List.of(), OptionalInt.empty());
    bundle.edit(s ->
        s.hooks(
            new Hooks(
                List.of(outside),
                List.of(outside),
                List.of(outside),
                List.of(inside),
                List.of(),
                List.of())));
    TestLaunch.Outcome outcome = TestLaunch.run(bundle.args("/bin/true"));
    assertEquals("ran\n", outcome.out());
    assertEquals("ran\nran\nran\n", Files.readString(log));
    // The other two are the container layer's: LifeCycleTest.
    assertEquals(List.of(HookKind.values()), features.hooks());
  }
}
