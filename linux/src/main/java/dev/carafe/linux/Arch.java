package dev.carafe.linux;

/** The processor architectures that Carafe knows. */
public enum Arch {
  /** 64-bit Intel and AMD. */
  X86_64("x86_64"),
  /** 64-bit ARM. */
  AARCH64("aarch64");

  private static final Arch CURRENT = find();

  private final String label;

  Arch(String label) {
    this.label = label;
  }

  /** Returns the name that {@code uname -m} gives. */
  public String label() {
    return label;
  }

  /** Returns the architecture of this JVM. */
  public static Arch current() {
    return CURRENT;
  }

  private static Arch find() {
    String name = System.getProperty("os.arch", "");
    if (name.equals("amd64") || name.equals("x86_64")) {
      return X86_64;
    }
    if (name.equals("aarch64") || name.equals("arm64")) {
      return AARCH64;
    }
    throw new UnsupportedOperationException(
        "Carafe does not run on " + name + "; it knows x86_64 and aarch64");
  }
}
