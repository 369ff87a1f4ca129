package dev.carafe.linux;

/**
 * A reference to the result of an operation: a register of the executor. It can be used in the same
 * batch and in later ones of the same executor, never in another executor's.
 */
public final class Ref implements Arg {
  final int register;
  final int op;

  Ref(int register, int op) {
    this.register = register;
    this.op = op;
  }

  /** Returns the register's number, which is unique within its executor. */
  public int register() {
    return register;
  }
}
