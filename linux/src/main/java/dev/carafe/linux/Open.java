package dev.carafe.linux;

/** The flags of {@code openat2}. Some differ between architectures. */
public final class Open {
  private static final boolean ARM = Arch.current() == Arch.AARCH64;

  /** Read only. */
  public static final int RDONLY = 0;

  /** Write only. */
  public static final int WRONLY = 1;

  /** Read and write. */
  public static final int RDWR = 2;

  /** Create what is missing. */
  public static final int CREAT = 0100;

  /** With CREAT: fail if it exists. */
  public static final int EXCL = 0200;

  /** Do not take a terminal as the controlling one. */
  public static final int NOCTTY = 0400;

  /** Cut to length 0. */
  public static final int TRUNC = 01000;

  /** Write at the end. */
  public static final int APPEND = 02000;

  /** Do not wait. */
  public static final int NONBLOCK = 04000;

  /** Fail if it is no directory. */
  public static final int DIRECTORY = ARM ? 040000 : 0200000;

  /** Fail if the last part is a symbolic link. */
  public static final int NOFOLLOW = ARM ? 0100000 : 0400000;

  /** Close it when a program is executed. */
  public static final int CLOEXEC = 02000000;

  /** Only find the file; neither read nor write it. */
  public static final int PATH = 010000000;

  /** {@code RESOLVE_NO_XDEV}: cross no mount. */
  public static final int RESOLVE_NO_XDEV = 0x01;

  /** {@code RESOLVE_NO_MAGICLINKS}: follow no link of the kind of {@code /proc/PID/exe}. */
  public static final int RESOLVE_NO_MAGICLINKS = 0x02;

  /** {@code RESOLVE_NO_SYMLINKS}: follow no symbolic link. */
  public static final int RESOLVE_NO_SYMLINKS = 0x04;

  /** {@code RESOLVE_BENEATH}: fail on what leads out of the directory. */
  public static final int RESOLVE_BENEATH = 0x08;

  /** {@code RESOLVE_IN_ROOT}: the directory is the root for this path. */
  public static final int RESOLVE_IN_ROOT = 0x10;

  private Open() {}

  /** Returns a {@code struct open_how}, as {@code openat2} takes it. */
  public static byte[] how(int flags, int mode, int resolve) {
    return Bytes.longs(flags & 0xffffffffL, mode, resolve);
  }
}
