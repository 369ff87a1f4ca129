package dev.carafe.linux;

/** The flags of the calls that mount. */
public final class Mount {
  /** {@code MS_RDONLY}. */
  public static final long RDONLY = 1;

  /** {@code MS_NOSUID}. */
  public static final long NOSUID = 2;

  /** {@code MS_NODEV}. */
  public static final long NODEV = 4;

  /** {@code MS_NOEXEC}. */
  public static final long NOEXEC = 8;

  /** {@code MS_SYNCHRONOUS}. */
  public static final long SYNCHRONOUS = 16;

  /** {@code MS_REMOUNT}. */
  public static final long REMOUNT = 32;

  /** {@code MS_MANDLOCK}. */
  public static final long MANDLOCK = 64;

  /** {@code MS_DIRSYNC}. */
  public static final long DIRSYNC = 128;

  /** {@code MS_NOSYMFOLLOW}. */
  public static final long NOSYMFOLLOW = 256;

  /** {@code MS_NOATIME}. */
  public static final long NOATIME = 1024;

  /** {@code MS_NODIRATIME}. */
  public static final long NODIRATIME = 2048;

  /** {@code MS_BIND}. */
  public static final long BIND = 4096;

  /** {@code MS_MOVE}. */
  public static final long MOVE = 8192;

  /** {@code MS_REC}. */
  public static final long REC = 16384;

  /** {@code MS_SILENT}. */
  public static final long SILENT = 32768;

  /** {@code MS_UNBINDABLE}. */
  public static final long UNBINDABLE = 1 << 17;

  /** {@code MS_PRIVATE}. */
  public static final long PRIVATE = 1 << 18;

  /** {@code MS_SLAVE}. */
  public static final long SLAVE = 1 << 19;

  /** {@code MS_SHARED}. */
  public static final long SHARED = 1 << 20;

  /** {@code MS_RELATIME}. */
  public static final long RELATIME = 1 << 21;

  /** {@code MS_I_VERSION}. */
  public static final long I_VERSION = 1 << 23;

  /** {@code MS_STRICTATIME}. */
  public static final long STRICTATIME = 1 << 24;

  /** {@code MS_LAZYTIME}. */
  public static final long LAZYTIME = 1 << 25;

  /** {@code MNT_FORCE}, of {@code umount2}. */
  public static final int UMOUNT_FORCE = 1;

  /** {@code MNT_DETACH}, of {@code umount2}. */
  public static final int UMOUNT_DETACH = 2;

  /** {@code UMOUNT_NOFOLLOW}, of {@code umount2}. */
  public static final int UMOUNT_NOFOLLOW = 8;

  /** {@code OPEN_TREE_CLONE}: a detached copy. */
  public static final int OPEN_TREE_CLONE = 1;

  /** {@code OPEN_TREE_CLOEXEC}. */
  public static final int OPEN_TREE_CLOEXEC = Open.CLOEXEC;

  /** {@code MOVE_MOUNT_F_SYMLINKS}. */
  public static final int MOVE_F_SYMLINKS = 0x01;

  /** {@code MOVE_MOUNT_F_EMPTY_PATH}: from the descriptor itself. */
  public static final int MOVE_F_EMPTY_PATH = 0x04;

  /** {@code MOVE_MOUNT_T_SYMLINKS}. */
  public static final int MOVE_T_SYMLINKS = 0x10;

  /** {@code MOVE_MOUNT_T_EMPTY_PATH}: to the descriptor itself. */
  public static final int MOVE_T_EMPTY_PATH = 0x40;

  /** {@code MOVE_MOUNT_BENEATH}. */
  public static final int MOVE_BENEATH = 0x200;

  /** {@code FSOPEN_CLOEXEC}, and that of {@code fsmount}. */
  public static final int FS_CLOEXEC = 1;

  /** {@code FSCONFIG_SET_FLAG}. */
  public static final int CONFIG_FLAG = 0;

  /** {@code FSCONFIG_SET_STRING}. */
  public static final int CONFIG_STRING = 1;

  /** {@code FSCONFIG_SET_FD}. */
  public static final int CONFIG_FD = 5;

  /** {@code FSCONFIG_CMD_CREATE}. */
  public static final int CONFIG_CREATE = 6;

  /** {@code FSCONFIG_CMD_RECONFIGURE}. */
  public static final int CONFIG_RECONFIGURE = 7;

  /** {@code MOUNT_ATTR_RDONLY}. */
  public static final long ATTR_RDONLY = 0x01;

  /** {@code MOUNT_ATTR_NOSUID}. */
  public static final long ATTR_NOSUID = 0x02;

  /** {@code MOUNT_ATTR_NODEV}. */
  public static final long ATTR_NODEV = 0x04;

  /** {@code MOUNT_ATTR_NOEXEC}. */
  public static final long ATTR_NOEXEC = 0x08;

  /** {@code MOUNT_ATTR__ATIME}: the bits that say how access times are kept; relatime is 0. */
  public static final long ATTR_ATIME = 0x70;

  /** {@code MOUNT_ATTR_NOATIME}. */
  public static final long ATTR_NOATIME = 0x10;

  /** {@code MOUNT_ATTR_STRICTATIME}. */
  public static final long ATTR_STRICTATIME = 0x20;

  /** {@code MOUNT_ATTR_NODIRATIME}. */
  public static final long ATTR_NODIRATIME = 0x80;

  /** {@code MOUNT_ATTR_IDMAP}. */
  public static final long ATTR_IDMAP = 0x100000;

  /** {@code MOUNT_ATTR_NOSYMFOLLOW}. */
  public static final long ATTR_NOSYMFOLLOW = 0x200000;

  private Mount() {}
}
