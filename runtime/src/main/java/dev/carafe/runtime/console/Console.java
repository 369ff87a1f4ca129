package dev.carafe.runtime.console;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Mount;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Stat;
import dev.carafe.spec.ConsoleSize;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** Makes the container's terminal, from the container's own devpts. */
public final class Console {
  private static final long DEVPTS_MAGIC = 0x1cd1;
  private static final int STATX_RDEV_MAJOR = 128;
  private static final int STATX_RDEV_MINOR = 132;
  private static final int TTYAUX_MAJOR = 5;
  private static final int PTMX_MINOR = 2;

  private static final long TIOCSPTLCK = 0x40045431L;
  private static final long TIOCGPTPEER = 0x5441;
  private static final long TIOCSWINSZ = 0x5414;
  private static final long TIOCSCTTY = 0x540E;

  /** The root file system is hostile: no link of it is followed (CVE-2025-52565). */
  private static final int CAREFUL =
      Open.RESOLVE_IN_ROOT | Open.RESOLVE_NO_SYMLINKS | Open.RESOLVE_NO_MAGICLINKS;

  private Console() {}

  /**
   * Adds what makes a terminal the agent's controlling one and its standard streams, and sends the
   * other side back. The agent is in the container's root and leads a session.
   *
   * @param uid who owns the terminal
   * @param first whether this is the container's first process, whose terminal is mounted on {@code
   *     /dev/console} (config.md, Process, terminal)
   */
  public static void add(Batch batch, long uid, Optional<ConsoleSize> size, boolean first) {
    Calls calls = new Calls(batch);
    Ref root = calls.openat("open the container's root", Arg.CWD, "/", Open.PATH, 0);
    Ref master =
        calls.openat2(
            "open /dev/pts/ptmx for a terminal, which needs a devpts mount at /dev/pts",
            root,
            "dev/pts/ptmx",
            Open.RDWR | Open.NOCTTY,
            0,
            CAREFUL);
    checkMaster(batch, calls, master);
    Data unlocked = batch.bytes(new byte[4], "0");
    calls.ioctl("unlock the terminal", master, TIOCSPTLCK, unlocked);
    // By descriptor: the name of the other side could have been replaced in between.
    Ref slave =
        calls.ioctl(
            "open the terminal", master, TIOCGPTPEER, Open.RDWR | Open.NOCTTY | Open.CLOEXEC);
    if (size.isPresent()) {
      calls.ioctl("set the terminal's size", slave, TIOCSWINSZ, winsize(batch, size.get()));
    }
    if (uid != 0) {
      calls.fchown("give the terminal to user " + uid, slave, uid, -1);
    }
    if (first) {
      mountOnConsole(calls, root, slave);
    }
    calls.ioctl("make the terminal the controlling one", slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++) {
      calls.dup3("make the terminal standard stream " + fd, slave, fd);
    }
    Ref _ = batch.send("send the terminal's other side", master);
    calls.close("close the terminal's other side", master);
    calls.close("close the terminal", slave);
    calls.close("close the container's root", root);
  }

  private static void mountOnConsole(Calls calls, Ref root, Ref slave) {
    Ref target =
        calls.openat2(
            "open /dev/console", root, "dev/console", Open.PATH | Open.NOFOLLOW, 0, CAREFUL);
    Ref tree =
        calls.openTree(
            "clone the terminal's mount", slave, "", Mount.OPEN_TREE_CLONE | At.EMPTY_PATH);
    calls.moveMount(
        "mount the terminal on /dev/console",
        tree,
        "",
        target,
        "",
        Mount.MOVE_F_EMPTY_PATH | Mount.MOVE_T_EMPTY_PATH);
    calls.close("close the terminal's mount", tree);
    calls.close("close /dev/console", target);
  }

  /** The file may be anything that the root file system holds there. */
  private static void checkMaster(Batch batch, Calls calls, Ref master) {
    String label = "check that /dev/pts/ptmx is a terminal multiplexer on a devpts";
    Data fs = batch.space(120);
    calls.fstatfs(label, master, fs);
    batch.check(label, fs, 0, 8, -1, DEVPTS_MAGIC, Errno.ENODEV);
    Data stat = batch.space(Stat.SIZE);
    calls.statx(label, master, "", At.EMPTY_PATH, stat);
    batch.check(label, stat, STATX_RDEV_MAJOR, 4, -1, TTYAUX_MAJOR, Errno.ENODEV);
    batch.check(label, stat, STATX_RDEV_MINOR, 4, -1, PTMX_MINOR, Errno.ENODEV);
  }

  private static Data winsize(Batch batch, ConsoleSize size) {
    // struct winsize: rows, columns and two sizes in pixels, 16 bits each.
    ByteBuffer data = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
    data.putShort((short) size.height()).putShort((short) size.width());
    return batch.bytes(data.array(), size.height() + " rows, " + size.width() + " columns");
  }
}
