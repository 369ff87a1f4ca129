package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.conformance.Shell;
import java.nio.file.Files;
import java.nio.file.Path;

/** config-linux.md: what is left of it. */
final class LinuxChecks {

  @Says("config-linux/intel-rdt/not-mounted")
  void withoutResctrlIntelRdtIsRefused(Subject runtime) {
    assumeTrue(
        Shell.run("grep -q resctrl /proc/self/mountinfo").code() != 0, "resctrl is mounted here");
    runtime.refuses(Config.plain().set("linux.intelRdt", "{closID: a, l3CacheSchema: \"L3:0=f\"}"));
  }

  private static String policy(Subject runtime, String json) {
    assumeTrue(
        runtime.inside(Config.plain(), "scheduling").get("mempolicy").startsWith("ok"),
        "this kernel has no memory policies");
    return runtime
        .inside(Config.plain().set("linux.memoryPolicy", json), "scheduling")
        .get("mempolicy");
  }

  private static void isPolicy(String expected, String seen) {
    assertTrue(seen.equals("ok " + expected), seen);
  }

  @Says({"config-linux/memory-policy/mode", "config-linux/memory-policy/nodes"})
  void theMemoryPolicyIsTheOneAskedFor(Subject runtime) {
    isPolicy("2 1", policy(runtime, "{mode: MPOL_BIND, nodes: \"0\"}"));
    isPolicy("3 1", policy(runtime, "{mode: MPOL_INTERLEAVE, nodes: \"0-0\"}"));
    isPolicy("4 0", policy(runtime, "{mode: MPOL_LOCAL, nodes: \"\"}"));
    isPolicy("0 0", policy(runtime, "{mode: MPOL_DEFAULT, nodes: \"\"}"));
    runtime.refuses(Config.plain().set("linux.memoryPolicy", "{mode: MPOL_NONSENSE, nodes: \"\"}"));
  }

  @Says("config-linux/memory-policy/flags")
  void theFlagsOfTheMemoryPolicyAreThoseAskedFor(Subject runtime) {
    // The mode has the flags in its higher bits: 0x8000 static, 0x4000 relative.
    isPolicy(
        (2 | 0x8000) + " 1",
        policy(runtime, "{mode: MPOL_BIND, nodes: \"0\", flags: [MPOL_F_STATIC_NODES]}"));
  }

  @Says("config-linux/sysctl")
  void theKernelParametersAreThoseAskedFor(Subject runtime) {
    runtime
        .inside(
            Config.plain()
                .set(
                    "linux.sysctl",
                    "{\"net.ipv4.ip_forward\": \"1\", \"kernel.msgmax\": \"12345\"}"),
            "cat",
            "/proc/sys/net/ipv4/ip_forward",
            ",",
            "cat",
            "/proc/sys/kernel/msgmax")
        .says("cat /proc/sys/net/ipv4/ip_forward: 1")
        .says("cat /proc/sys/kernel/msgmax: 12345");
  }

  @Says("config-linux/masked-paths/masked")
  void maskedPathsCannotBeRead(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain().set("linux.maskedPaths", "[\"/etc\", \"/proc/version\", \"/no/where\"]"),
            "ls",
            "/etc",
            ",",
            "read",
            "/proc/version",
            ",",
            "create",
            "/etc/new",
            "x");
    assertTrue(report.all("ls /etc:").isEmpty(), report.toString());
    assertFalse(report.toString().contains("read /proc/version 16 bytes"), report.toString());
  }

  @Says("config-linux/masked-paths/absolute")
  void aRelativeMaskedPathIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().set("linux.maskedPaths", "[\"etc\"]"));
  }

  @Says("config-linux/readonly-paths/readonly")
  void readonlyPathsCannotBeWritten(Subject runtime) {
    runtime
        .inside(
            Config.plain().set("linux.readonlyPaths", "[\"/etc\", \"/proc/sys\", \"/no/where\"]"),
            "create",
            "/etc/new",
            "x",
            ",",
            "write",
            "/etc/file",
            "x",
            ",",
            "cat",
            "/etc/file",
            ",",
            "open",
            "/proc/sys/kernel/hostname",
            "w")
        .says("create /etc/new x EROFS")
        .says("write /etc/file x EROFS")
        .says("cat /etc/file: of the root")
        .says("open /proc/sys/kernel/hostname w EROFS");
  }

  @Says("config-linux/readonly-paths/absolute")
  void aRelativeReadonlyPathIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().set("linux.readonlyPaths", "[\"etc\"]"));
  }

  @Says("config-linux/mount-label")
  void mountsHaveTheLabel(Subject runtime) {
    assumeTrue(Files.exists(Path.of("/sys/fs/selinux/enforce")), "SELinux is off on this machine");
    String label = "system_u:object_r:container_file_t:s0";
    Report report = runtime.inside(Config.plain().text("linux.mountLabel", label), "mounts");
    assertTrue(report.mountAt("/dev/shm").contains("context=" + label), report.toString());
  }

  @Says("config-linux/personality/domain")
  void linux32TellsOfA32BitMachine(Subject runtime) {
    runtime
        .inside(Config.plain().set("linux.personality", "{domain: LINUX32}"), "machine")
        .says("machine i686");
    runtime
        .inside(Config.plain().set("linux.personality", "{domain: LINUX}"), "machine")
        .says("personality 0");
    runtime.refuses(Config.plain().set("linux.personality", "{domain: NONSENSE}"));
  }

  @Says("config-linux/personality/flags")
  void flagsOfThePersonalityAreRefused(Subject runtime) {
    runtime.refuses(Config.plain().set("linux.personality", "{domain: LINUX, flags: [NONSENSE]}"));
  }
}
