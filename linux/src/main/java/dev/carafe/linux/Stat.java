package dev.carafe.linux;

/**
 * What {@code statx} tells of a file.
 *
 * @param mode type and permission bits, see {@link Mode}
 * @param uid owner
 * @param gid group
 * @param links number of names
 * @param ino inode number
 * @param devMajor device that holds the file, major number
 * @param devMinor device that holds the file, minor number
 * @param rdevMajor device that the file stands for, major number
 * @param rdevMinor device that the file stands for, minor number
 * @param size bytes
 * @param mtimeNanos time of the last change of content, in nanoseconds since 1970
 * @param mountRoot whether it is the root of a mount
 * @param mountId number of the mount it was found on, 0 if the kernel does not tell
 */
public record Stat(
    int mode,
    int uid,
    int gid,
    int links,
    long ino,
    int devMajor,
    int devMinor,
    int rdevMajor,
    int rdevMinor,
    long size,
    long mtimeNanos,
    boolean mountRoot,
    long mountId) {

  /** Size of {@code struct statx}. */
  public static final int SIZE = 256;

  /** {@code STATX_BASIC_STATS | STATX_MNT_ID}. */
  public static final int MASK = 0x17ff;

  /** Those of it that are read. */
  private static final int WORDS = 19;

  private static final long STATX_ATTR_MOUNT_ROOT = 0x2000;

  /** Reads a {@code struct statx}. */
  public static Stat read(java.nio.ByteBuffer from) {
    // In words: a buffer that is asked for each number is slow where no compiler has come yet.
    long[] words = new long[WORDS];
    from.asLongBuffer().get(words);
    return new Stat(
        high(words[3]) & 0xffff,
        high(words[2]),
        low(words[3]),
        low(words[2]),
        words[4],
        low(words[17]),
        high(words[17]),
        low(words[16]),
        high(words[16]),
        words[5],
        words[14] * 1_000_000_000L + low(words[15]),
        (words[1] & words[7] & STATX_ATTR_MOUNT_ROOT) != 0,
        words[18]);
  }

  /** Carafe's architectures are little-endian. */
  private static int low(long word) {
    return (int) word;
  }

  private static int high(long word) {
    return (int) (word >>> 32);
  }

  /** Returns whether the file is of a type: {@link Mode#DIRECTORY} and so on. */
  public boolean is(int type) {
    return (mode & Mode.TYPE) == type;
  }

  /** Returns whether both are of one and the same file. */
  public boolean sameFile(Stat other) {
    return ino == other.ino && devMajor == other.devMajor && devMinor == other.devMinor;
  }
}
