package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Local;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Sys;
import dev.carafe.linux.UnixSocket;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.Mount;
import dev.carafe.spec.Process;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a container's program says that it is ready, as sd_notify(3) has it. The service manager
 * never reads what the container writes: only that one word is handed on, with the process id as
 * the host knows it.
 */
public final class NotifySocket implements AutoCloseable {
  private static final String DIRECTORY = "notify";
  private static final String NAME = "notify.sock";
  private static final String INSIDE = "/run/notify";
  private static final String READY = "READY=1";
  private static final int MESSAGE_MAX = 4096;

  /** More than a socket holds: {@code net.unix.max_dgram_qlen} is at most 512 by default. */
  private static final int QUEUE_MAX = 1000;

  private static final int BURST = 100;
  private static final long PAUSE_MILLIS = 10;
  private static final int ANYBODY = 0777;

  /** As long as runc and systemd's own tools wait for the manager. */
  private static final long BARRIER_MILLIS = 30_000;

  private final UnixSocket socket;
  private final ProcessIdentity init;

  private NotifySocket(UnixSocket socket, ProcessIdentity init) {
    this.socket = socket;
    this.init = init;
  }

  /**
   * Makes the socket's place in the container's private directory; returns a spec that shows it.
   */
  static Spec addTo(Spec spec, Fd directory) {
    Sys.mkdirat(directory, DIRECTORY, 0755);
    return shownIn(spec, directory);
  }

  /** Returns a spec that shows the socket's place, which is there or will be. */
  static Spec shownIn(Spec spec, Fd directory) {
    List<Mount> mounts = new ArrayList<>(spec.mounts());
    String source = "/proc/self/fd/" + directory.number() + "/" + DIRECTORY;
    mounts.add(
        Mount.of(INSIDE, "bind", source, List.of("bind", "nosuid", "noexec", "nodev", "ro")));
    return withEnvironment(spec, "NOTIFY_SOCKET=" + INSIDE + "/" + NAME).toBuilder()
        .mounts(mounts)
        .build();
  }

  /** Returns a spec whose process has more variables. */
  static Spec withEnvironment(Spec spec, String... more) {
    Process process = spec.process().orElseThrow();
    List<String> all = new ArrayList<>(process.env());
    all.addAll(List.of(more));
    return spec.toBuilder().process(process.toBuilder().env(all).build()).build();
  }

  /** Listens for a container's program; empty if it was made without such a socket. */
  static Optional<NotifySocket> open(Fd directory, Optional<ProcessIdentity> init) {
    Optional<Fd> place = Sys.openIfThere(directory, DIRECTORY, Open.PATH | Open.DIRECTORY);
    if (place.isEmpty() || init.isEmpty()) {
      place.ifPresent(Fd::close);
      return Optional.empty();
    }
    try (Fd inside = place.get()) {
      boolean _ = Sys.unlinkIfThere(inside, NAME, 0);
      UnixSocket socket = UnixSocket.datagrams(inside, NAME);
      Batch batch = Local.get().batch();
      new Calls(batch).fchmodat("let the program write to it", Arg.of(inside), NAME, ANYBODY);
      Reply _ = Local.get().run(batch);
      return Optional.of(new NotifySocket(socket, init.get()));
    }
  }

  /**
   * Waits until the program says that it is ready, or has ended, and tells the manager.
   *
   * @param manager the manager's socket: a path, or @ and an abstract name
   */
  public void handOn(String manager) {
    Optional<PidFd> opened = init.open();
    if (opened.isEmpty()) {
      return;
    }
    try (PidFd process = opened.get()) {
      if (!awaitReady(process)) {
        return;
      }
    }
    try (UnixSocket to = UnixSocket.datagramsTo(manager)) {
      to.send(OsString.encode("MAINPID=" + init.pid() + "\n" + READY));
      // The manager reads this, and so all before it, while the sender still lives: else it could
      // not tell whose word it was.
      UnixSocket[] pair = UnixSocket.pair();
      try (UnixSocket ours = pair[0]) {
        try (UnixSocket theirs = pair[1]) {
          to.send(OsString.encode("BARRIER=1"), theirs.fd());
        }
        int _ = Sys.poll(ours.fd(), Sys.POLLIN, BARRIER_MILLIS);
      }
    }
  }

  /**
   * The program may have said it just before its end, so what is queued then is still read; but
   * others in the container may go on to send for ever.
   */
  private boolean awaitReady(PidFd process) {
    Fd[] both = {socket.fd(), process.fd()};
    int afterEnd = 0;
    for (int read = 1; true; read++) {
      int[] events = Sys.poll(both, Sys.POLLIN, -1);
      boolean ended = events[1] != 0;
      if (ended && (events[0] == 0 || afterEnd == QUEUE_MAX)) {
        return false;
      }
      afterEnd += ended ? 1 : 0;
      if (events[0] != 0 && saysReady(socket.receive(MESSAGE_MAX + 1, 0).bytes())) {
        return true;
      }
      if (read % BURST == 0 && !ended) {
        // Who is ready says little before. A flood waits in the container, and costs it, not us.
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CarafeException("cannot wait for readiness: interrupted", e);
    }
  }

  /** As systemd does, passes over a message that is longer than it may be. */
  private static boolean saysReady(byte[] message) {
    if (message.length > MESSAGE_MAX) {
      return false;
    }
    for (String line : OsString.decode(message).split("\n", -1)) {
      if (line.equals(READY)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    socket.close();
  }
}
