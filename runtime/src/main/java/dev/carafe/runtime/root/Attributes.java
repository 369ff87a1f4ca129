package dev.carafe.runtime.root;

import dev.carafe.linux.Mount;

/**
 * Changes of a mount's own attributes, as {@code mount_setattr} takes them: first what is cleared,
 * then what is set.
 *
 * @param set the {@code MOUNT_ATTR_} bits to set.
 * @param clear the bits to clear.
 */
record Attributes(long set, long clear) {
  static final Attributes NONE = new Attributes(0, 0);
  static final Attributes READ_ONLY = new Attributes(Mount.ATTR_RDONLY, 0);

  boolean isEmpty() {
    return set == 0 && clear == 0;
  }

  boolean readOnly() {
    return (set & Mount.ATTR_RDONLY) != 0;
  }

  /** Returns these with {@code bits} set. */
  Attributes with(long bits) {
    return new Attributes(set | bits, clear & ~bits);
  }

  /** Returns these with {@code bits} cleared. */
  Attributes without(long bits) {
    return new Attributes(set & ~bits, clear | bits);
  }

  /** Returns these without a word about {@code bits}. */
  Attributes silentOn(long bits) {
    return new Attributes(set & ~bits, clear & ~bits);
  }

  /**
   * Returns these with another way to keep access times; the kernel wants the whole field cleared.
   */
  Attributes accessTime(long way) {
    return new Attributes(
        (set & ~Mount.ATTR_ATIME) | way, (clear & ~Mount.ATTR_ATIME) | Mount.ATTR_ATIME);
  }
}
