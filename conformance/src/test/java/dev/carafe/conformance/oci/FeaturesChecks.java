package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.carafe.conformance.Ground;
import dev.carafe.conformance.Shell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** features.md and features-linux.md. */
final class FeaturesChecks {
  private static final Set<String> PARTS =
      Set.of(
          "ociVersionMin",
          "ociVersionMax",
          "hooks",
          "mountOptions",
          "linux",
          "annotations",
          "potentiallyUnsafeConfigAnnotations");
  private static final Set<String> LINUX_PARTS =
      Set.of(
          "namespaces",
          "capabilities",
          "cgroup",
          "seccomp",
          "apparmor",
          "selinux",
          "memoryPolicy",
          "intelRdt",
          "mountExtensions",
          "netDevices");

  private static JsonObject features(Subject runtime) {
    Shell.Result result = runtime.once("features", () -> runtime.call("features"));
    assumeTrue(result.code() == 0, "it tells no features, as it may");
    return Config.parse(result.out()).getAsJsonObject();
  }

  private static JsonObject linux(Subject runtime) {
    return features(runtime).getAsJsonObject("linux");
  }

  /** Returns a list, or none, as each may be absent. */
  private static List<String> list(JsonObject object, String... path) {
    JsonElement at = object;
    for (String name : path) {
      if (at == null || !at.isJsonObject()) {
        return List.of();
      }
      at = at.getAsJsonObject().get(name);
    }
    List<String> all = new ArrayList<>();
    if (at != null && at.isJsonArray()) {
      at.getAsJsonArray().forEach(each -> all.add(each.getAsString()));
    }
    return all;
  }

  @Says("features/provided")
  void itTellsItsFeatures(Subject runtime) {
    assertFalse(features(runtime).isEmpty());
  }

  @Says({
    "features/version-min",
    "features/version-min-accepted",
    "features/version-max",
    "features/version-max-accepted",
    "features/version-order"
  })
  void itTakesTheVersionsThatItTells(Subject runtime) {
    String least = features(runtime).get("ociVersionMin").getAsString();
    String most = features(runtime).get("ociVersionMax").getAsString();
    assertTrue(Arrays.compare(numbers(least), numbers(most)) <= 0, least + " and " + most);
    for (String version : List.of(least, most)) {
      runtime.inside(Config.plain().text("ociVersion", version), "say", "ran").says("ran");
    }
  }

