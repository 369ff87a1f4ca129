package dev.carafe.linux;

/** Terminals: what {@code ioctl} and {@code termios} offer. */
public final class Terminal {
  /** {@code TCGETS}. */
  public static final int TCGETS = 0x5401;

  /** {@code TCSETS}. */
  public static final int TCSETS = 0x5402;

  /** {@code TIOCSCTTY}: make it the controlling terminal. */
  public static final int TIOCSCTTY = 0x540E;

  /** {@code TIOCGWINSZ}. */
  public static final int TIOCGWINSZ = 0x5413;

  /** {@code TIOCSWINSZ}. */
  public static final int TIOCSWINSZ = 0x5414;

  /** {@code TIOCSPTLCK}: lock or unlock the terminal side. */
  public static final int TIOCSPTLCK = 0x40045431;

  /** {@code TIOCGPTN}: the terminal's number. */
  public static final int TIOCGPTN = 0x80045430;

  /** {@code TIOCGPTPEER}: open the terminal side. */
  public static final int TIOCGPTPEER = 0x5441;

  /** Size of the kernel's {@code struct termios}. */
  public static final int SETTINGS_SIZE = 36;

  private Terminal() {}

  /** A terminal's two sides. */
  public static final class Pair implements AutoCloseable {
    private final Fd master;
    private final Fd terminal;

    Pair(Fd master, Fd terminal) {
      this.master = master;
      this.terminal = terminal;
    }

    /** Returns the side of who serves the terminal. */
    public Fd master() {
      return master;
    }

    /** Returns the side of the programs. */
    public Fd terminal() {
      return terminal;
    }

    @Override
    public void close() {
      master.close();
      terminal.close();
    }
  }

  /**
   * A terminal's size.
   *
   * @param rows lines
   * @param columns characters in a line
   */
  public record Size(int rows, int columns) {}

  /** Makes a terminal. */
  public static Pair open() {
    Fd master = Sys.open("/dev/ptmx", Open.RDWR | Open.NOCTTY, 0);
    boolean done = false;
    try {
      byte[] unlock = new byte[4];
      ioctl("unlock a terminal", master, TIOCSPTLCK, unlock);
      Fd terminal =
          Fd.own(
              Sys.check(
                  "open a terminal",
                  Sys.call(
                      Syscall.IOCTL,
                      master.number(),
                      TIOCGPTPEER,
                      Open.RDWR | Open.NOCTTY | Open.CLOEXEC)));
      done = true;
      return new Pair(master, terminal);
    } finally {
      if (!done) {
        master.close();
      }
    }
  }

  /** Returns whether a descriptor is a terminal. */
  public static boolean isTerminal(Fd fd) {
    return isTerminal(fd.number());
  }

  /** Returns whether a descriptor of this process is a terminal. */
  public static boolean isTerminal(int number) {
    return Sys.call(Syscall.IOCTL, new byte[SETTINGS_SIZE], 0b100, number, TCGETS, 0) == 0;
  }

  /** Returns a terminal's size. */
  public static Size size(Fd fd) {
    byte[] data = new byte[8];
    ioctl("read a terminal's size", fd, TIOCGWINSZ, data);
    return new Size(Bytes.getShort(data, 0), Bytes.getShort(data, 2));
  }

  /** Sets a terminal's size. */
  public static void setSize(Fd fd, Size size) {
    ioctl("set a terminal's size", fd, TIOCSWINSZ, sizeData(size));
  }

  /** Returns a {@code struct winsize}, for a batch. */
  public static byte[] sizeData(Size size) {
    byte[] data = new byte[8];
    Bytes.putShort(data, 0, size.rows());
    Bytes.putShort(data, 2, size.columns());
    return data;
  }

  /** Returns a terminal's settings. */
  public static byte[] settings(Fd fd) {
    byte[] data = new byte[SETTINGS_SIZE];
    ioctl("read a terminal's settings", fd, TCGETS, data);
    return data;
  }

  /** Restores a terminal's settings. */
  public static void restore(Fd fd, byte[] settings) {
    ioctl("set a terminal's settings", fd, TCSETS, settings.clone());
  }

  /** Makes a terminal pass every byte as it is; returns the settings from before. */
  public static byte[] makeRaw(Fd fd) {
    byte[] before = settings(fd);
    byte[] raw = before.clone();
    // c_iflag: not IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
    Bytes.putInt(raw, 0, Bytes.getInt(raw, 0) & ~0x5eb);
    // c_oflag: not OPOST
    Bytes.putInt(raw, 4, Bytes.getInt(raw, 4) & ~0x1);
    // c_cflag: not CSIZE PARENB, but CS8
    Bytes.putInt(raw, 8, (Bytes.getInt(raw, 8) & ~0x130) | 0x30);
    // c_lflag: not ISIG ICANON ECHO ECHONL IEXTEN
    Bytes.putInt(raw, 12, Bytes.getInt(raw, 12) & ~0x804b);
    // c_cc: VTIME 5 is 0, VMIN 6 is 1
    raw[17 + 5] = 0;
    raw[17 + 6] = 1;
    ioctl("set a terminal's settings", fd, TCSETS, raw);
    return before;
  }

  private static void ioctl(String label, Fd fd, int request, byte[] data) {
    Sys.check(label, Sys.call(Syscall.IOCTL, data, 0b100, fd.number(), request & 0xffffffffL, 0));
  }
}
