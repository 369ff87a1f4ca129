package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Flags and what follows them, read as runc reads them, which is how Go programs do: {@code -flag}
 * is {@code --flag}, a value is whatever word comes next, even one with a dash, a toggle may be
 * given as {@code --flag=false}, of a repeated flag the last one counts, and the first word that is
 * no flag ends them, as {@code --} does.
 */
final class Arguments {
  private final List<Flag> flags = new ArrayList<>();
  private final List<String> values = new ArrayList<>();
  private List<String> rest = List.of();

  private Arguments() {}

  /**
   * Reads words.
   *
   * @throws UsageException if a flag is not known or misses its value
   */
  static Arguments parse(List<Flag> known, List<String> words) {
    Arguments arguments = new Arguments();
    int at = 0;
    while (at < words.size() && isFlag(words.get(at))) {
      String word = words.get(at++);
      if (word.equals("--")) {
        break;
      }
      String text = word.substring(word.charAt(1) == '-' ? 2 : 1);
      int equals = text.indexOf('=');
      Flag flag = find(known, equals < 0 ? text : text.substring(0, equals));
      arguments.flags.add(flag);
      if (equals >= 0) {
        arguments.values.add(text.substring(equals + 1));
      } else if (!flag.valued()) {
        arguments.values.add("true");
      } else if (at < words.size()) {
        arguments.values.add(words.get(at++));
      } else {
        throw new UsageException("flag needs an argument: -" + flag.name());
      }
      if (!flag.valued()) {
        // Whether the word is a known one is checked even if the flag comes again.
        boolean _ = arguments.has(flag.name());
      }
    }
    arguments.rest = words.subList(at, words.size());
    return arguments;
  }

  private static boolean isFlag(String word) {
    return word.length() > 1 && word.charAt(0) == '-';
  }

  private static Flag find(List<Flag> known, String name) {
    for (Flag flag : known) {
      if (flag.is(name)) {
        return flag;
      }
    }
    throw new UsageException("flag provided but not defined: -" + name);
  }

  /** Returns whether a toggle is set. */
  boolean has(String name) {
    Optional<String> word = value(name);
    if (word.isEmpty()) {
      return false;
    }
    return switch (word.get()) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default ->
          throw new UsageException(
              "invalid boolean value \"" + word.get() + "\" for -" + name + ": parse error");
    };
  }

  /** Returns a flag's value, if one was given that is not empty: for some an empty one is none. */
  Optional<String> nonEmpty(String name) {
    Optional<String> given = value(name);
    return given.isPresent() && given.get().isEmpty() ? Optional.empty() : given;
  }

  /** Returns a flag's value, if it was given. */
  Optional<String> value(String name) {
    for (int i = flags.size() - 1; i >= 0; i--) {
      if (flags.get(i).name().equals(name)) {
        return Optional.of(values.get(i));
      }
    }
    return Optional.empty();
  }

  /** Returns all values of a flag, in their order. */
  List<String> values(String name) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < flags.size(); i++) {
      if (flags.get(i).name().equals(name)) {
        all.add(values.get(i));
      }
    }
    return all;
  }

  /** Returns a flag's value as a number that is not negative; 0 if it was not given. */
  int count(String name) {
    Optional<String> text = value(name);
    if (text.isEmpty()) {
      return 0;
    }
    try {
      int number = Integer.parseInt(text.get());
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, as for a negative one.
    }
    throw new UsageException(
        "invalid value \"" + text.get() + "\" for flag -" + name + ": parse error");
  }

  /** Returns what follows the flags. */
  List<String> rest() {
    return rest;
  }
}
