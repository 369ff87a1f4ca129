package dev.carafe.linux;

/** The flags of {@code clone}, {@code unshare} and {@code setns}. */
public final class CloneFlags {
  /** {@code CLONE_NEWTIME}. */
  public static final long NEWTIME = 0x00000080;

  /** {@code CLONE_PARENT}: the child's parent is the caller's. */
  public static final long PARENT = 0x00008000;

  /** {@code CLONE_NEWNS}, a mount namespace. */
  public static final long NEWNS = 0x00020000;

  /** {@code CLONE_NEWCGROUP}. */
  public static final long NEWCGROUP = 0x02000000;

  /** {@code CLONE_NEWUTS}. */
  public static final long NEWUTS = 0x04000000;

  /** {@code CLONE_NEWIPC}. */
  public static final long NEWIPC = 0x08000000;

  /** {@code CLONE_NEWUSER}. */
  public static final long NEWUSER = 0x10000000;

  /** {@code CLONE_NEWPID}. */
  public static final long NEWPID = 0x20000000;

  /** {@code CLONE_NEWNET}. */
  public static final long NEWNET = 0x40000000;

  private CloneFlags() {}
}
