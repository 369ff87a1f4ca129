package dev.carafe.runtime.seccomp;

import dev.carafe.CarafeException;
import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.LibSeccomp;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.spec.Seccomp;
import dev.carafe.spec.SeccompAction;
import dev.carafe.spec.SeccompArch;
import dev.carafe.spec.SeccompArg;
import dev.carafe.spec.SeccompFlag;
import dev.carafe.spec.SeccompRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Compiles a profile (config-linux.md, Seccomp). Where the spec leaves a choice, the result is
 * runc's.
 *
 * <p>libseccomp knows the numbers of system calls and compiles the rules that look at arguments, or
 * that say several things about one call. All others, which are nearly all, become a {@link
 * NumberTree}: libseccomp takes 12 ms for a profile as Docker has it, and this takes one.
 *
 * <p>Where what is not named is forbidden, calls that are newer than the profile, those with a
 * higher number than all that it names, are answered with ENOSYS, as by runc. What the author of a
 * profile could not know must not look forbidden, since a C library falls back to an older call
 * only when the kernel seems to lack the new one.
 */
public final class FilterCompiler {
  /** {@code BPF_MAXINSNS}. */
  private static final int MAX_INSTRUCTIONS = 4096;

  private final Seccomp profile;
  private final Consumer<String> warnings;
  private final int defaultAction;
  private final SeccompArch[] archs;

  /** The names of all rules, and for each its rule, its action and its number on this machine. */
  private final List<String> names = new ArrayList<>();

  private final List<SeccompRule> rules = new ArrayList<>();
  private final int[] actions;
  private final int[] nativeNumbers;

  private FilterCompiler(Seccomp profile, Consumer<String> warnings) {
    this.profile = profile;
    this.warnings = warnings;
    this.defaultAction = Constants.action(profile.defaultAction(), profile.defaultErrnoRet());
    this.archs = archs(profile.architectures());
    for (int i = 0; i < profile.syscalls().size(); i++) {
      SeccompRule rule = profile.syscalls().get(i);
      names.addAll(rule.names());
      while (rules.size() < names.size()) {
        rules.add(rule);
      }
    }
    actions = new int[rules.size()];
    for (int i = 0; i < actions.length; i++) {
      actions[i] = Constants.action(rules.get(i).action(), rules.get(i).errnoRet());
    }
    nativeNumbers = LibSeccomp.numbers(Constants.arch(archs[0]), names);
  }

  /**
   * Refuses what no filter can be made of.
   *
   * @throws InvalidConfigException naming it
   */
  public static void check(Seccomp profile) {
    checkErrno("defaultErrnoRet", profile.defaultAction(), profile.defaultErrnoRet());
    if (profile.defaultAction() == SeccompAction.NOTIFY) {
      throw refused("defaultAction: SCMP_ACT_NOTIFY cannot be the default action");
    }
    for (int i = 0; i < profile.syscalls().size(); i++) {
      SeccompRule rule = profile.syscalls().get(i);
      checkErrno("syscalls[" + i + "].errnoRet", rule.action(), rule.errnoRet());
    }
    boolean notifies = notifies(profile);
    if (notifies && profile.listenerPath().orElse("").isEmpty()) {
      throw refused("listenerPath: SCMP_ACT_NOTIFY needs a listener");
    }
    if (!notifies && profile.flags().contains(SeccompFlag.WAIT_KILLABLE_RECV)) {
      // The kernel's own rule.
      throw refused(
          "flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is only for profiles with"
              + " SCMP_ACT_NOTIFY");
    }
  }

  private static void checkErrno(String field, SeccompAction action, OptionalLong errno) {
    // The kernel would turn a larger errno into this; what is told to a tracer has 16 bits.
    long max = action == SeccompAction.ERRNO ? 4095 : 65535;
    if (errno.isPresent() && (errno.getAsLong() < 0 || errno.getAsLong() > max)) {
      throw refused(field + ": " + errno.getAsLong() + " is more than " + max);
    }
  }

  /** Returns whether calls are decided by a listener. */
  public static boolean notifies(Seccomp profile) {
    for (int i = 0; i < profile.syscalls().size(); i++) {
      if (profile.syscalls().get(i).action() == SeccompAction.NOTIFY) {
        return true;
      }
    }
    return false;
  }

