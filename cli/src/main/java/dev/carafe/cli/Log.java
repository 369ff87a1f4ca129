package dev.carafe.cli;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Terminal;
import dev.carafe.spec.JsonOut;

/**
 * Where errors and warnings go: to standard error, or to the file of {@code --log}, in runc's
 * forms. Clients read the last line of that file for the error of a command.
 */
final class Log {
  private static final String STDERR_NAME = "/dev/stderr";
  private static final int MODE = 0644;

  private Fd file = Fd.CWD;
  private boolean json;
  private boolean debug;

  /**
   * Sets what the global flags ask for.
   *
   * @param path the file; standard error if it is empty
   */
  void configure(String path, String format, boolean withDebug) {
    debug = withDebug;
    json =
        switch (format) {
          case "", "text" -> false;
          case "json" -> true;
          default -> throw new CommandException("invalid log-format: " + format);
        };
    if (!path.isEmpty() && !path.equals(STDERR_NAME)) {
      try {
        file = Sys.open(path, Open.WRONLY | Open.CREAT | Open.APPEND, MODE);
      } catch (KernelException e) {
        throw new CommandException(
            "cannot open the log " + path + ": " + Errno.describe(e.errno()), e);
      }
    }
  }

  boolean isDebug() {
    return debug;
  }

  void error(String message) {
    write("error", message);
    if (toFile()) {
      // The log is for the client that asked for it; the user sees the error as well.
      writeStderr(message + "\n");
    }
  }

  void warning(String message) {
    write("warning", message);
  }

  void debug(String message) {
    if (debug) {
      write("debug", message);
    }
  }

  private boolean toFile() {
    return file != Fd.CWD;
  }

  private void write(String level, String message) {
    if (!toFile() && !json && Terminal.isTerminal(Stream.ERR.fd())) {
      writeStderr(level.equals("error") ? "carafe: " + message + "\n" : line(level, message));
      return;
    }
    String time = Time.now();
    String line;
    if (json) {
      line =
          JsonOut.compact()
                  .beginObject()
                  .field("level", level)
                  .field("msg", message)
                  .field("time", time)
                  .endObject()
              + "\n";
    } else {
      line = "time=\"" + time + "\" level=" + level + " msg=" + quoted(message) + "\n";
    }
    if (toFile()) {
      try {
        Sys.writeFully(file, OsString.encode(line), "write the log");
      } catch (KernelException e) {
        writeStderr("carafe: cannot write the log: " + Errno.describe(e.errno()) + "\n");
      }
    } else {
      writeStderr(line);
    }
  }

  private static String line(String level, String message) {
    return "carafe: " + level + ": " + message + "\n";
  }

  private static void writeStderr(String text) {
    try {
      Sys.writeFully(Stream.ERR.fd(), OsString.encode(text));
    } catch (KernelException e) {
      // Where there is no standard error there is nobody to tell.
      return;
    }
  }

  /** Returns a string in quotes, as Go's {@code %q} writes it. */
  private static String quoted(String text) {
    StringBuilder out = new StringBuilder(text.length() + 8);
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f) {
            out.append("\\x").append(hex(c >> 4)).append(hex(c));
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.append('"').toString();
  }

  private static char hex(int bits) {
    return "0123456789abcdef".charAt(bits & 0xf);
  }
}
