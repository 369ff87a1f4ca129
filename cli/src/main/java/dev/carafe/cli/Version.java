package dev.carafe.cli;

/** What {@code --version} prints, in runc's form, which Docker reads. */
final class Version {
  /** The newest version of the runtime-spec that is known. */
  static final String SPEC = "1.3.0";

  private Version() {}

  static String number() {
    return property("carafe.version");
  }

  static String text() {
    return "carafe version "
        + number()
        + "\ncommit: "
        + property("carafe.commit")
        + "\nspec: "
        + SPEC
        + "\njava: "
        + property("java.version")
        + "\n";
  }

  /** The launcher's start file sets them; a program started without it has none. */
  private static String property(String name) {
    String value = System.getProperty(name);
    return value == null ? "unknown" : value;
  }
}
