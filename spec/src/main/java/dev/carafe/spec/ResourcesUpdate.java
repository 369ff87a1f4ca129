package dev.carafe.spec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.BinaryOperator;
import java.util.function.Function;

/**
 * Limits after a change: what the change says counts, what it does not say stays. A number that
 * means "not set" when it is 0 does not say anything then.
 */
final class ResourcesUpdate {
  private ResourcesUpdate() {}

  static Resources of(Resources old, Resources change) {
    return new Resources(
        change.devices().isEmpty() ? old.devices() : change.devices(),
        both(old.memory(), change.memory(), ResourcesUpdate::memory),
        both(old.cpu(), change.cpu(), ResourcesUpdate::cpu),
        both(old.pids(), change.pids(), (o, c) -> new Pids(given(o.limit(), c.limit()))),
        both(old.blockIo(), change.blockIo(), ResourcesUpdate::blockIo),
        each(old.hugepageLimits(), change.hugepageLimits(), HugepageLimit::pageSize),
        both(old.network(), change.network(), ResourcesUpdate::network),
        entries(old.rdma(), change.rdma()),
        entries(old.unified(), change.unified()));
  }

  private static Memory memory(Memory old, Memory change) {
    return new Memory(
        set(old.limit(), change.limit()),
        set(old.reservation(), change.reservation()),
        set(old.swap(), change.swap()),
        set(old.kernel(), change.kernel()),
        set(old.kernelTcp(), change.kernelTcp()),
        given(old.swappiness(), change.swappiness()),
        given(old.disableOomKiller(), change.disableOomKiller()),
        given(old.useHierarchy(), change.useHierarchy()),
        given(old.checkBeforeUpdate(), change.checkBeforeUpdate()));
  }

  private static Cpu cpu(Cpu old, Cpu change) {
    return new Cpu(
        set(old.shares(), change.shares()),
        set(old.quota(), change.quota()),
        given(old.burst(), change.burst()),
        set(old.period(), change.period()),
        set(old.realtimeRuntime(), change.realtimeRuntime()),
        set(old.realtimePeriod(), change.realtimePeriod()),
        given(old.cpus(), change.cpus().filter(s -> !s.isEmpty())),
        given(old.mems(), change.mems().filter(s -> !s.isEmpty())),
        given(old.idle(), change.idle()));
  }

  private static BlockIo blockIo(BlockIo old, BlockIo change) {
    return new BlockIo(
        set(old.weight(), change.weight()),
        set(old.leafWeight(), change.leafWeight()),
        each(old.weightDevice(), change.weightDevice(), d -> d.major() + ":" + d.minor()),
        rates(old.throttleReadBpsDevice(), change.throttleReadBpsDevice()),
        rates(old.throttleWriteBpsDevice(), change.throttleWriteBpsDevice()),
        rates(old.throttleReadIopsDevice(), change.throttleReadIopsDevice()),
        rates(old.throttleWriteIopsDevice(), change.throttleWriteIopsDevice()));
  }

  private static List<ThrottleDevice> rates(List<ThrottleDevice> old, List<ThrottleDevice> change) {
    return each(old, change, d -> d.major() + ":" + d.minor());
  }

  private static Network network(Network old, Network change) {
    return new Network(
        set(old.classId(), change.classId()),
        each(old.priorities(), change.priorities(), InterfacePriority::name));
  }

  // ---- values

  private static OptionalLong given(OptionalLong old, OptionalLong change) {
    return change.isPresent() ? change : old;
  }

  private static <T> Optional<T> given(Optional<T> old, Optional<T> change) {
    return change.isPresent() ? change : old;
  }

  private static OptionalLong set(OptionalLong old, OptionalLong change) {
    return change.orElse(0) != 0 ? change : old;
  }

  private static OptionalInt set(OptionalInt old, OptionalInt change) {
    return change.orElse(0) != 0 ? change : old;
  }

  private static <T> Optional<T> both(
      Optional<T> old, Optional<T> change, BinaryOperator<T> merge) {
    return old.isPresent() && change.isPresent()
        ? Optional.of(merge.apply(old.get(), change.get()))
        : given(old, change);
  }

  /** Of items with the same key the changed one counts. */
  private static <T> List<T> each(List<T> old, List<T> change, Function<T, String> key) {
    Map<String, T> all = new LinkedHashMap<>();
    for (T item : old) {
      all.put(key.apply(item), item);
    }
    for (T item : change) {
      all.put(key.apply(item), item);
    }
    return new ArrayList<>(all.values());
  }

  private static <T> Map<String, T> entries(Map<String, T> old, Map<String, T> change) {
    Map<String, T> all = new LinkedHashMap<>(old);
    all.putAll(change);
    return all;
  }
}
