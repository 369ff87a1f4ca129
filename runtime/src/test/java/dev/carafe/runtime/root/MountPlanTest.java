package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.InvalidConfigException;
import dev.carafe.runtime.cgroup.CgroupMounts;
import dev.carafe.spec.Device;
import dev.carafe.spec.DeviceType;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Mount;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused before anything is touched, and the order of the steps. */
final class MountPlanTest {
  private static final RootOptions OPTIONS =
      new RootOptions(false, false, new CgroupMounts(false, List.of()));

  private final List<String> warnings = new ArrayList<>();

  private MountPlan plan(Mount... mounts) {
    Spec spec = Spec.builder("1.3.0").mounts(List.of(mounts)).build();
    return MountPlan.of(spec, "/bundle", OPTIONS, warnings::add);
  }

  private String refusal(Mount... mounts) {
    return String.valueOf(
        assertThrows(InvalidConfigException.class, () -> plan(mounts)).getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/proc/sys", "/proc/self/x", "/dev/../proc/acpi", "proc/net", "/proc/1"})
  void aMountInsideProcIsRefused(String destination) {
    String clean = ContainerPath.of(destination).toString();
    assertEquals(
        "mount tmpfs on "
            + clean
            + ": \""
            + clean
            + "\" cannot be mounted because it is inside /proc",
        refusal(Mount.of(destination, "tmpfs", "tmpfs", List.of())));
    assertTrue(
        refusal(Mount.of(destination, "none", "/x", List.of("bind"))).contains("inside /proc"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/diskstats",
        "/proc/loadavg",
        "/proc/uptime",
        "/proc/swaps",
        "/proc/net/dev",
        "/proc/slabinfo"
      })
  void aFileOfProcThatLxcfsMakesMayBeMounted(String destination) {
    assertEquals(2, plan(Mount.of(destination, "none", "/x", List.of("bind"))).steps().size());
  }

  @Test
  void onlyProcMayBeMountedOnProc() {
    assertEquals(
        "mount tmpfs on /proc: it cannot be mounted because it is not of type proc",
        refusal(Mount.of("/proc", "tmpfs", "tmpfs", List.of())));
  }

  @ParameterizedTest
  @CsvSource({"/", "''", "/..", "/a/.."})
  void theRootCannotBeMountedOver(String destination) {
    assertEquals(
        "mount on /: the root itself cannot be mounted over",
        refusal(Mount.of(destination, "tmpfs", "tmpfs", List.of())));
  }

  @Test
  void aMountNeedsATypeOrASource() {
    Mount none =
        new Mount("/x", Optional.empty(), Optional.empty(), List.of(), List.of(), List.of());
    assertEquals("mount on /x: it has neither a type nor the option bind or rbind", refusal(none));
    Mount bind =
        new Mount("/x", Optional.empty(), Optional.empty(), List.of("bind"), List.of(), List.of());
    assertEquals("mount on /x: a bind mount needs a source", refusal(bind));
  }

  @Test
  void aBindMountTakesNoDataAndSaysWhatDoesNothing() {
    assertEquals(
        "mount on /x: bind mounts cannot have any filesystem-specific options applied: size=1",
        refusal(Mount.of("/x", "none", "/y", List.of("bind", "size=1"))));
    plan(Mount.of("/x", "bind", "/y", List.of("bind", "sync")));
    assertEquals(
        List.of(
            "mount on /x: a bind mount does not change the file system, these options do nothing:"
                + " sync"),
        warnings);
  }

  @Test
  void idmapsThatCannotBeAreRefused() {
    List<IdMapping> map = List.of(new IdMapping(0, 1000, 1));
    Optional<String> none = Optional.of("none");
    Optional<String> source = Optional.of("/y");
    List<String> bind = List.of("bind");
    assertEquals(
        "mount on /x: id-mapped mounts must have both uidMappings and gidMappings set",
        refusal(new Mount("/x", none, source, bind, map, List.of())));
    assertEquals(
        "mount on /x: id-mapped mounts are only supported for bind mounts",
        refusal(new Mount("/x", Optional.of("tmpfs"), source, List.of(), map, map)));
    assertEquals(
        "mount on /x: an idmap without uidMappings and gidMappings is that of the container's user"
            + " namespace, but it has none",
        refusal(Mount.of("/x", "none", "/y", List.of("bind", "idmap"))));
  }

  @Test
  void aRelativeSourceStartsAtTheBundle() {
    MountPlan plan = plan(Mount.of("data", "none", "data", List.of("bind")));
    BindStep step = (BindStep) plan.steps().get(0);
    assertEquals("/bundle/data", step.source);
    assertEquals("mount /bundle/data on /data", step.label);
  }

  @Test
  void aReadOnlyTmpfsOrDevBecomesSoAtTheEnd() {
    MountPlan plan =
        plan(
            Mount.of("/dev", "devtmpfs", "dev", List.of("ro")),
            Mount.of("/a", "tmpfs", "tmpfs", List.of("ro")),
            Mount.of("/b", "sysfs", "sysfs", List.of("ro")));
    assertEquals("[/dev, /a]", plan.readOnlyLater().toString());
  }

  @ParameterizedTest
  @CsvSource({"/x,-1,0", "/x,4096,0", "/x,0,1048576", "/x,0,-1", "x,1,3", "/,1,3", "/..,1,3"})
  void aDeviceThatLinuxCannotHaveIsRefused(String path, long major, long minor) {
    Device device =
        new Device(
            DeviceType.CHARACTER,
            path,
            major,
            minor,
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty());
    Spec spec =
        Spec.builder("1.3.0").linux(Linux.builder().devices(List.of(device)).build()).build();
    InvalidConfigException e =
        assertThrows(
            InvalidConfigException.class,
            () -> MountPlan.of(spec, "/bundle", OPTIONS, warnings::add));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("make device " + path + ": "), message);
  }

  @Test
  void aDevOfTheHostIsLeftAsItIs() {
    MountPlan plan = plan(Mount.of("/dev/", "none", "/dev", List.of("rbind")));
    assertEquals(1, plan.steps().size());
    assertEquals(false, plan.ownDev());
  }
}
