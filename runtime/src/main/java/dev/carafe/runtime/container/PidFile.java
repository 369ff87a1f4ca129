package dev.carafe.runtime.container;

import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import java.nio.charset.StandardCharsets;

/** Writes the file that tells a caller the first process's id; whole or not at all. */
final class PidFile {
  private PidFile() {}

  static void write(String path, int pid) {
    int slash = path.lastIndexOf('/');
    String temporary =
        path.substring(0, slash + 1)
            + "."
            + path.substring(slash + 1)
            + "."
            + Sys.getpid()
            + "-"
            + Thread.currentThread().threadId();
    boolean done = false;
    try {
      try (Fd file = Sys.open(temporary, Open.WRONLY | Open.CREAT | Open.EXCL, 0644)) {
        Sys.writeFully(
            file,
            Integer.toString(pid).getBytes(StandardCharsets.ISO_8859_1),
            "write the pid file " + path);
      }
      Sys.renameat2(Fd.CWD, temporary, Fd.CWD, path, 0);
      done = true;
    } finally {
      if (!done) {
        discard(temporary);
      }
    }
  }

  private static void discard(String path) {
    try {
      boolean ignored = Sys.unlinkIfThere(Fd.CWD, path, 0);
    } catch (KernelException e) {
      // The error that brought us here is the one to tell.
    }
  }
}
