package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * cgroup v2. Another process does the work, in a mount namespace of its own where a cgroup2 takes
 * the place of whatever this machine has; unless that is a cgroup2, whose options a mount would
 * change.
 */
@Tag("also-vm")
final class CgroupV2Test {
  private static final String PRIVATE_VIEW =
      "[ \"$(stat -f -c %T /sys/fs/cgroup)\" != cgroup2fs ] || exec \"$@\"; { ! mountpoint -q /sys/fs/cgroup || umount -l /sys/fs/cgroup; }"
          + " && mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"";

  private static Process process;
  private static BufferedReader out;
  private static Writer in;

  @BeforeAll
  static void start() throws IOException {
    Assumptions.assumeTrue(
        dev.carafe.linux.Sys.geteuid() == 0, "needs root to mount a cgroup2 of its own");
    process =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "sh",
                "-c",
                PRIVATE_VIEW,
                "sh",
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                UnifiedChecks.class.getName())
            .redirectErrorStream(true)
            .start();
    out = process.inputReader(StandardCharsets.UTF_8);
    in = process.outputWriter(StandardCharsets.UTF_8);
  }

  @AfterAll
  static void stop() throws Exception {
    if (process != null) {
      in.close();
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().onExit().join();
      }
      out.close();
    }
  }

  private static void check(String name) throws IOException {
    in.write(name + "\n");
    in.flush();
    StringBuilder said = new StringBuilder();
    String line = out.readLine();
    while (line != null && !line.equals(".")) {
      said.append(line).append('\n');
      line = out.readLine();
    }
    assertEquals("", line == null ? said + "the process ended" : said.toString());
  }

  @Test
  void isMadeAndGoneAfterwardsWithWhatWasMadeAboveIt() throws Exception {
    check("made");
  }

  @Test
  void aRelativePathIsBesideOurOwnCgroup() throws Exception {
    check("beside");
  }

  @Test
  void aDeniedDeviceCannotBeOpened() throws Exception {
    check("devices");
  }

  @Test
  void withoutRulesTheDefaultDevicesAreTheOnlyOnes() throws Exception {
    check("defaults");
  }

  @Test
  void allDevicesAreAllowedWhereTheRulesSaySo() throws Exception {
    check("everything");
  }

  @Test
  void whatIsFrozenStandsStill() throws Exception {
    check("freezer");
  }

  @Test
  void killsWhatForksAsFastAsItCanWithAndWithoutTheKillFile() throws Exception {
    check("kill");
  }

  @Test
  void removesWhatTheContainerMadeInside() throws Exception {
    check("tree");
  }

  @Test
  void hugePagesAndUnifiedFilesAreSet() throws Exception {
    check("huge");
  }

  @Test
  void aMissingControllerIsNamed() throws Exception {
    check("missing");
  }

  @Test
  void aFrozenCgroupIsRefusedAndOnesThatWereThereStay() throws Exception {
    check("frozen");
  }

  @Test
  void aNewDeviceFilterTakesThePlaceOfTheOldOne() throws Exception {
    check("replaced");
  }

  @Test
  void anUpdateChangesAllOrNothing() throws Exception {
    check("updated");
  }

  @Test
  void aProcessMoreGoesWhereTheFirstOneIsWhenTheCgroupWasDivided() throws Exception {
    check("divided");
  }

  @Test
  void theUserOfTheProgramGetsTheCgroupAndTheFilesThatTheKernelNames() throws Exception {
    check("given");
  }

  @Test
  void oneThatWasThereBeforeIsNotGivenToTheContainersUser() throws Exception {
    check("notGiven");
  }

  @Test
  void aDescriptorForCloneIsOfTheCgroup() throws Exception {
    check("into");
  }
}
