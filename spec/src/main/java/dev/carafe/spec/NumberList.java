package dev.carafe.spec;

/**
 * Processors or memory nodes, as the spec and the kernel list them: {@code 0-3,7}. Blanks around an
 * entry and empty entries are passed over, as runc does.
 */
public final class NumberList {
  /** No Linux kernel has more processors, nor more memory nodes. */
  static final int MAX = 8191;

  private final String text;
  private int at;

  private NumberList(String text) {
    this.text = text;
  }

  /**
   * Returns the numbers as the mask that the kernel takes: bit n stands for n, in whole words of 64
   * bits; no word for none.
   *
   * @throws IllegalArgumentException if it is no such list; its message says why
   */
  public static byte[] mask(String list) {
    return new NumberList(list).mask();
  }

  private byte[] mask() {
    byte[] bits = new byte[(MAX + 1) / 8];
    int words = 0;
    while (at < text.length()) {
      skipBlanks();
      if (at < text.length() && text.charAt(at) != ',') {
        int first = number();
        int last = first;
        if (at < text.length() && text.charAt(at) == '-') {
          at++;
          last = number();
        }
        if (last < first) {
          throw new IllegalArgumentException("the range " + first + "-" + last + " is empty");
        }
        for (int i = first; i <= last; i++) {
          bits[i / 8] |= (byte) (1 << i % 8);
        }
        words = Math.max(words, last / 64 + 1);
        skipBlanks();
      }
      if (at < text.length() && text.charAt(at++) != ',') {
        throw new IllegalArgumentException("it is not of the form 0-3,7");
      }
    }
    byte[] mask = new byte[8 * words];
    System.arraycopy(bits, 0, mask, 0, mask.length);
    return mask;
  }

  private void skipBlanks() {
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
  }

  private int number() {
    int from = at;
    int value = 0;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      value = value * 10 + text.charAt(at++) - '0';
      if (value > MAX) {
        throw new IllegalArgumentException("it has a number above " + MAX);
      }
    }
    if (at == from) {
      throw new IllegalArgumentException("it is not of the form 0-3,7");
    }
    return value;
  }
}
