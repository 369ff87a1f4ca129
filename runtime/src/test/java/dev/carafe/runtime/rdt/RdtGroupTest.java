package dev.carafe.runtime.rdt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Local;
import dev.carafe.linux.Sys;
import dev.carafe.spec.IntelRdt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Classes of service and monitoring groups (config-linux.md, IntelRdt), in a directory that stands
 * for resctrl: no machine at hand has that. Files that the kernel would make are made by writing.
 */
final class RdtGroupTest {
  private static final IntelRdt NOTHING =
      new IntelRdt(Optional.empty(), List.of(), Optional.empty(), Optional.empty(), false);

  @TempDir private Path directory;
  private Path resctrl;
  private Path mountinfo;

  @BeforeEach
  void pretend() throws IOException {
    resctrl = Files.createDirectory(directory.resolve("resctrl"));
    mountinfo = directory.resolve("mountinfo");
    tellMount(Sys.statx(Fd.CWD, resctrl.toString(), 0).mountId());
  }

  private void tellMount(long id) throws IOException {
    Files.writeString(
        mountinfo,
        "1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
            + id
            + " 1 0:9 / "
            + resctrl
            + " rw,relatime shared:5 - resctrl resctrl rw\n"
            + "8 1 0:10 / /proc rw - proc proc rw\n");
  }