  private static int[] numbers(String version) {
    return Arrays.stream(version.replaceFirst("[-+].*", "").split("\\.", -1))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  @Says("features/no-others")
  void itTellsNothingThatTheSpecificationDoesNotHave(Subject runtime) {
    for (String name : features(runtime).keySet()) {
      assertTrue(PARTS.contains(name), name);
    }
    for (String name : linux(runtime).keySet()) {
      assertTrue(LINUX_PARTS.contains(name), name);
    }
  }

  @Says("features/hooks")
  void itTakesTheHooksThatItTells(Subject runtime) {
    for (String kind : list(features(runtime), "hooks")) {
      String path = kind.equals("startContainer") ? "/bin/inspect" : Ground.tool("inspect") + "";
      Config config =
          Config.plain().add("hooks." + kind, "{path: \"" + path + "\", args: [inspect, stdin]}");
      runtime.inside(config, "say", "ran").says("ran");
    }
  }

  @Says("features/mount-options")
  void itKnowsTheMountOptionsThatItTells(Subject runtime) {
    List<String> tried =
        new MountOptionChecks().checks().stream().flatMap(c -> c.sentences().stream()).toList();
    for (String option : list(features(runtime), "mountOptions")) {
      if (!tried.contains("config/mount-options/" + option) && !option.endsWith("idmap")) {
        runtime.inside(Config.plain().mount("/data", "tmpfs", "tmpfs", option), "exit", "0");
      }
    }
  }

  @Says("features/mount-options-data")
  void itTellsNoOptionsOfSingleFileSystems(Subject runtime) {
    for (String option : list(features(runtime), "mountOptions")) {
      assertFalse(option.contains("="), option);
      assertFalse(List.of("size", "mode", "newinstance", "data").contains(option), option);
    }
  }

  @Says("features/linux")
  void itTellsOfLinux(Subject runtime) {
    assertTrue(features(runtime).has("linux"));
  }

  @Says("features/annotations")
  void itsAnnotationsAreAMapOfStrings(Subject runtime) {
    if (features(runtime).has("annotations")) {
      features(runtime)
          .getAsJsonObject("annotations")
          .asMap()
          .forEach((key, value) -> assertTrue(value.getAsJsonPrimitive().isString(), key));
    }
  }

  @Says("features-linux/namespaces")
  void itKnowsTheNamespacesThatItTells(Subject runtime) {
    for (String type : list(features(runtime), "linux", "namespaces")) {
      Config config = type.equals("user") ? NamespaceChecks.mapped() : Config.plain();
      if (List.of("cgroup", "time").contains(type)) {
        config.add("linux.namespaces", "{type: " + type + "}");
      }
      runtime.inside(config, "say", "ran").says("ran");
    }
  }

  @Says("features-linux/capabilities")
  void itKnowsTheCapabilitiesThatItTells(Subject runtime) {
    List<String> all = list(features(runtime), "linux", "capabilities");
    Shell.Result result =
        runtime.run(
            Config.plain().set("process.capabilities.bounding", all.toString()).program("caps"));
    String bounding = Report.of(result.ok().out()).get("cap bounding");
    // What this machine has of them is there.
    assertEquals(
        Shell.run("grep CapBnd /proc/self/status | sed 's/.*[[:space:]]0*//'").ok().out().strip(),
        bounding);
  }

  @Says({
    "features-linux/cgroup",
    "features-linux/apparmor",
    "features-linux/selinux",
    "features-linux/intel-rdt",
    "features-linux/net-devices"
  })
  void itTellsYesOrNo(Subject runtime) {
    for (String part : List.of("cgroup", "apparmor", "selinux", "intelRdt", "netDevices")) {
      if (linux(runtime).has(part)) {
        linux(runtime)
            .getAsJsonObject(part)
            .asMap()
            .forEach((key, value) -> assertTrue(value.getAsJsonPrimitive().isBoolean(), key));
      }
    }
    assertTrue(linux(runtime).getAsJsonObject("cgroup").get("v1").getAsBoolean());
  }

  private static void seccomp(Subject runtime, String rule, String... more) {
    Config config =
        Config.plain()
            .set(
                "linux.seccomp",
                "{defaultAction: SCMP_ACT_ALLOW, syscalls: [{names: [getpriority], "
                    + rule
                    + "}]"
                    + String.join("", more)
                    + "}");
    runtime.inside(config, "say", "ran").says("ran");
  }

  private static List<String> seccompList(Subject runtime, String name) {
    List<String> all = list(features(runtime), "linux", "seccomp", name);
    // The kernel takes it only with a listener.
    all.remove("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
    assumeTrue(!all.isEmpty(), "it tells none, as it may");
    return all;
  }

  @Says("features-linux/seccomp-actions")
  void itKnowsTheSeccompActionsThatItTells(Subject runtime) {
    for (String action : seccompList(runtime, "actions")) {
      if (!action.equals("SCMP_ACT_NOTIFY")) {
        seccomp(runtime, "action: " + action);
      }
    }
  }

  @Says("features-linux/seccomp-operators")
  void itKnowsTheSeccompOperatorsThatItTells(Subject runtime) {
    for (String op : seccompList(runtime, "operators")) {
      seccomp(runtime, "action: SCMP_ACT_ERRNO, args: [{index: 0, value: 9, op: " + op + "}]");
    }
  }

  @Says("features-linux/seccomp-archs")
  void itKnowsTheSeccompArchitecturesThatItTells(Subject runtime) {
    for (String arch : seccompList(runtime, "archs")) {
      // A filter has one order of bytes, and libseccomp has had LoongArch since 2.6 only.
      if (arch.matches(".*(X86|X32|ARM|AARCH|EL|EL64|EL64N32|LE|RISCV.*)(_?64)?")) {
        seccomp(runtime, "action: SCMP_ACT_ERRNO", ", architectures: [" + arch + "]");
      }
    }
  }

  @Says("features-linux/seccomp-known-flags")
  void itKnowsTheSeccompFlagsThatItTells(Subject runtime) {
    for (String flag : seccompList(runtime, "knownFlags")) {
      Shell.Result result =
          runtime.run(
              Config.plain()
                  .set(
                      "linux.seccomp",
                      "{defaultAction: SCMP_ACT_ALLOW, flags: ["
                          + flag
                          + "], syscalls: [{names: [getpriority], action: SCMP_ACT_ERRNO}]}"));
      boolean supported = seccompList(runtime, "supportedFlags").contains(flag);
      assertTrue(result.code() == 0 || !supported, flag + ": " + result.err());
    }
  }

  @Says("features-linux/seccomp-supported-flags")
  void theSeccompFlagsThatItSupportsWork(Subject runtime) {
    for (String flag : seccompList(runtime, "supportedFlags")) {
      seccomp(runtime, "action: SCMP_ACT_ERRNO", ", flags: [" + flag + "]");
    }
  }

  @Says({"features-linux/memory-policy-modes", "features-linux/memory-policy-flags"})
  void itKnowsTheMemoryPoliciesThatItTells(Subject runtime) {
    List<String> modes = list(features(runtime), "linux", "memoryPolicy", "modes");
    assumeTrue(!modes.isEmpty(), "it tells none, as it may");
    for (String mode : modes) {
      boolean none = List.of("MPOL_DEFAULT", "MPOL_LOCAL").contains(mode);
      Config config =
          Config.plain()
              .set(
                  "linux.memoryPolicy",
                  "{mode: " + mode + ", nodes: \"" + (none ? "" : "0") + "\"}");
      runtime.inside(config, "say", "ran").says("ran");
    }
    for (String flag : list(features(runtime), "linux", "memoryPolicy", "flags")) {
      Config config =
          Config.plain()
              .set("linux.memoryPolicy", "{mode: MPOL_BIND, nodes: \"0\", flags: [" + flag + "]}");
      runtime.inside(config, "say", "ran").says("ran");
    }
  }

  @Says("features-linux/idmap")
  void itTellsOfMappingsOfMountsIfItKnowsThem(Subject runtime) {
    Shell.Result result =
        runtime.run(
            Config.plain()
                .add(
                    "mounts",
                    "{destination: \"/data\", type: none, source: rootfs, options: [bind, idmap],"
                        + " uidMappings: [{containerID: 0, hostID: 5000, size: 9}],"
                        + " gidMappings: [{containerID: 0, hostID: 5000, size: 9}]}")
                .program("stat", "/data/etc/file"));
    boolean known = result.out().contains(" owner 5000:5000 ");
    JsonObject extensions =
        linux(runtime).has("mountExtensions")
            ? linux(runtime).getAsJsonObject("mountExtensions")
            : new JsonObject();
    boolean told =
        extensions.has("idmap")
            && extensions.getAsJsonObject("idmap").get("enabled").getAsBoolean();
    assertEquals(known, told);
  }
}
