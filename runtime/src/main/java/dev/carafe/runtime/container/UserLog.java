package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.InvalidInputException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The file where messages for a container's user go, who may not see the log of whoever manages
 * containers: one line each, added at the end, as several processes may do at once.
 */
final class UserLog {
  private static final int MODE = 0664;

  private final Optional<String> path;
  private final Consumer<String> warnings;

  /**
   * Makes one.
   *
   * @param path the file, if there is one
   * @param warnings takes the warnings as well, and what goes wrong with the file
   */
  UserLog(Optional<String> path, Consumer<String> warnings) {
    this.path = path;
    this.warnings = warnings;
  }

  /**
   * Makes the file, if it is missing; that this cannot be done is an error now, and never later.
   */
  void open() {
    if (path.isPresent()) {
      openFile(path.get()).close();
    }
  }

  /**
   * Anew each time, for who rotates the log. Its directory may be the user's own, so what is there
   * by now may be a link to the host's files, or a FIFO that nobody reads.
   */
  private static Fd openFile(String name) {
    if (!name.startsWith("/")) {
      throw new InvalidInputException("the path of the user log is not absolute: " + name);
    }
    Fd file;
    try {
      int flags = Open.WRONLY | Open.CREAT | Open.APPEND | Open.NOFOLLOW | Open.NONBLOCK;
      file = Sys.open(name, flags, MODE);
    } catch (KernelException e) {
      // What NOFOLLOW says of a link, and NONBLOCK of a FIFO that nobody reads.
      if (e.errno() == Errno.ELOOP || e.errno() == Errno.ENXIO) {
        throw new InvalidInputException(noFile(name), e);
      }
      throw e;
    }
    if (!Sys.stat(file).is(Mode.REGULAR)) {
      file.close();
      throw new InvalidInputException(noFile(name));
    }
    return file;
  }

  private static String noFile(String name) {
    return "the user log " + name + " is no regular file: name one, or where one can be made";
  }

  /** Tells why something failed. */
  void error(CarafeException e) {
    add("error", e.getMessage() + "");
  }

  /** Takes what did not fail but should be known. */
  void warning(String message) {
    warnings.accept(message);
    add("warning", message);
  }

  private void add(String level, String message) {
    if (path.isEmpty()) {
      return;
    }
    String line = Rfc3339.now() + " " + level + ": " + message.replace('\n', ' ') + "\n";
    try (Fd file = openFile(path.get())) {
      Sys.writeFully(file, OsString.encode(line), "write " + path.get());
    } catch (KernelException | InvalidInputException e) {
      warnings.accept("the user log is not written: " + e.getMessage());
    }
  }
}
