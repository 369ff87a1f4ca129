package dev.carafe.spec;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The system call filter (config-linux.md, Seccomp).
 *
 * @param defaultAction what is done where no rule matches.
 * @param defaultErrnoRet the errno for it, unsigned 32-bit.
 * @param architectures the architectures.
 * @param flags the flags.
 * @param listenerPath the socket that gets the notify fd.
 * @param listenerMetadata what is told with it.
 * @param syscalls the rules, in this order.
 */
public record Seccomp(
    SeccompAction defaultAction,
    OptionalLong defaultErrnoRet,
    List<SeccompArch> architectures,
    List<SeccompFlag> flags,
    Optional<String> listenerPath,
    Optional<String> listenerMetadata,
    List<SeccompRule> syscalls) {
  /** Keeps copies that nobody can change. */
  public Seccomp {
    architectures = List.copyOf(architectures);
    flags = List.copyOf(flags);
    syscalls = List.copyOf(syscalls);
  }
}