  private static IntelRdt schemata(String closId, String... lines) {
    return new IntelRdt(
        closId.isEmpty() ? Optional.empty() : Optional.of(closId),
        List.of(lines),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  private RdtGroup group(IntelRdt asked) {
    return RdtGroup.of(asked, "web", mountinfo.toString());
  }

  private RdtGroup join(IntelRdt asked) {
    RdtGroup group = group(asked);
    group.join(Local.get(), 4711);
    return group;
  }

  private String read(String name) throws IOException {
    return Files.readString(resctrl.resolve(name));
  }

  private void has(String group, String schemata) throws IOException {
    Files.createDirectory(resctrl.resolve(group));
    Files.writeString(resctrl.resolve(group).resolve("schemata"), schemata);
  }

  private String refused(IntelRdt asked) {
    return String.valueOf(assertThrows(CarafeException.class, () -> join(asked)).getMessage());
  }

  @Test
  void withoutAClassTheContainerHasOneOfItsOwn() throws IOException {
    RdtGroup group = group(NOTHING);
    assertEquals(List.of(resctrl + "/web"), group.own());
    assertFalse(Files.exists(resctrl.resolve("web")), "nothing is made before it is joined");
    group.join(Local.get(), 4711);
    assertEquals("4711", read("web/tasks"));
    assertFalse(Files.exists(resctrl.resolve("web/schemata")));
    Files.delete(resctrl.resolve("web/tasks"));
    RdtGroup.remove(group.own());
    assertFalse(Files.exists(resctrl.resolve("web")));
    RdtGroup.remove(group.own());
  }

  @Test
  void aClassThatIsNotThereIsMadeOfItsSchemataInTheOrderOfTheSpec() throws IOException {
    IntelRdt asked =
        new IntelRdt(
            Optional.of("gold"),
            List.of("L2:0=f", "MB:0=30"),
            Optional.of("L3:0=7f0"),
            Optional.of("MB:0=20"),
            false);
    RdtGroup group = join(asked);
    assertEquals("L3:0=7f0\nMB:0=20\nL2:0=f\nMB:0=30\n", read("gold/schemata"));
    assertEquals("4711", read("gold/tasks"));
    assertEquals(List.of(), group.own(), "it outlives the container");
  }

  @Test
  void aClassThatIsThereIsComparedAndJoined() throws IOException {
    has("gold", "    L3:0=007f0;1=1f\n    MB:0= 20;1= 70\n");
    RdtGroup group = join(schemata("gold", "L3:0=7f0;1=1F", "MB:1=70"));
    assertEquals(List.of(), group.own());
    assertEquals("4711", read("gold/tasks"));
    assertEquals("    L3:0=007f0;1=1f\n    MB:0= 20;1= 70\n", read("gold/schemata"));
    assertEquals(
        "linux.intelRdt: the class of service is there already and differs: "
            + resctrl
            + "/gold/schemata has 7f0 for L3:0, the configuration ff",
        refused(schemata("gold", "L3:0=ff")));
    assertTrue(
        refused(schemata("gold", "L2:0=1")).endsWith("has nothing for L2:0, the configuration 1"));
  }

  @Test
  void aClassWithoutSchemataMustBeThere() throws IOException {
    assertEquals(
        "linux.intelRdt.closID: there is no " + resctrl + "/gold, and no schemata to make it with",
        refused(schemata("gold")));
    assertFalse(Files.exists(resctrl.resolve("gold")));
    has("gold", "L3:0=1\n");
    RdtGroup ignored = join(schemata("gold"));
    assertEquals("4711", read("gold/tasks"));
  }

  private Runnable update(String cache, String bandwidth, String... lines) {
    return group(schemata("gold"))
        .update(
            Local.get(),
            new IntelRdt(
                Optional.empty(),
                List.of(lines),
                Optional.of(cache),
                Optional.of(bandwidth),
                false));
  }

  @Test
  void anUpdateIsOfTheCacheAndTheMemoryAlone() throws IOException {
    has("gold", "L3:0=ff\nMB:0=20\nL2:0=f\n");
    Runnable ignored = update("L3:0=3", "", "L2:0=1", "MB:0=70");
    assertEquals("L3:0=3\n", read("gold/schemata"));
  }

  @Test
  void whatTakesAnUpdateBackHasAllLinesOfASchema() throws IOException {
    has("gold", "    L3DATA:0=ff\n    L3CODE:0=f0\n    MB:0= 20\n");
    Runnable back = update("L3DATA:0=3\nL3CODE:0=1", "");
    assertEquals("L3DATA:0=3\nL3CODE:0=1\n", read("gold/schemata"));
    back.run();
    assertEquals("L3DATA:0=ff\nL3CODE:0=f0\n", read("gold/schemata"));
  }

  @Test
  void theClassOfTheRootIsASlash() throws IOException {
    assertEquals(List.of(), join(schemata("/")).own());
    assertEquals("4711", read("tasks"));
  }

  @Test
  void aMonitoringGroupIsAlwaysTheContainersOwn() throws IOException {
    has("gold", "L3:0=1\n");
    Files.createDirectory(resctrl.resolve("gold/mon_groups"));
    IntelRdt asked =
        new IntelRdt(Optional.of("gold"), List.of(), Optional.empty(), Optional.empty(), true);
    RdtGroup group = join(asked);
    assertEquals(List.of(resctrl + "/gold/mon_groups/web"), group.own());
    assertEquals("4711", read("gold/tasks"));
    assertEquals("4711", read("gold/mon_groups/web/tasks"));
    String again =
        String.valueOf(assertThrows(RuntimeException.class, () -> join(asked)).getMessage());
    assertTrue(again.startsWith("make the monitoring group " + resctrl), again);
  }

  @Test
  void whatTheKernelRefusesItIsAskedAbout() throws IOException {
    Files.createDirectory(resctrl.resolve("info"));
    Files.writeString(resctrl.resolve("info/last_cmd_status"), "monitoring is not supported\n");
    // A kernel without monitoring has no directory for its groups.
    IntelRdt asked =
        new IntelRdt(Optional.empty(), List.of(), Optional.empty(), Optional.empty(), true);
    String refused = refused(asked);
    assertTrue(refused.endsWith(": resctrl says: monitoring is not supported"), refused);
  }

  @Test
  void oneThatAnotherMountCoversIsNotTaken() throws IOException {
    tellMount(Sys.statx(Fd.CWD, resctrl.toString(), 0).mountId() + 1);
    String refused =
        String.valueOf(assertThrows(CarafeException.class, () -> group(NOTHING)).getMessage());
    assertTrue(refused.startsWith("linux.intelRdt needs a resctrl file system"), refused);
  }

  @Test
  void withoutResctrlItIsRefused() throws IOException {
    Files.writeString(mountinfo, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
    String refused =
        String.valueOf(assertThrows(CarafeException.class, () -> group(NOTHING)).getMessage());
    assertTrue(refused.startsWith("linux.intelRdt needs a resctrl file system"), refused);
  }
}
