package dev.carafe.runtime.seccomp;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Errno;
import dev.carafe.spec.SeccompAction;
import dev.carafe.spec.SeccompArch;
import dev.carafe.spec.SeccompFlag;
import dev.carafe.spec.SeccompOperator;
import java.util.OptionalLong;

/** The spec's words as the numbers of libseccomp and of the kernel. */
final class Constants {
  /** {@code SECCOMP_RET_ERRNO}, with the errno in the low half. */
  static final int RETURN_ERRNO = 0x0005_0000;

  /** {@code SECCOMP_FILTER_FLAG_NEW_LISTENER}. */
  static final int NEW_LISTENER = 8;

  /** {@code SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV}. */
  static final int WAIT_KILLABLE_RECV = 32;

  private Constants() {}

  /** Returns libseccomp's number of an action; {@code errno} counts where one is returned. */
  static int action(SeccompAction action, OptionalLong errno) {
    return switch (action) {
      case KILL, KILL_THREAD -> 0;
      case KILL_PROCESS -> 0x8000_0000;
      case TRAP -> 0x0003_0000;
      case ERRNO -> RETURN_ERRNO | (int) errno.orElse(Errno.EPERM);
      case TRACE -> 0x7ff0_0000 | (int) errno.orElse(Errno.EPERM);
      case LOG -> 0x7ffc_0000;
      case ALLOW -> 0x7fff_0000;
      case NOTIFY -> 0x7fc0_0000;
    };
  }

  /** Returns libseccomp's number of a comparison. */
  static int comparison(SeccompOperator operator) {
    return switch (operator) {
      case NE -> 1;
      case LT -> 2;
      case LE -> 3;
      case EQ -> 4;
      case GE -> 5;
      case GT -> 6;
      case MASKED_EQ -> 7;
    };
  }

  /** Returns the flag of seccomp(2). */
  static int flag(SeccompFlag flag) {
    return switch (flag) {
      case TSYNC -> 1;
      case LOG -> 2;
      case SPEC_ALLOW -> 4;
      case WAIT_KILLABLE_RECV -> WAIT_KILLABLE_RECV;
    };
  }

  /** Returns libseccomp's token, which is the kernel's but for x32. */
  static int arch(SeccompArch arch) {
    return switch (arch) {
      case X86 -> 0x4000_0003;
      case X86_64 -> 0xc000_003e;
      case X32 -> 0x4000_003e;
      case ARM -> 0x4000_0028;
      case AARCH64 -> 0xc000_00b7;
      case LOONGARCH64 -> 0xc000_0102;
      case M68K -> 0x0000_0004;
      case MIPS -> 0x0000_0008;
      case MIPS64 -> 0x8000_0008;
      case MIPS64N32 -> 0xa000_0008;
      case MIPSEL -> 0x4000_0008;
      case MIPSEL64 -> 0xc000_0008;
      case MIPSEL64N32 -> 0xe000_0008;
      case PPC -> 0x0000_0014;
      case PPC64 -> 0x8000_0015;
      case PPC64LE -> 0xc000_0015;
      case S390 -> 0x0000_0016;
      case S390X -> 0x8000_0016;
      case PARISC -> 0x0000_000f;
      case PARISC64 -> 0x8000_000f;
      case RISCV64 -> 0xc000_00f3;
      case SH -> 0x4000_002a;
      case SHEB -> 0x0000_002a;
    };
  }

  /** Returns this machine's architecture. */
  static SeccompArch nativeArch() {
    return switch (Arch.current()) {
      case X86_64 -> SeccompArch.X86_64;
      case AARCH64 -> SeccompArch.AARCH64;
    };
  }
}
