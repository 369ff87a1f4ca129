package dev.carafe.runtime.seccomp;

import dev.carafe.CarafeException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.linux.UnixSocket;
import dev.carafe.spec.OciState;
import dev.carafe.spec.Seccomp;
import java.util.Arrays;
import java.util.Optional;

/**
 * Who decides the system calls of SCMP_ACT_NOTIFY: the connection to {@code listenerPath}, over
 * which the filter's descriptor goes with the container process state (config-linux.md, The
 * Container Process State). It is made when the program starts, since many listeners serve one
 * connection at a time and would wait for a container that is only created.
 */
public final class Listener implements AutoCloseable {
  /** In the container's private directory: the path, a NUL, and the state that is sent. */
  private static final String FILE = "listener";

  private static final int MAX = 1 << 24;

  /** Where nobody is to decide. */
  public static final Listener NONE = new Listener(Optional.empty(), new byte[0], "");

  private final Optional<UnixSocket> socket;
  private final byte[] state;
  private final String path;

  private Listener(Optional<UnixSocket> socket, byte[] state, String path) {
    this.socket = socket;
    this.state = state;
    this.path = path;
  }

  /**
   * Keeps what a start needs, when {@code config.json} may have changed.
   *
   * @param directory the container's private directory
   * @param state the container's state
   * @param pid the process that will have the filter, as the runtime sees it
   */
  public static void save(Executor host, Fd directory, Seccomp profile, OciState state, int pid) {
    byte[] path = OsString.encode(profile.listenerPath().orElseThrow());
    byte[] message = state.toSeccompListener(pid, profile.listenerMetadata());
    byte[] all = Arrays.copyOf(path, path.length + 1 + message.length);
    System.arraycopy(message, 0, all, path.length + 1, message.length);
    Batch batch = host.batch();
    Calls calls = new Calls(batch);
    Arg dir = Arg.of(directory.number());
    Ref file =
        calls.openat(
            "keep the seccomp listener", dir, FILE, Open.WRONLY | Open.CREAT | Open.EXCL, 0600);
    Data data = batch.bytes(all);
    Ref written =
        calls.call("write the seccomp listener", Syscall.WRITE, file, data, Arg.of(all.length));
    calls.close("close the seccomp listener", file);
    long got = host.run(batch).value(written);
    // A plan answers 0.
    if (got > 0 && got < all.length) {
      throw new KernelException("write the seccomp listener", Errno.ENOSPC);
    }
  }

  /** Connects to the listener of a container, if it has one. */
  public static Listener of(Fd directory) {
    Optional<Fd> file = Sys.openIfThere(directory, FILE, Open.RDONLY);
    if (file.isEmpty()) {
      return NONE;
    }
    byte[] all;
    try (Fd open = file.get()) {
      all = Sys.readFully(open, MAX);
    }
    int end = 0;
    while (all[end] != 0) {
      end++;
    }
    return connect(OsString.decode(all, 0, end), Arrays.copyOfRange(all, end + 1, all.length));
  }

  /** Connects to the listener of a process that is to start at once; see {@link #save}. */
  public static Listener connect(Seccomp profile, OciState state, int pid) {
    return connect(
        profile.listenerPath().orElseThrow(),
        state.toSeccompListener(pid, profile.listenerMetadata()));
  }

  private static Listener connect(String path, byte[] state) {
    try {
      return new Listener(Optional.of(UnixSocket.connect(path)), state, path);
    } catch (KernelException e) {
      throw lost(path, e);
    }
  }

  /** Sends the descriptor of the filter. Exactly one state goes over a connection. */
  public void send(Fd descriptor) {
    try (UnixSocket to = socket.orElseThrow()) {
      to.send(state, descriptor);
    } catch (KernelException e) {
      throw lost(path, e);
    }
  }

  private static CarafeException lost(String path, KernelException e) {
    return new CarafeException(
        "cannot reach the seccomp listener at "
            + path
            + " (linux.seccomp.listenerPath): "
            + Errno.describe(e.errno()),
        e);
  }

  @Override
  public void close() {
    socket.ifPresent(UnixSocket::close);
  }
}
