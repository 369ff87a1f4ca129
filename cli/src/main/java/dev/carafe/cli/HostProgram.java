package dev.carafe.cli;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Front;
import dev.carafe.linux.Op;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import java.util.List;

/** A program of the machine's, run by the front as the caller would run it. */
final class HostProgram {
  private static final int MOST = 64 * 1024 * 1024;

  private HostProgram() {}

  /**
   * Runs a program that is looked up in the caller's PATH, to its end.
   *
   * @param words its name and arguments
   * @return what it has printed
   * @throws CommandException if there is none, or it failed; with what it has printed
   */
  static String run(Session session, List<String> words) {
    Front front = session.front();
    String path = find(session, words.get(0));
    try (Fd output = Sys.memfdCreate("carafe-output", Sys.MFD_CLOEXEC);
        Fd nothing = Sys.open("/dev/null", Open.RDONLY, 0)) {
      Batch batch = front.agent().batch();
      Ref[] passed = batch.passed(2);
      Ref result =
          batch.special(
              Op.Kind.RUN,
              Op.OPTIONAL,
              "run " + path,
              batch.string(path),
              batch.strings(words),
              batch.strings(front.hello().environment()),
              passed[0],
              passed[1],
              Arg.ZERO);
      Reply reply = front.agent().run(batch, nothing, output);
      long _ = Sys.call(Syscall.LSEEK, output.number(), 0, 0);
      String printed = OsString.decode(Sys.readFully(output, MOST));
      if (reply.value(result) < 0) {
        throw new CommandException(String.join(" ", words) + " failed: " + printed.strip());
      }
      return printed;
    }
  }

  private static String find(Session session, String name) {
    for (String directory : session.environment("PATH").orElse("/usr/bin:/bin").split(":", -1)) {
      String path = directory + "/" + name;
      if (directory.startsWith("/") && Sys.statIfThere(Fd.CWD, path, 0).isPresent()) {
        return path;
      }
    }
    throw new CommandException(
        "cannot run " + name + ": it is not in your PATH; install it (Debian: procps)");
  }
}
