package dev.carafe.cli;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;

/** The standard streams that a command writes, byte for byte, which {@code System.out} is not. */
final class Stream {
  /** Standard output. */
  static final Stream OUT = new Stream(1, "standard output");

  /** Standard error. */
  static final Stream ERR = new Stream(2, "standard error");

  private final Fd fd;
  private final String name;

  private Stream(int number, String name) {
    fd = Fd.own(number);
    this.name = name;
  }

  /** Returns the descriptor, which is never closed. */
  Fd fd() {
    return fd;
  }

  /** Writes text; its bytes that are not UTF-8 come out as they came in. */
  void print(String text) {
    write(OsString.encode(text));
  }

  /** Writes bytes. */
  void write(byte[] bytes) {
    try {
      Sys.writeFully(fd, bytes);
    } catch (KernelException e) {
      throw new CommandException("cannot write to " + name + ": " + Errno.describe(e.errno()), e);
    }
  }
}
