package dev.carafe.spec;

import java.util.List;
import java.util.OptionalLong;

/**
 * A rule of the filter (config-linux.md, Seccomp, syscalls).
 *
 * @param names the system calls.
 * @param action what is done.
 * @param errnoRet the errno for it, unsigned 32-bit.
 * @param args comparisons of arguments, all of which must hold.
 */
public record SeccompRule(
    List<String> names, SeccompAction action, OptionalLong errnoRet, List<SeccompArg> args) {
  /** Keeps copies that nobody can change. */
  public SeccompRule {
    names = List.copyOf(names);
    args = List.copyOf(args);
  }
}