  /**
   * Compiles a profile that {@link #check} found good.
   *
   * @param warnings is told of system calls that nobody knows
   */
  public static Filter compile(Seccomp profile, Consumer<String> warnings) {
    try {
      return new FilterCompiler(profile, warnings).filter();
    } catch (UnsatisfiedLinkError e) {
      throw new CarafeException(
          "cannot compile linux.seccomp: "
              + LibSeccomp.FILE
              + " cannot be loaded; install libseccomp2 (Debian, Ubuntu) or libseccomp: "
              + e.getMessage(),
          e);
    }
  }

  private Filter filter() {
    int flags = flags();
    warnOfUnknown();
    byte[][] programs = new byte[archs.length][];
    for (int i = 0; i < archs.length; i++) {
      programs[i] = program(archs[i]);
    }
    Filter filter = new Filter(Dispatch.between(archs, programs), flags, notifies(profile));
    if (filter.instructions() > MAX_INSTRUCTIONS) {
      throw refused(
          "its filter has "
              + filter.instructions()
              + " instructions, and the kernel takes "
              + MAX_INSTRUCTIONS);
    }
    return filter;
  }

  /** The machine's own comes first; libseccomp has it in every filter. */
  private static SeccompArch[] archs(List<SeccompArch> asked) {
    List<SeccompArch> all = new ArrayList<>();
    all.add(Constants.nativeArch());
    for (int i = 0; i < asked.size(); i++) {
      if (!all.contains(asked.get(i))) {
        all.add(asked.get(i));
      }
    }
    return all.toArray(new SeccompArch[0]);
  }

  private int flags() {
    int flags = 0;
    for (int i = 0; i < profile.flags().size(); i++) {
      SeccompFlag flag = profile.flags().get(i);
      // A first process has one thread.
      if (flag != SeccompFlag.TSYNC) {
        if (!supported(flag)) {
          throw refused("flags: " + flag.word() + " is not supported by this kernel");
        }
        flags |= Constants.flag(flag);
      }
    }
    return flags;
  }

  /** Returns whether the kernel knows a flag: then it goes on, to the filter that is not there. */
  public static boolean supported(SeccompFlag flag) {
    int flags = Constants.flag(flag);
    if (flag == SeccompFlag.WAIT_KILLABLE_RECV) {
      flags |= Constants.NEW_LISTENER;
    }
    return Sys.call(Syscall.SECCOMP, Filter.SET_MODE_FILTER, flags, 0) == -Errno.EFAULT;
  }

