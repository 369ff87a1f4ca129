package dev.carafe.linux;

import java.util.Arrays;
import java.util.List;

/**
 * What libseccomp offers: numbers of system calls, and filters compiled for the kernel. It is
 * loaded with the first call; each call throws an {@link UnsatisfiedLinkError} where it is missing.
 * The constants are libseccomp's own, as its interface has them.
 */
public final class LibSeccomp {
  /** The name of the system's library. */
  public static final String FILE = "libseccomp.so.2";

  /** {@code __NR_SCMP_ERROR}: a system call of no architecture. */
  public static final int UNKNOWN = -1;

  /** More than the kernel takes, to be told so. */
  private static final int MAX_PROGRAM = 1 << 20;

  private static boolean loaded;

  private LibSeccomp() {}

  /** The rules of a filter, in the form in which they are handed over. */
  public static final class Rules {
    private long[] words = new long[1024];
    private int size;

    /** Makes an empty list. */
    public Rules() {}

    /** Adds a rule, whose {@code arguments} arguments are to be added next. */
    public void rule(int action, int number, int arguments) {
      add(action & 0xffffffffL, number, arguments);
    }

    /** Adds an argument's comparison. */
    public void argument(long index, int comparison, long value, long valueTwo) {
      add(index, comparison, value);
      add(valueTwo);
    }

    /** Returns the system call of the rule at a place that {@link Refused#rule} tells. */
    public int number(int place) {
      return (int) words[place + 1];
    }

    private void add(long... values) {
      if (size + values.length > words.length) {
        words = Arrays.copyOf(words, 2 * words.length);
      }
      System.arraycopy(values, 0, words, size, values.length);
      size += values.length;
    }
  }

  /** A filter cannot be compiled. */
  public static final class Refused extends RuntimeException {
    private final int errno;
    private final int rule;

    private Refused(int errno, int rule) {
      super("libseccomp: " + Errno.describe(errno));
      this.errno = errno;
      this.rule = rule;
    }

    /** Returns the error number. */
    public int errno() {
      return errno;
    }

    /** Returns the place in {@link Rules} of the rule that is to blame, or -1. */
    public int rule() {
      return rule;
    }
  }

  /** Returns the version, as {@code 2.5.4}. */
  public static String versionText() {
    load();
    int version = version();
    return (version >>> 16) + "." + (version >>> 8 & 0xff) + "." + (version & 0xff);
  }

  /**
   * Returns the numbers of system calls on an architecture. One less than {@link #UNKNOWN} stands
   * for a call that only other architectures have.
   */
  public static int[] numbers(int arch, List<String> names) {
    load();
    StringBuilder joined = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      joined.append(names.get(i)).append('\0');
    }
    int[] numbers = new int[names.size()];
    int result = resolve(arch, OsString.encode(joined.toString()), numbers);
    if (result < 0) {
      throw new KernelException("look up the numbers of system calls", -result);
    }
    return numbers;
  }

  /**
   * Compiles a filter for one architecture; calls of others are killed.
   *
   * @param action what is done where no rule matches
   * @param arch the architecture
   * @param rules the rules
   * @return the program, in instructions of 8 bytes
   */
  public static byte[] compile(int action, int arch, Rules rules) {
    load();
    try (Fd program = Sys.memfdCreate("carafe-seccomp", Sys.MFD_CLOEXEC)) {
      int[] place = {-1};
      long[] words = Arrays.copyOf(rules.words, rules.size);
      int result = compile(action, arch, words, program.number(), place);
      if (result < 0) {
        throw new Refused(-result, place[0]);
      }
      Sys.check("read a filter", Sys.call(Syscall.LSEEK, program.number(), 0, 0));
      return Sys.readFully(program, MAX_PROGRAM);
    }
  }

  private static synchronized void load() {
    if (!loaded) {
      NativeLibrary.loadSeccomp();
      loaded = true;
    }
  }

  private static native int version();

  private static native int resolve(int arch, byte[] names, int[] numbers);

  private static native int compile(int action, int arch, long[] rules, int fd, int[] place);
}
