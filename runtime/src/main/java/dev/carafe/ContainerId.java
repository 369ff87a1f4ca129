package dev.carafe;

/**
 * The name of a container, unique in its state root: 1 to 255 of the characters that runc allows,
 * {@code A-Z a-z 0-9 _ + , - .}, and neither {@code .} nor {@code ..}.
 */
public final class ContainerId implements Comparable<ContainerId> {
  // An id is a directory's name, and NAME_MAX is 255.
  private static final int MAX = 255;

  private final String value;

  private ContainerId(String value) {
    this.value = value;
  }

  /**
   * Returns an id.
   *
   * @throws InvalidInputException if the text cannot be one
   */
  public static ContainerId of(String text) {
    if (text.isEmpty()) {
      throw new InvalidInputException("container id cannot be empty");
    }
    if (!isValid(text)) {
      throw new InvalidInputException("invalid container ID format");
    }
    return new ContainerId(text);
  }

  /** Returns whether the text can be an id. */
  public static boolean isValid(String text) {
    int length = text.length();
    if (length == 0 || length > MAX || text.equals(".") || text.equals("..")) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (!isAllowed(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAllowed(char c) {
    // Between '+' and '.' are ',' and '-': the set is that of runc's pattern.
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || (c >= '+' && c <= '.')
        || c == '_';
  }

  /** Returns the id as text. */
  public String value() {
    return value;
  }

  @Override
  public int compareTo(ContainerId other) {
    return value.compareTo(other.value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ContainerId id && id.value.equals(value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return value;
  }
}
