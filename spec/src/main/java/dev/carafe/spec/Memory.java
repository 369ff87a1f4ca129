package dev.carafe.spec;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Memory limits in bytes, -1 for none (config-linux.md, Memory).
 *
 * @param limit memory.
 * @param reservation the soft limit.
 * @param swap memory and swap together.
 * @param kernel kernel memory.
 * @param kernelTcp kernel TCP buffers ("kernelTCP").
 * @param swappiness 0 to 100, unsigned.
 * @param disableOomKiller whether the OOM killer is off ("disableOOMKiller").
 * @param useHierarchy whether children share the limit.
 * @param checkBeforeUpdate whether a limit below what is used is refused.
 */
public record Memory(
    OptionalLong limit,
    OptionalLong reservation,
    OptionalLong swap,
    OptionalLong kernel,
    OptionalLong kernelTcp,
    OptionalLong swappiness,
    Optional<Boolean> disableOomKiller,
    Optional<Boolean> useHierarchy,
    Optional<Boolean> checkBeforeUpdate) {

  /** No limits. */
  public static final Memory NONE =
      new Memory(
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** Makes one with a limit, and with another for memory and swap together. */
  public static Memory of(OptionalLong limit, OptionalLong swap) {
    return new Memory(
        limit,
        OptionalLong.empty(),
        swap,
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalLong.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
