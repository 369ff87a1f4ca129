package dev.carafe.linux;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Starts agents as children of this JVM. */
public final class Spawner {
  private static final byte[] ARGUMENTS =
      "carafe-agent\0003\000".getBytes(StandardCharsets.ISO_8859_1);

  private Spawner() {}

  /**
   * Starts an agent. Its {@link Agent#process} must be reaped by the caller in the end.
   *
   * @param cloneFlags namespaces for it to start in, see {@link CloneFlags}
   * @param stdin its standard input; {@code /dev/null} if empty
   * @param stdout its standard output; {@code /dev/null} if empty
   * @param stderr its standard error; {@code /dev/null} if empty
   * @param extra more descriptors, which it finds from number 4 on
   */
  public static Agent spawn(
      long cloneFlags,
      Optional<Fd> stdin,
      Optional<Fd> stdout,
      Optional<Fd> stderr,
      List<Fd> extra) {
    return spawn(cloneFlags, Optional.empty(), stdin, stdout, stderr, extra);
  }

  /**
   * Starts an agent in a cgroup.
   *
   * @param cgroup the cgroup of version 2 that it starts in; this process's if empty
   * @see #spawn(long, Optional, Optional, Optional, List)
   */
  public static Agent spawn(
      long cloneFlags,
      Optional<Fd> cgroup,
      Optional<Fd> stdin,
      Optional<Fd> stdout,
      Optional<Fd> stderr,
      List<Fd> extra) {
    Fd program = AgentProgram.file();
    UnixSocket[] sockets = UnixSocket.pair();
    try (UnixSocket theirs = sockets[1];
        Fd none = Sys.open("/dev/null", Open.RDWR, 0)) {
      int[] fds = new int[4 + extra.size()];
      fds[0] = stdin.orElse(none).number();
      fds[1] = stdout.orElse(none).number();
      fds[2] = stderr.orElse(none).number();
      fds[3] = theirs.fd().number();
      for (int i = 0; i < extra.size(); i++) {
        fds[4 + i] = extra.get(i).number();
      }
      int[] pidfd = new int[1];
      int pid =
          Sys.check(
              "start an agent",
              Native.spawn(
                  cloneFlags,
                  cgroup.isPresent() ? cgroup.get().number() : -1,
                  program.number(),
                  ARGUMENTS,
                  Native.NO_DATA,
                  fds,
                  pidfd));
      PidFd process = new PidFd(Fd.own(pidfd[0]), pid);
      return new Agent(sockets[0].fd(), pid, Optional.of(process));
    } catch (RuntimeException e) {
      sockets[0].close();
      throw e;
    }
  }
}
