package dev.carafe.runtime.launch;

import dev.carafe.InvalidConfigException;
import dev.carafe.spec.BlockIo;
import dev.carafe.spec.Cpu;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Network;
import dev.carafe.spec.Process;
import dev.carafe.spec.Resources;
import dev.carafe.spec.SchedulerPolicy;
import dev.carafe.spec.Spec;

/**
 * Refuses by name what a spec may ask for and this runtime does not do yet. What would have no
 * effect passes. Nothing is ever ignored: a container with less protection or fewer resources than
 * it asked for is worse than none.
 */
final class Unsupported {
  private Unsupported() {}

  static void check(Spec spec) {
    for (String platform : spec.otherPlatforms()) {
      refuse(true, platform);
    }
    spec.process().ifPresent(Unsupported::process);
    spec.linux().ifPresent(Unsupported::linux);
  }

  private static void process(Process process) {
    refuse(
        process.apparmorProfile().filter(p -> !p.isEmpty()).isPresent(), "process.apparmorProfile");
    refuse(process.selinuxLabel().filter(l -> !l.isEmpty()).isPresent(), "process.selinuxLabel");
    // sched(7) has its number, and no kernel has it.
    refuse(
        process.scheduler().filter(s -> s.policy() == SchedulerPolicy.ISO).isPresent(),
        "process.scheduler.policy SCHED_ISO");
  }

  private static void linux(Linux linux) {
    refuse(linux.seccomp().isPresent(), "linux.seccomp");
    refuse(linux.mountLabel().filter(l -> !l.isEmpty()).isPresent(), "linux.mountLabel");
    refuse(linux.intelRdt().isPresent(), "linux.intelRdt");
    refuse(!linux.netDevices().isEmpty(), "linux.netDevices");
    linux.resources().ifPresent(Unsupported::resources);
  }

  private static void resources(Resources resources) {
    resources.blockIo().ifPresent(Unsupported::blockIo);
    refuse(!resources.hugepageLimits().isEmpty(), "linux.resources.hugepageLimits");
    resources.network().ifPresent(Unsupported::network);
    refuse(!resources.rdma().isEmpty(), "linux.resources.rdma");
    refuse(!resources.unified().isEmpty(), "linux.resources.unified");
    resources.cpu().ifPresent(Unsupported::cpu);
  }

  private static void blockIo(BlockIo io) {
    refuse(
        io.weight().orElse(0) != 0
            || io.leafWeight().orElse(0) != 0
            || !io.weightDevice().isEmpty()
            || !io.throttleReadBpsDevice().isEmpty()
            || !io.throttleWriteBpsDevice().isEmpty()
            || !io.throttleReadIopsDevice().isEmpty()
            || !io.throttleWriteIopsDevice().isEmpty(),
        "linux.resources.blockIO");
  }

  private static void network(Network network) {
    refuse(
        network.classId().orElse(0) != 0 || !network.priorities().isEmpty(),
        "linux.resources.network");
  }

  private static void cpu(Cpu cpu) {
    refuse(cpu.realtimeRuntime().orElse(0) != 0, "linux.resources.cpu.realtimeRuntime");
    refuse(cpu.realtimePeriod().orElse(0) != 0, "linux.resources.cpu.realtimePeriod");
  }

  private static void refuse(boolean asked, String what) {
    if (asked) {
      throw new InvalidConfigException(
          what + " is not supported by this version of Carafe; remove it from config.json");
    }
  }
}
