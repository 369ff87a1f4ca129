package dev.carafe.linux;

/** The flags of the calls whose names end in {@code at}. */
public final class At {
  /** {@code AT_FDCWD}. */
  public static final int FDCWD = -100;

  /** {@code AT_SYMLINK_NOFOLLOW}. */
  public static final int SYMLINK_NOFOLLOW = 0x100;

  /** {@code AT_REMOVEDIR}, of {@code unlinkat}. */
  public static final int REMOVEDIR = 0x200;

  /** {@code AT_EACCESS}, of {@code faccessat2}. */
  public static final int EACCESS = 0x200;

  /** {@code AT_SYMLINK_FOLLOW}, of {@code linkat}. */
  public static final int SYMLINK_FOLLOW = 0x400;

  /** {@code AT_NO_AUTOMOUNT}. */
  public static final int NO_AUTOMOUNT = 0x800;

  /** {@code AT_EMPTY_PATH}: the descriptor itself. */
  public static final int EMPTY_PATH = 0x1000;

  /** {@code AT_RECURSIVE}, of {@code open_tree} and {@code mount_setattr}. */
  public static final int RECURSIVE = 0x8000;

  private At() {}
}
