package dev.carafe.cli;

import dev.carafe.linux.Front;
import java.util.List;
import java.util.Optional;

/** One call of the program: who called, with which global flags, and where output goes. */
final class Session {
  private final Front front;
  private final Log log = new Log();
  private GlobalFlags flags = GlobalFlags.NONE;

  Session(Front front) {
    this.front = front;
  }

  /** Returns the process that the user started. */
  Front front() {
    return front;
  }

  Log log() {
    return log;
  }

  GlobalFlags flags() {
    return flags;
  }

  void setFlags(GlobalFlags parsed) {
    flags = parsed;
  }

  /** Returns a variable of the caller's environment. */
  Optional<String> environment(String name) {
    List<String> all = front.hello().environment();
    String start = name + "=";
    for (String entry : all) {
      if (entry.startsWith(start)) {
        return Optional.of(entry.substring(start.length()));
      }
    }
    return Optional.empty();
  }

  /** Returns a path of the caller's as an absolute one. */
  String absolute(String path) {
    if (path.startsWith("/")) {
      return path;
    }
    Front.Hello hello = front.hello();
    if (hello.cwdErrno() != 0 || !hello.cwd().startsWith("/")) {
      // "(unreachable)/…" is what the kernel says of a directory outside our root.
      throw new CommandException(
          "cannot resolve the relative path \""
              + path
              + "\": the working directory is gone; change to one that exists");
    }
    return hello.cwd().endsWith("/") ? hello.cwd() + path : hello.cwd() + "/" + path;
  }
}
