package dev.carafe.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SpecValidatorTest {
  private static final Tree BASE = Tree.of(SpecWriter.write(DefaultSpec.create(true)));

  private static Spec changed(String path, String json) {
    return SpecReader.read(BASE.with(path, json).bytes(), "config.json");
  }

  private static void refused(Spec spec, String path, String words) {
    SpecException e = assertThrows(SpecException.class, () -> SpecValidator.validate(spec));
    assertEquals(path, e.path());
    assertTrue(e.problem().contains(words), e.problem());
  }

  @Test
  void theDefaultConfigurationsAreGood() {
    SpecValidator.validate(DefaultSpec.create(true));
    SpecValidator.validate(DefaultSpec.create(false));
    SpecValidator.validate(DefaultSpec.createRootless(1000, 1000, true));
  }

  /** Each line: what is changed | to what | where the error is | words of it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          $.process.cwd | "tmp" | $.process.cwd | not an absolute path
          $.process.args | [] | $.process.args | must name a program
          $.process.env | ["A=1","B"] | $.process.env[1] | NAME=value
          $.process.env | ["=1"] | $.process.env[0] | NAME=value
          $.process.user.uid | 4294967295 | $.process.user.uid | not an id
          $.process.user.gid | 4294967295 | $.process.user.gid | not an id
          $.process.user.additionalGids | [1,4294967295] | $.process.user.additionalGids[1] | not an id
          $.process.user.umask | 4096 | $.process.user.umask | no permissions
          $.process.oomScoreAdj | 1001 | $.process.oomScoreAdj | between -1000 and 1000
          $.process.oomScoreAdj | -1001 | $.process.oomScoreAdj | between -1000 and 1000
          $.process.consoleSize | {"height":65536,"width":1} | $.process.consoleSize.height | 65535
          $.process.rlimits[0].soft | 1025 | $.process.rlimits[0].soft | above the hard limit 1024
          $.process.rlimits[0].soft | 18446744073709551615 | $.process.rlimits[0].soft | 18446744073709551615
          $.process.rlimits[1] | {"type":"RLIMIT_NOFILE","soft":1,"hard":1} | $.process.rlimits[1].type | twice
          $.process.scheduler | {"policy":"SCHED_OTHER","nice":20} | $.process.scheduler.nice | 19
          $.process.scheduler | {"policy":"SCHED_FIFO"} | $.process.scheduler.priority | 99
          $.process.scheduler | {"policy":"SCHED_RR","priority":1,"runtime":5} | $.process.scheduler | SCHED_DEADLINE
          $.process.ioPriority | {"class":"IOPRIO_CLASS_RT","priority":8} | $.process.ioPriority.priority | 7
          $.root.path | "" | $.root.path | empty
          $.hostname | "a234567890123456789012345678901234567890123456789012345678901234x" | $.hostname | 64
          $.mounts[0].destination | "" | $.mounts[0].destination | empty
          $.mounts[0].uidMappings | [{"containerID":0,"hostID":0,"size":0}] | $.mounts[0].uidMappings[0].size | at least one
          $.hooks.prestart | [{"path":"bin/x"}] | $.hooks.prestart[0].path | absolute
          $.hooks.poststop | [{"path":"/x","timeout":0}] | $.hooks.poststop[0].timeout | greater than zero
          $.hooks.poststart | [{"path":"/x","timeout":-1}] | $.hooks.poststart[0].timeout | greater than zero
          $.hooks.createRuntime | [{"path":"/x","env":["x"]}] | $.hooks.createRuntime[0].env[0] | NAME=value
          $.linux.namespaces[1] | {"type":"pid"} | $.linux.namespaces[1].type | twice
          $.linux.namespaces[1].path | "proc/1/ns/net" | $.linux.namespaces[1].path | absolute
          $.linux.uidMappings | [{"containerID":0,"hostID":0,"size":1}] | $.linux.uidMappings | type user
          $.linux.gidMappings | [{"containerID":0,"hostID":0,"size":1}] | $.linux.gidMappings | type user
          $.linux.namespaces[6] | {"type":"user"} | $.linux.uidMappings | missing
          $.linux.uidMappings | [{"containerID":0,"hostID":0,"size":10},{"containerID":9,"hostID":50,"size":1}] | $.linux.uidMappings[1].containerID | overlaps
          $.linux.uidMappings | [{"containerID":0,"hostID":0,"size":10},{"containerID":10,"hostID":9,"size":1}] | $.linux.uidMappings[1].hostID | overlaps
          $.linux.gidMappings | [{"containerID":4294967290,"hostID":0,"size":6}] | $.linux.gidMappings[0].containerID | last id
          $.linux.gidMappings | [{"containerID":0,"hostID":4294967295,"size":1}] | $.linux.gidMappings[0].hostID | last id
          $.linux.timeOffsets | {"monotonic":{"secs":1}} | $.linux.timeOffsets | type time
          $.linux.maskedPaths[0] | "proc/x" | $.linux.maskedPaths[0] | absolute
          $.linux.readonlyPaths[0] | "proc/x" | $.linux.readonlyPaths[0] | absolute
          $.linux.cgroupsPath | "a/../../b" | $.linux.cgroupsPath | climbs
          $.linux.cgroupsPath | ".." | $.linux.cgroupsPath | climbs
          $.linux.devices | [{"path":"dev/x","type":"c","major":1,"minor":1}] | $.linux.devices[0].path | absolute
          $.linux.devices | [{"path":"/dev/../x","type":"c","major":1,"minor":1}] | $.linux.devices[0].path | climbs
          $.linux.devices | [{"path":"/dev/x","type":"a","major":1,"minor":1}] | $.linux.devices[0].type | rules
          $.linux.devices | [{"path":"/dev/x","type":"c","major":4096,"minor":1}] | $.linux.devices[0].major | 4095
          $.linux.devices | [{"path":"/dev/x","type":"b","major":1,"minor":-1}] | $.linux.devices[0].minor | 1048575
          $.linux.personality | {"domain":"LINUX","flags":["X"]} | $.linux.personality.flags | no flags
          $.linux.resources.devices[0].type | "p" | $.linux.resources.devices[0].type | rule
          $.linux.resources.devices[0].access | "rx" | $.linux.resources.devices[0].access | r, w and m
          $.linux.resources.devices[0].access | "rr" | $.linux.resources.devices[0].access | each once
          $.linux.resources.devices[0].major | -2 | $.linux.resources.devices[0].major | device number
          $.linux.resources.memory | {"limit":-2} | $.linux.resources.memory.limit | -1
          $.linux.resources.memory | {"swappiness":101} | $.linux.resources.memory.swappiness | 100
          $.linux.resources.memory | {"swappiness":18446744073709551615} | $.linux.resources.memory.swappiness | 100
          $.linux.resources.cpu | {"quota":5,"burst":6} | $.linux.resources.cpu.burst | quota
          $.linux.resources.cpu | {"cpus":"0\\n1"} | $.linux.resources.cpu.cpus | line break
          $.linux.resources.blockIO | {"weightDevice":[{"major":1,"minor":1}]} | $.linux.resources.blockIO.weightDevice[0] | leafWeight
          $.linux.resources.hugepageLimits | [{"pageSize":"../x","limit":1}] | $.linux.resources.hugepageLimits[0].pageSize | page size
          $.linux.resources.unified | {"../cgroup.procs":"1"} | $.linux.resources.unified.../cgroup.procs | controller
          $.linux.resources.unified | {"memory":"1"} | $.linux.resources.unified.memory | controller
          $.linux.resources.rdma | {"x":{}} | $.linux.resources.rdma.x | hcaObjects
          $.linux.seccomp | {"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1} | $.linux.seccomp.defaultErrnoRet | errno
          $.linux.seccomp | {"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"x"} | $.linux.seccomp.listenerMetadata | listenerPath
          $.linux.seccomp | {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_KILL"}]} | $.linux.seccomp.syscalls[0].names | empty
          $.linux.seccomp | {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"],"action":"SCMP_ACT_KILL","errnoRet":1}]} | $.linux.seccomp.syscalls[0].errnoRet | errno
          $.linux.seccomp | {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"],"action":"SCMP_ACT_KILL","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}]} | $.linux.seccomp.syscalls[0].args[0].index | 5
          $.linux.intelRdt | {"closID":"../x"} | $.linux.intelRdt.closID | directory
          $.linux.intelRdt | {"memBwSchema":"L3:0=1"} | $.linux.intelRdt.memBwSchema | "MB:"
          $.linux.intelRdt | {"schemata":["L3:0=1","MB:0=1\\nMB:1=1"]} | $.linux.intelRdt.schemata[1] | line break
          $.linux.intelRdt | {"l3CacheSchema":"L3:0=1\\nMB:0=1"} | $.linux.intelRdt.l3CacheSchema | line break
          $.linux.memoryPolicy | {"mode":"MPOL_BIND"} | $.linux.memoryPolicy.nodes | needs nodes
          $.linux.memoryPolicy | {"mode":"MPOL_LOCAL","nodes":"0"} | $.linux.memoryPolicy.nodes | no nodes
          $.linux.memoryPolicy | {"mode":"MPOL_BIND","nodes":"0-x"} | $.linux.memoryPolicy.nodes | form
          $.linux.memoryPolicy | {"mode":"MPOL_BIND","nodes":"0","flags":["MPOL_F_STATIC_NODES","MPOL_F_RELATIVE_NODES"]} | $.linux.memoryPolicy.flags | both
          $.process.execCPUAffinity | {"initial":"1-"} | $.process.execCPUAffinity.initial | form
          $.process.execCPUAffinity | {"final":"3-1"} | $.process.execCPUAffinity.final | empty
          $.linux.netDevices | {"a/b":{}} | $.linux.netDevices.a/b | network device
          $.linux.netDevices | {"eth0":{"name":".."}} | $.linux.netDevices.eth0.name | network device
          $.linux.sysctl | {"kernel.panic":"1"} | $.linux.sysctl.kernel.panic | change the host
          $.linux.sysctl | {"vm.swappiness":"1"} | $.linux.sysctl.vm.swappiness | change the host
          $.linux.sysctl | {"kernel.hostname":"x"} | $.linux.sysctl.kernel.hostname | $.hostname
          $.linux.sysctl | {"user.max_user_namespaces":"1"} | $.linux.sysctl.user.max_user_namespaces | type user
          $.linux.sysctl | {"net.core.x":"1\\n2"} | $.linux.sysctl.net.core.x | line break
          $.linux.sysctl | {"net...kernel.panic":"1"} | $.linux.sysctl.net...kernel.panic | such a name
          $.linux.sysctl | {"net/../kernel/panic":"1"} | $.linux.sysctl.net/../kernel/panic | such a name
          $.linux.sysctl | {"net.//.x":"1"} | $.linux.sysctl.net.//.x | such a name
          $.linux.sysctl | {"net.a b":"1"} | $.linux.sysctl.net.a b | such a name
          $.linux.sysctl | {"":"1"} | $.linux.sysctl. | such a name
          $.linux.sysctl | {"/net/x":"1"} | $.linux.sysctl./net/x | such a name
          """)
  void aBrokenRuleIsRefusedByItsPath(String path, String json, String errorPath, String words) {
    refused(changed(path, json), errorPath, words);
  }

  /** Each line: what is changed | to what. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          $.mounts[0].destination | "relative/path"
          $.mounts[0].source | ""
          $.process.user.uid | 4294967294
          $.process.capabilities.bounding | ["CAP_NO_SUCH"]
          $.process.env | ["A=", "B=x=y", "a.b=c"]
          $.linux.sysctl | {"net.ipv4.ip_forward":"1","kernel.msgmax":"1","fs.mqueue.msg_max":"1","kernel.domainname":"x"}
          $.linux.sysctl | {"net/ipv4/conf/eth0.100/forwarding":"1","net.ipv4.conf.eth0/100.forwarding":"1"}
          $.linux.intelRdt | {"closID":"/","schemata":["L3:0=1"],"memBwSchema":"MB:0=1"}
          $.linux.memoryPolicy | {"mode":"MPOL_PREFERRED","nodes":""}
          $.linux.netDevices | {"eth0":{"name":"net%d"}}
          $.process.execCPUAffinity | {"initial":"0-3,7","final":""}
          $.linux.cgroupsPath | "system.slice:carafe:name"
          $.linux.cgroupsPath | "/a/..b/c.."
          $.linux.resources.devices[0] | {"allow":true,"type":"a","major":-1,"minor":-1,"access":"rwm"}
          $.linux.resources.unified | {"io.max":"8:0 rbps=1\\n8:16 rbps=1"}
          $.linux.resources.cpu | {"quota":-1,"burst":6}
          $.hooks.prestart | [{"path":"/x","timeout":1,"env":["A=1"]}]
          """)
  void whatTheSpecAllowsIsAccepted(String path, String json) {
    SpecValidator.validate(changed(path, json));
  }

  @Test
  void namesNeedTheirNamespaces() {
    Spec spec = DefaultSpec.create(false);
    Linux linux = spec.linux().orElseThrow();
    refused(without(spec, NamespaceType.UTS), "$.hostname", "uts");
    Spec domain = spec.toBuilder().domainname("x").build();
    refused(without(domain.toBuilder().build(), NamespaceType.UTS), "$.hostname", "uts");
    refused(without(spec, NamespaceType.MOUNT), "$.mounts", "mount");
    Spec masks = spec.toBuilder().mounts(List.of()).build();
    refused(without(masks, NamespaceType.MOUNT), "$.linux.maskedPaths", "mount");
    Spec net =
        spec.toBuilder()
            .linux(linux.toBuilder().sysctl(Map.of("net.core.somaxconn", "1")).build())
            .build();
    refused(without(net, NamespaceType.NETWORK), "$.linux.sysctl.net.core.somaxconn", "network");
    Spec ipc =
        spec.toBuilder()
            .linux(linux.toBuilder().sysctl(Map.of("kernel.shmmax", "1")).build())
            .build();
    refused(without(ipc, NamespaceType.IPC), "$.linux.sysctl.kernel.shmmax", "ipc");
  }

  private static Spec without(Spec spec, NamespaceType type) {
    Linux linux = spec.linux().orElseThrow();
    List<Namespace> left = new ArrayList<>(linux.namespaces());
    left.removeIf(n -> n.type() == type);
    return spec.toBuilder().linux(linux.toBuilder().namespaces(left).build()).build();
  }

  @Test
  void timeOffsetsNeedANewTimeNamespaceAndKnownClocks() {
    Tree time = BASE.with("$.linux.namespaces[6]", "{\"type\":\"time\"}");
    String good = "{\"monotonic\":{\"secs\":-5},\"boottime\":{\"nanosecs\":999999999}}";
    SpecValidator.validate(read(time.with("$.linux.timeOffsets", good)));
    refused(
        read(time.with("$.linux.timeOffsets", "{\"realtime\":{\"secs\":1}}")),
        "$.linux.timeOffsets.realtime",
        "monotonic");
    refused(
        read(time.with("$.linux.timeOffsets", "{\"boottime\":{\"nanosecs\":1000000000}}")),
        "$.linux.timeOffsets.boottime.nanosecs",
        "second");
    Tree joined = time.with("$.linux.namespaces[6].path", "\"/proc/1/ns/time\"");
    refused(read(joined.with("$.linux.timeOffsets", good)), "$.linux.timeOffsets", "new");
  }

  private static Spec read(Tree tree) {
    return SpecReader.read(tree.bytes(), "config.json");
  }

  @Test
  void aSpecMadeByHandMayNotHoldNul() {
    Spec spec = DefaultSpec.create(true);
    Process process = spec.process().orElseThrow();
    refused(
        spec.toBuilder().process(process.toBuilder().args(List.of("a", "b\0c")).build()).build(),
        "$.process.args[1]",
        "NUL");
    refused(
        spec.toBuilder().process(process.toBuilder().env(List.of("A=\0")).build()).build(),
        "$.process.env[0]",
        "NUL");
    refused(spec.toBuilder().root(new Root("a\0", false)).build(), "$.root.path", "NUL");
    refused(spec.toBuilder().hostname("a\0").build(), "$.hostname", "NUL");
    refused(
        spec.toBuilder().mounts(List.of(Mount.of("/a\0", "x", "y", List.of()))).build(),
        "$.mounts[0].destination",
        "NUL");
    refused(Spec.builder("2.0.0").build(), "$.ociVersion", "not supported");
  }

  @Test
  void processAndResourcesAreCheckedAlone() {
    Process process = Process.builder(List.of("x"), "relative").build();
    SpecException e =
        assertThrows(SpecException.class, () -> SpecValidator.validateProcess(process));
    assertEquals("$.cwd", e.path());
    Resources resources = Resources.builder().unified(Map.of("a/b.c", "")).build();
    e = assertThrows(SpecException.class, () -> SpecValidator.validateResources(resources));
    assertEquals("$.unified.a/b.c", e.path());
  }

  @Test
  void aParameterNamesItsFile() {
    assertEquals(Optional.of("net/ipv4/ip_forward"), Sysctl.path("net.ipv4.ip_forward"));
    assertEquals(Optional.of("net/ipv4/conf/eth0.100/x"), Sysctl.path("net.ipv4.conf.eth0/100.x"));
    assertEquals(Optional.of("net/ipv4/conf/eth0.1/x"), Sysctl.path("net/ipv4/conf/eth0.1/x"));
    assertEquals(Optional.empty(), Sysctl.path("net.x."));
    assertEquals(Optional.empty(), Sysctl.path("net.é"));
  }
}
