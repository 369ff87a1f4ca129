package dev.carafe.runtime.seccomp;

import dev.carafe.spec.SeccompArch;

/** The filter as a whole: finds the program for the architecture of a call. */
final class Dispatch {
  /** What libseccomp does where the architecture is none of the filter's. */
  private static final int KILL_THREAD = 0;

  /** On x86_64 the mark of an x32 call; the kernel gives both the same architecture. */
  private static final int X32_BIT = 0x4000_0000;

  private static final int SKIPPED = -1;

  private Dispatch() {}

  /** Returns a program of programs, each of which finds the number of the call loaded. */
  static byte[] between(SeccompArch[] archs, byte[][] programs) {
    Code code = new Code();
    code.load(Code.ARCH);
    for (int i = 0; i < archs.length; i++) {
      if (archs[i] != SeccompArch.X32) {
        code.ifEqual(Constants.arch(archs[i]), 1);
        int other = code.count();
        code.jump(0);
        code.load(Code.NUMBER);
        if (archs[i] == SeccompArch.X86_64) {
          x32(code, archs, programs);
        }
        code.append(programs[i]);
        code.jumpHere(other);
      }
    }
    code.returns(KILL_THREAD);
    return code.bytes();
  }

  /** An x32 program stands only beside one for x86_64, which such a machine's filters have. */
  private static void x32(Code code, SeccompArch[] archs, byte[][] programs) {
    code.ifAtLeast(X32_BIT, 1);
    int wide = code.count();
    code.jump(0);
    // seccomp(2): by -1 a tracer has a call skipped, which must not kill; it has no x32 mark.
    code.ifEqual(SKIPPED, 1);
    code.jump(1);
    int skipped = code.count();
    code.jump(0);
    for (int i = 0; i < archs.length; i++) {
      if (archs[i] == SeccompArch.X32) {
        code.append(programs[i]);
      }
    }
    code.returns(KILL_THREAD);
    code.jumpHere(wide);
    code.jumpHere(skipped);
  }
}
