package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The limits of a cgroup (config-linux.md, Control groups).
 *
 * @param devices the device rules, in this order.
 * @param memory the memory limits.
 * @param cpu the processor limits.
 * @param pids the process limit.
 * @param blockIo the block I/O limits ("blockIO").
 * @param hugepageLimits the huge page limits.
 * @param network the network classes.
 * @param rdma the RDMA limits, by device.
 * @param unified files of cgroup v2 with their values, in the order of the file.
 */
public record Resources(
    List<DeviceRule> devices,
    Optional<Memory> memory,
    Optional<Cpu> cpu,
    Optional<Pids> pids,
    Optional<BlockIo> blockIo,
    List<HugepageLimit> hugepageLimits,
    Optional<Network> network,
    Map<String, Rdma> rdma,
    Map<String, String> unified) {
  /** No limits. */
  public static final Resources NONE = builder().build();

  /** Keeps copies that nobody can change. */
  public Resources {
    devices = List.copyOf(devices);
    hugepageLimits = List.copyOf(hugepageLimits);
    rdma = Copies.of(rdma);
    unified = Copies.of(unified);
  }

  /**
   * Returns these limits after a change. What the change says counts, also for single devices, page
   * sizes, interfaces and files; what it does not say stays, as does a number whose 0 means "not
   * set".
   */
  public Resources updatedBy(Resources change) {
    return ResourcesUpdate.of(this, change);
  }

  /** Returns whether nothing is limited. */
  public boolean isEmpty() {
    return devices.isEmpty()
        && memory.isEmpty()
        && cpu.isEmpty()
        && pids.isEmpty()
        && blockIo.isEmpty()
        && hugepageLimits.isEmpty()
        && network.isEmpty()
        && rdma.isEmpty()
        && unified.isEmpty();
  }

  /** Begins one with nothing but the required parts. */
  public static Builder builder() {
    return new Builder();
  }

  /** Begins one with all parts of this. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.devices = devices;
    b.memory = memory;
    b.cpu = cpu;
    b.pids = pids;
    b.blockIo = blockIo;
    b.hugepageLimits = hugepageLimits;
    b.network = network;
    b.rdma = rdma;
    b.unified = unified;
    return b;
  }

  /** Makes one part by part. */
  public static final class Builder {
    private List<DeviceRule> devices = List.of();
    private Optional<Memory> memory = Optional.empty();
    private Optional<Cpu> cpu = Optional.empty();
    private Optional<Pids> pids = Optional.empty();
    private Optional<BlockIo> blockIo = Optional.empty();
    private List<HugepageLimit> hugepageLimits = List.of();
    private Optional<Network> network = Optional.empty();
    private Map<String, Rdma> rdma = Map.of();
    private Map<String, String> unified = Map.of();

    private Builder() {}

    /** Sets the device rules, in this order. */
    public Builder devices(List<DeviceRule> devices) {
      this.devices = devices;
      return this;
    }

    /** Sets the memory limits. */
    public Builder memory(Memory memory) {
      this.memory = Optional.of(memory);
      return this;
    }

    /** Sets the processor limits. */
    public Builder cpu(Cpu cpu) {
      this.cpu = Optional.of(cpu);
      return this;
    }

    /** Sets the process limit. */
    public Builder pids(Pids pids) {
      this.pids = Optional.of(pids);
      return this;
    }

    /** Sets the block I/O limits. */
    public Builder blockIo(BlockIo blockIo) {
      this.blockIo = Optional.of(blockIo);
      return this;
    }

    /** Sets the huge page limits. */
    public Builder hugepageLimits(List<HugepageLimit> hugepageLimits) {
      this.hugepageLimits = hugepageLimits;
      return this;
    }

    /** Sets the network classes. */
    public Builder network(Network network) {
      this.network = Optional.of(network);
      return this;
    }

    /** Sets the RDMA limits, by device. */
    public Builder rdma(Map<String, Rdma> rdma) {
      this.rdma = rdma;
      return this;
    }

    /** Sets files of cgroup v2 with their values, in the order of the file. */
    public Builder unified(Map<String, String> unified) {
      this.unified = unified;
      return this;
    }

    /** Makes the record. */
    public Resources build() {
      return new Resources(
          devices, memory, cpu, pids, blockIo, hugepageLimits, network, rdma, unified);
    }
  }
}
