package dev.carafe.runtime.cgroup;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Assembles the BPF program (type {@code BPF_PROG_TYPE_CGROUP_DEVICE}) that judges device access on
 * cgroup v2. The kernel calls it with {@code struct bpf_cgroup_dev_ctx}: access and type in the
 * high and low half of one number, major, minor; 1 allows, 0 denies with EPERM.
 *
 * <p>The rules are asked from the last to the first. An allowing rule strikes out the kinds of
 * access that it grants, and when none is left access is allowed; a denying one that meets a kind
 * still asked for denies.
 */
final class DeviceProgram {
  private static final int INSTRUCTION_SIZE = 8;

  /** A rule has at most nine instructions: three comparisons, two that mask, and two ends. */
  private static final int RULE_SIZE = 9 * INSTRUCTION_SIZE;

  private static final int FRAME = 8 * INSTRUCTION_SIZE;

  // Operation codes of linux/bpf.h; arithmetic and jumps look at the low 32 bits.
  private static final int LOAD_WORD = 0x61;
  private static final int MOVE_NUMBER = 0xb4;
  private static final int MOVE = 0xbc;
  private static final int AND_NUMBER = 0x54;
  private static final int SHIFT_RIGHT = 0x74;
  private static final int JUMP_IF_EQUAL = 0x16;
  private static final int JUMP_IF_DIFFERENT = 0x56;
  private static final int EXIT = 0x95;

  private static final int RESULT = 0;
  private static final int CONTEXT = 1;
  private static final int TYPE = 2;
  private static final int ACCESS = 3;
  private static final int MAJOR = 4;
  private static final int MINOR = 5;
  private static final int SCRATCH = 6;

  /** {@code BPF_DEVCG_DEV_BLOCK}. */
  private static final int BLOCK = 1;

  /** {@code BPF_DEVCG_DEV_CHAR}. */
  private static final int CHARACTER = 2;

  private final ByteBuffer to;

  private DeviceProgram(int size) {
    to = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }

  static byte[] assemble(DeviceAccess access) {
    List<DeviceAccess.Rule> rules = access.rules();
    DeviceProgram program = new DeviceProgram(FRAME + RULE_SIZE * rules.size());
    program.prologue();
    for (int i = rules.size() - 1; i >= 0; i--) {
      program.rule(rules.get(i));
    }
    program.end(access.allowsRest());
    byte[] bytes = new byte[program.to.position()];
    program.to.flip().get(bytes);
    return bytes;
  }

  private void prologue() {
    add(LOAD_WORD, TYPE, CONTEXT, 0, 0);
    add(MOVE, ACCESS, TYPE, 0, 0);
    add(AND_NUMBER, TYPE, 0, 0, 0xffff);
    add(SHIFT_RIGHT, ACCESS, 0, 0, 16);
    add(LOAD_WORD, MAJOR, CONTEXT, 4, 0);
    add(LOAD_WORD, MINOR, CONTEXT, 8, 0);
  }

  private void rule(DeviceAccess.Rule rule) {
    boolean anyMajor = rule.major() == DeviceAccess.ANY;
    boolean anyMinor = rule.minor() == DeviceAccess.ANY;
    // How many instructions follow the comparisons.
    int body = 4 + (rule.allow() ? 0 : 1);
    int left = body + (anyMajor ? 0 : 1) + (anyMinor ? 0 : 1);
    add(JUMP_IF_DIFFERENT, TYPE, 0, left, rule.type() == 'b' ? BLOCK : CHARACTER);
    if (!anyMajor) {
      left--;
      add(JUMP_IF_DIFFERENT, MAJOR, 0, left, (int) rule.major());
    }
    if (!anyMinor) {
      add(JUMP_IF_DIFFERENT, MINOR, 0, body, (int) rule.minor());
    }
    if (rule.allow()) {
      add(AND_NUMBER, ACCESS, 0, 0, ~rule.access());
      add(JUMP_IF_DIFFERENT, ACCESS, 0, 2, 0);
    } else {
      add(MOVE, SCRATCH, ACCESS, 0, 0);
      add(AND_NUMBER, SCRATCH, 0, 0, rule.access());
      add(JUMP_IF_EQUAL, SCRATCH, 0, 2, 0);
    }
    end(rule.allow());
  }

  private void end(boolean allow) {
    add(MOVE_NUMBER, RESULT, 0, 0, allow ? 1 : 0);
    add(EXIT, 0, 0, 0, 0);
  }

  /** Adds a {@code struct bpf_insn}; both registers share a byte, the target's half is low. */
  private void add(int code, int target, int source, int offset, int number) {
    boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    int registers = little ? source << 4 | target : target << 4 | source;
    to.put((byte) code).put((byte) registers).putShort((short) offset).putInt(number);
  }
}
