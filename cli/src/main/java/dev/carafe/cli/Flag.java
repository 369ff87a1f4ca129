package dev.carafe.cli;

/** A flag of the command line. */
final class Flag {
  private final String name;
  private final char shortForm;
  private final boolean valued;
  private final String help;

  private Flag(String name, char shortForm, boolean valued, String help) {
    this.name = name;
    this.shortForm = shortForm;
    this.valued = valued;
    this.help = help;
  }

  /** Makes a flag that is there or not. */
  static Flag toggle(String name, String help) {
    return new Flag(name, '\0', false, help);
  }

  /** Makes a flag with a value. */
  static Flag value(String name, String help) {
    return new Flag(name, '\0', true, help);
  }

  /** Returns the same flag with a short form of one letter. */
  Flag or(char letter) {
    return new Flag(name, letter, valued, help);
  }

  String name() {
    return name;
  }

  boolean valued() {
    return valued;
  }

  String help() {
    return help;
  }

  /** Returns whether a word, without its dashes, is this flag. */
  boolean is(String word) {
    return word.equals(name)
        || (shortForm != '\0' && word.length() == 1 && word.charAt(0) == shortForm);
  }

  /** Returns how the help shows the flag. */
  String form() {
    String value = valued ? " value" : "";
    return "--" + name + value + (shortForm == '\0' ? "" : ", -" + shortForm + value);
  }
}
