package dev.carafe.linux;

/** The bits of a file's mode. */
public final class Mode {
  /** The bits that tell the type. */
  public static final int TYPE = 0170000;

  /** A socket. */
  public static final int SOCKET = 0140000;

  /** A symbolic link. */
  public static final int LINK = 0120000;

  /** A regular file. */
  public static final int REGULAR = 0100000;

  /** A block device. */
  public static final int BLOCK = 0060000;

  /** A directory. */
  public static final int DIRECTORY = 0040000;

  /** A character device. */
  public static final int CHARACTER = 0020000;

  /** A named pipe. */
  public static final int FIFO = 0010000;

  private Mode() {}
}