  private void warnOfUnknown() {
    List<String> unknown = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (nativeNumbers[i] == LibSeccomp.UNKNOWN) {
        unknown.add(names.get(i));
      }
    }
    if (!unknown.isEmpty()) {
      warnings.accept(
          "ignoring system calls that libseccomp "
              + LibSeccomp.versionText()
              + " does not know: "
              + unknown);
    }
  }

  /** Returns the program for calls of one architecture; the number of the call is loaded. */
  private byte[] program(SeccompArch arch) {
    int[] numbers =
        arch == archs[0] ? nativeNumbers : LibSeccomp.numbers(Constants.arch(arch), names);
    long[] plain = new long[numbers.length];
    int plainCount = 0;
    int[] rest = new int[numbers.length];
    int restCount = 0;
    int last = 0;
    for (int i = 0; i < numbers.length; i++) {
      last = Math.max(last, numbers[i]);
      if (numbers[i] >= 0 && actions[i] != defaultAction) {
        if (rules.get(i).args().isEmpty()) {
          plain[plainCount++] = (long) numbers[i] << Integer.SIZE | (actions[i] & 0xffff_ffffL);
        } else {
          rest[restCount++] = numbers[i];
        }
      }
    }
    Arrays.sort(plain, 0, plainCount);
    Arrays.sort(rest, 0, restCount);
    plainCount = keepPlain(plain, plainCount, rest, restCount);
    Code code = new Code();
    boolean newer = last > 0 && answersNewerCalls();
    NumberTree.add(
        code, plain, plainCount, newer ? last : -1, Constants.RETURN_ERRNO | Errno.ENOSYS);
    code.appendForArch(compile(arch, rulesLeft(numbers, plain, plainCount)));
    return code.bytes();
  }

  /**
   * Drops the numbers about which there is more than one thing to say, and those that are there
   * twice; returns how many are left.
   */
  private static int keepPlain(long[] plain, int count, int[] rest, int restCount) {
    int kept = 0;
    int i = 0;
    while (i < count) {
      int number = (int) (plain[i] >>> Integer.SIZE);
      boolean alone = Arrays.binarySearch(rest, 0, restCount, number) < 0;
      int end = i + 1;
      while (end < count && (int) (plain[end] >>> Integer.SIZE) == number) {
        alone &= plain[end] == plain[i];
        end++;
      }
      if (alone) {
        plain[kept++] = plain[i];
      }
      i = end;
    }
    return kept;
  }

  /** Returns what libseccomp is to compile: all rules but those about plain numbers. */
  private LibSeccomp.Rules rulesLeft(int[] numbers, long[] plain, int plainCount) {
    LibSeccomp.Rules left = new LibSeccomp.Rules();
    for (int i = 0; i < numbers.length; i++) {
      if (numbers[i] != LibSeccomp.UNKNOWN
          && actions[i] != defaultAction
          && !(rules.get(i).args().isEmpty() && isPlain(numbers[i], plain, plainCount))) {
        add(left, actions[i], nativeNumbers[i], rules.get(i).args());
      }
    }
    return left;
  }

  private static boolean isPlain(int number, long[] plain, int count) {
    if (number < 0) {
      return false;
    }
    int place = Arrays.binarySearch(plain, 0, count, (long) number << Integer.SIZE);
    int at = place < 0 ? -place - 1 : place;
    return at < count && (int) (plain[at] >>> Integer.SIZE) == number;
  }

  /** Returns libseccomp's version; empty where it is missing. */
  public static Optional<String> libraryVersion() {
    try {
      return Optional.of(LibSeccomp.versionText());
    } catch (UnsatisfiedLinkError e) {
      return Optional.empty();
    }
  }

  private byte[] compile(SeccompArch arch, LibSeccomp.Rules left) {
    try {
      return LibSeccomp.compile(defaultAction, Constants.arch(arch), left);
    } catch (LibSeccomp.Refused e) {
      throw refused(blame(e, arch, left));
    }
  }

  /**
   * Comparisons of different arguments must all hold. Of several that compare the same argument one
   * is enough: then each comparison is a rule of its own, as it always was with runc.
   */
  private static void add(LibSeccomp.Rules to, int action, int number, List<SeccompArg> arguments) {
    if (!repeatsIndex(arguments)) {
      to.rule(action, number, arguments.size());
    }
    for (int i = 0; i < arguments.size(); i++) {
      SeccompArg each = arguments.get(i);
      if (repeatsIndex(arguments)) {
        to.rule(action, number, 1);
      }
      to.argument(each.index(), Constants.comparison(each.op()), each.value(), each.valueTwo());
    }
  }

  private static boolean repeatsIndex(List<SeccompArg> arguments) {
    int seen = 0;
    for (int i = 0; i < arguments.size(); i++) {
      int bit = 1 << arguments.get(i).index();
      if ((seen & bit) != 0) {
        return true;
      }
      seen |= bit;
    }
    return false;
  }

  private String blame(LibSeccomp.Refused e, SeccompArch arch, LibSeccomp.Rules left) {
    if (e.rule() >= 0) {
      int number = left.number(e.rule());
      for (int i = 0; i < nativeNumbers.length; i++) {
        if (nativeNumbers[i] == number) {
          return "libseccomp refuses a rule for " + names.get(i) + ": " + Errno.describe(e.errno());
        }
      }
    }
    return "libseccomp "
        + LibSeccomp.versionText()
        + " makes no filter for "
        + arch.word()
        + " beside "
        + archs[0].word()
        + ": "
        + Errno.describe(e.errno());
  }

  /** Where what is not named is allowed anyway, so are newer calls. */
  private boolean answersNewerCalls() {
    return switch (profile.defaultAction()) {
      case ALLOW, LOG, TRACE, NOTIFY -> false;
      case ERRNO -> profile.defaultErrnoRet().orElse(Errno.EPERM) != Errno.ENOSYS;
      case KILL, KILL_PROCESS, KILL_THREAD, TRAP -> true;
    };
  }

  private static InvalidConfigException refused(String why) {
    return new InvalidConfigException("cannot apply linux.seccomp: " + why);
  }
}
