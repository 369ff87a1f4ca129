package dev.carafe.runtime.launch;

import dev.carafe.CarafeException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the container's program in its PATH, inside the container and as its user, when the
 * container is created. The words of errors are runc's: clients make exit codes of them.
 */
final class ProgramSearch {
  /** How runc's errors about a program begin. */
  static final String NOT_STARTED = "unable to start container process: ";

  private static final int EXECUTE = 1;

  private final String name;
  private final boolean byPath;
  private final List<String> candidates = new ArrayList<>();
  private final List<Ref> found = new ArrayList<>();
  private final List<Ref> executable = new ArrayList<>();
  private final List<Integer> stats = new ArrayList<>();

  ProgramSearch(String name, List<String> environment) {
    this.name = name;
    this.byPath = name.contains("/");
    if (byPath) {
      candidates.add(name);
    } else if (!name.isEmpty()) {
      addPath(Environment.get(environment, "PATH").orElse(""));
    }
  }

  private void addPath(String path) {
    int from = 0;
    while (from < path.length()) {
      int colon = path.indexOf(':', from);
      int end = colon < 0 ? path.length() : colon;
      String directory = path.substring(from, end);
      // An empty part is the working directory.
      candidates.add((directory.isEmpty() ? "." : directory) + "/" + name);
      from = end + 1;
    }
  }

  /**
   * Adds the questions; the agent's real user is the container's, which is whom access(2) asks for.
   */
  void add(Batch batch) {
    Calls calls = new Calls(batch).trying();
    for (String each : candidates) {
      Data stat = batch.space(Stat.SIZE);
      found.add(calls.statx("look for " + each, Arg.CWD, each, 0, stat));
      stats.add(batch.output(stat));
      executable.add(calls.faccessat2("may " + each + " be executed", Arg.CWD, each, EXECUTE, 0));
    }
  }

  /** Returns the program's path from the answers. */
  String result(Batch batch, Reply reply) {
    if (byPath) {
      return only(batch, reply);
    }
    for (int i = 0; i < candidates.size(); i++) {
      if (reply.value(found.get(i)) == 0
          && reply.value(executable.get(i)) == 0
          && !isDirectory(batch, reply, i)) {
        String path = candidates.get(i);
        if (!path.startsWith("/")) {
          throw refused("cannot run executable found relative to current directory");
        }
        return path;
      }
    }
    throw refused("executable file not found in $PATH");
  }

  private String only(Batch batch, Reply reply) {
    if (reply.value(found.get(0)) != 0) {
      throw refused("stat " + name + ": " + words((int) -reply.value(found.get(0))));
    }
    if (isDirectory(batch, reply, 0)) {
      throw refused("is a directory: permission denied");
    }
    if (reply.value(executable.get(0)) != 0) {
      throw refused(words((int) -reply.value(executable.get(0))));
    }
    return name;
  }

  private boolean isDirectory(Batch batch, Reply reply, int index) {
    return Stat.read(reply.output(batch, stats.get(index))).is(Mode.DIRECTORY);
  }

  private CarafeException refused(String why) {
    return new CarafeException(NOT_STARTED + "exec: \"" + name + "\": " + why);
  }

  /** Returns an error in the words that runc's clients know. */
  static String words(int errno) {
    return switch (errno) {
      case Errno.ENOENT -> "no such file or directory";
      case Errno.EACCES -> "permission denied";
      case Errno.EPERM -> "operation not permitted";
      case Errno.ENOEXEC -> "exec format error";
      case Errno.ENOTDIR -> "not a directory";
      case Errno.EISDIR -> "is a directory";
      case Errno.ELOOP -> "too many levels of symbolic links";
      case Errno.ENAMETOOLONG -> "file name too long";
      default -> Errno.describe(errno);
    };
  }
}
