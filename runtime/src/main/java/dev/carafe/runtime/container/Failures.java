package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.KernelCallException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.checkpoint.CriuException;
import java.util.Optional;
import java.util.function.Supplier;

/** Turns errors of the layers below into those of the public API, at its door. */
final class Failures {
  private Failures() {}

  /** Does something; {@code operation} says what, as {@code start container "web"}. */
  static <T> T telling(String operation, Supplier<T> work) {
    try {
      return work.get();
    } catch (KernelException e) {
      throw of(operation, e);
    } catch (CgroupException | CriuException e) {
      throw new CarafeException("cannot " + operation + ": " + e.getMessage(), e);
    }
  }

  /** Does something that gives nothing back. */
  static void doing(String operation, Runnable work) {
    Optional<String> ignored =
        telling(
            operation,
            () -> {
              work.run();
              return Optional.empty();
            });
  }

  static CarafeException of(String operation, KernelException e) {
    String message = "cannot " + operation + ": " + e.getMessage();
    return e.errno() == 0
        ? new CarafeException(message, e)
        : new KernelCallException(message, e.errno(), Errno.name(e.errno()), e);
  }
}
