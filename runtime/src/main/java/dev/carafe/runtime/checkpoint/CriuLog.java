package dev.carafe.runtime.checkpoint;

import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;

/** Looks into a log of CRIU's for what went wrong. */
final class CriuLog {
  private static final int CHUNK = 65536;
  private static final int LIMIT = 64 << 20;
  private static final int LINE_MAX = 400;
  private static final String ERROR = "Error (";

  /** A helper program that CRIU only tries. */
  private static final String TRIED = "exited, status=";

  private CriuLog() {}

  /** Returns the first error with its place, {@code FILE:LINE: TEXT}; empty if there is none. */
  static String firstError(String path) {
    try (Fd log = Sys.open(path, Open.RDONLY, 0)) {
      StringBuilder line = new StringBuilder();
      int number = 1;
      for (int read = 0; read < LIMIT; ) {
        byte[] chunk = Sys.read(log, CHUNK);
        if (chunk.length == 0) {
          break;
        }
        read += chunk.length;
        String text = OsString.decode(chunk);
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
          line.append(text, from, end);
          from = end + 1;
          if (isError(line)) {
            return path + ":" + number + ": " + printable(line.toString());
          }
          line.setLength(0);
          number++;
        }
        line.append(text, from, Math.min(text.length(), from + LINE_MAX));
      }
      return isError(line) ? path + ":" + number + ": " + printable(line.toString()) : "";
    } catch (KernelException e) {
      return "";
    }
  }

  private static boolean isError(StringBuilder line) {
    return line.indexOf(ERROR) >= 0 && line.indexOf(TRIED) < 0;
  }

  /** A log has names that the container has chosen: what could command a terminal is left out. */
  static String printable(String text) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < Math.min(text.length(), LINE_MAX); i++) {
      char c = text.charAt(i);
      all.append(c < ' ' || c == 0x7f ? '?' : c);
    }
    return all.toString().strip();
  }
}
