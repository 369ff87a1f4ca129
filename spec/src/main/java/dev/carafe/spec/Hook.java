package dev.carafe.spec;

import java.util.List;
import java.util.OptionalInt;

/**
 * A program that runs at a moment of the life cycle (config.md, POSIX-platform Hooks).
 *
 * @param path the program, absolute, in the runtime's mount namespace.
 * @param args its arguments, with the program's name first.
 * @param env its environment.
 * @param timeout the seconds after which it is killed.
 */
public record Hook(String path, List<String> args, List<String> env, OptionalInt timeout) {
  /** Keeps copies that nobody can change. */
  public Hook {
    args = List.copyOf(args);
    env = List.copyOf(env);
  }
}
