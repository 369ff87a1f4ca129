package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
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

  private static Fd openFile(String name) {
    return Sys.open(name, Open.WRONLY | Open.CREAT | Open.APPEND, MODE);
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
    } catch (KernelException e) {
      warnings.accept("the user log is not written: " + e.getMessage());
    }
  }
}
