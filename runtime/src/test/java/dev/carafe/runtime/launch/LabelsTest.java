package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.testing.NoCgroup;
import dev.carafe.runtime.testing.TestBundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** AppArmor profiles and SELinux labels. */
final class LabelsTest {
  private final TestBundle bundle = TestBundle.create();

  @AfterEach
  void remove() {
    bundle.close();
  }

  private static boolean hasAppArmor() throws IOException {
    Path enabled = Path.of("/sys/module/apparmor/parameters/enabled");
    return Files.exists(enabled) && Files.readString(enabled).startsWith("Y");
  }

  private String plan() {
    try (Caller caller = new JvmCaller()) {
      return Explain.launch(
              caller,
              "test",
              bundle.spec(),
              bundle.path().toString(),
              new NoCgroup(),
              LaunchOptions.NONE)
          .toText();
    }
  }

  @Test
  void anAppArmorProfileIsSetOrTheCreateFails() throws IOException {
    // With AppArmor, each program is told to be unconfined, which needs no profile to be loaded.
    boolean enabled = hasAppArmor();
    bundle.process(p -> p.apparmorProfile(enabled ? "unconfined" : "carafe-test"));
    bundle.sh("cat /proc/self/attr/current");
    if (enabled) {
      assertEquals("unconfined", TestLaunch.run(bundle).out().strip());
      bundle.process(p -> p.apparmorProfile("no-such-profile"));
    }
    try (TestLaunch launch = new TestLaunch(bundle)) {
      KernelException e = assertThrows(KernelException.class, launch::create);
      assertTrue(e.getMessage().startsWith("unable to apply apparmor profile "), e.getMessage());
      assertEquals(enabled ? Errno.ENOENT : Errno.EINVAL, e.errno());
    }
  }

  @Test
  void aProfileIsSetBeforeTheRootChangesThroughAVerifiedProc() {
    bundle.process(p -> p.apparmorProfile("carafe-test"));
    String plan = plan();
    int open = plan.indexOf("open /proc to set labels: ");
    int magic = plan.indexOf("are 0x9fa0, else EINVAL");
    int inode = plan.indexOf("check that 8 bytes", magic);
    int write = plan.indexOf("\"exec carafe-test\"");
    int pivot = plan.indexOf("pivot_root(");
    assertTrue(open >= 0 && open < magic && magic < inode, plan);
    assertTrue(inode < write && write < pivot, plan);
    assertTrue(plan.contains("\"self/attr/apparmor/exec\""), plan);
  }

  @Test
  void aFakeProcGetsNoLabel() throws IOException {
    bundle.process(p -> p.apparmorProfile("carafe-test"));
    for (String fake : new String[] {"tmpfs", "part"}) {
      try (Caller caller = new JvmCaller()) {
        ChildAgent agent =
            caller.spawn(CloneFlags.NEWNS, new Stdio.Inherit(), "the agent of the test");
        try {
          Batch batch = agent.batch();
          Calls calls = new Calls(batch);
          calls.mount("keep mounts apart", "none", "/", "", 1 << 18 | 1 << 14, "");
          if (fake.equals("tmpfs")) {
            calls.mount("fake /proc", "fake", "/proc", "tmpfs", 0, "");
          } else {
            calls.mount("fake /proc", "/proc/1", "/proc", "", 1 << 12, "");
          }
          Labels.add(batch, bundle.spec().process().orElseThrow());
          KernelException e = assertThrows(KernelException.class, () -> agent.run(batch));
          assertEquals(
              "set labels through /proc, which is not the root of a proc file system",
              e.operation());
        } finally {
          agent.kill();
        }
      }
    }
  }

  @Test
  void anSelinuxLabelWithoutSelinuxIsRefusedInRuncsWords() {
    assumeFalse(Files.exists(Path.of("/sys/fs/selinux/enforce")), "this machine has SELinux");
    bundle.process(p -> p.selinuxLabel("system_u:system_r:container_t:s0"));
    try (TestLaunch launch = new TestLaunch(bundle)) {
      InvalidConfigException e = assertThrows(InvalidConfigException.class, launch::create);
      assertEquals(
          "selinux label is specified in config, but selinux is disabled or not supported",
          e.getMessage());
    }
  }

  @Test
  void aMountLabelIsGivenToNewFileSystems() {
    bundle.linux(l ->
        l.mountLabel("system_u:object_r:container_file_t:s0:c1,c2")
            .maskedPaths(List.of("/sys/firmware")));
    String plan = plan();
    String call = "\"context\", \"system_u:object_r:container_file_t:s0:c1,c2\"";
    assertEquals(
        4,
        plan.split(call, -1).length - 1,
        "for /dev, /dev/pts, /dev/shm and a masked directory: " + plan);
    // A mqueue takes no such option; its root has the label set.
    String attribute = "\"security.selinux\", \"system_u:object_r:container_file_t:s0:c1,c2\"";
    assertEquals(1, plan.split(attribute, -1).length - 1, plan);
    assertTrue(plan.contains("label mqueue on /dev/mqueue"), plan);
    assumeFalse(Files.exists(Path.of("/sys/fs/selinux/enforce")), "this machine has SELinux");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      RuntimeException e = assertThrows(RuntimeException.class, launch::create);
      assertTrue(String.valueOf(e.getMessage()).contains("mount tmpfs on /dev"), e.getMessage());
    }
  }
}
