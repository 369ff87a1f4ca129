package dev.carafe.spec;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Processor limits, times in microseconds (config-linux.md, CPU).
 *
 * @param shares the relative share, unsigned.
 * @param quota the time in each period, signed.
 * @param burst what may be saved up on top, unsigned.
 * @param period the period, unsigned.
 * @param realtimeRuntime the real-time time in each period, signed.
 * @param realtimePeriod the real-time period, unsigned.
 * @param cpus the processors, as a list such as {@code 0-3,7}.
 * @param mems the memory nodes, as such a list.
 * @param idle 1 for idle scheduling, signed.
 */
public record Cpu(
    OptionalLong shares,
    OptionalLong quota,
    OptionalLong burst,
    OptionalLong period,
    OptionalLong realtimeRuntime,
    OptionalLong realtimePeriod,
    Optional<String> cpus,
    Optional<String> mems,
    OptionalLong idle) {

  /** Makes one with the three best known values only. */
  public static Cpu of(OptionalLong shares, OptionalLong quota, OptionalLong period) {
    return new Cpu(
        shares,
        quota,
        OptionalLong.empty(),
        period,
        OptionalLong.empty(),
        OptionalLong.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty());
  }
}
