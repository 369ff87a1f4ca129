package dev.carafe.linux;

/** The options of {@code prctl}. */
public final class Prctl {
  /** {@code PR_SET_PDEATHSIG}. */
  public static final int SET_PDEATHSIG = 1;

  /** {@code PR_SET_DUMPABLE}. */
  public static final int SET_DUMPABLE = 4;

  /** {@code PR_SET_KEEPCAPS}. */
  public static final int SET_KEEPCAPS = 8;

  /** {@code PR_CAPBSET_READ}. */
  public static final int CAPBSET_READ = 23;

  /** {@code PR_CAPBSET_DROP}. */
  public static final int CAPBSET_DROP = 24;

  /** {@code PR_SET_SECUREBITS}. */
  public static final int SET_SECUREBITS = 28;

  /** {@code PR_SET_CHILD_SUBREAPER}. */
  public static final int SET_CHILD_SUBREAPER = 36;

  /** {@code PR_SET_NO_NEW_PRIVS}. */
  public static final int SET_NO_NEW_PRIVS = 38;

  /** {@code PR_CAP_AMBIENT}. */
  public static final int CAP_AMBIENT = 47;

  /** {@code PR_CAP_AMBIENT_RAISE}. */
  public static final int CAP_AMBIENT_RAISE = 2;

  /** {@code PR_CAP_AMBIENT_CLEAR_ALL}. */
  public static final int CAP_AMBIENT_CLEAR_ALL = 4;

  private Prctl() {}
}
