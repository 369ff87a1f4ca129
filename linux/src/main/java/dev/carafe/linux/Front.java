package dev.carafe.linux;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The front: the process that the user started, which started this JVM and does what it is told.
 */
public final class Front implements AutoCloseable {
  private static final int SOCKET = 3;
  private static final int VERSION = 1;
  private static final int LIMITS = 16;

  /** The kernel's own bound on arguments and environment together is 6 MiB. */
  private static final int MAX_HELLO = 16 * 1024 * 1024;

  private final Hello hello;
  private final Agent agent;
  private final Optional<Fd> directory;

  private Front(Hello hello, Agent agent, Optional<Fd> directory) {
    this.hello = hello;
    this.agent = agent;
    this.directory = directory;
  }

  /**
   * What the front found when it was started.
   *
   * @param pid the front's process id
   * @param parent the process id of the front's parent
   * @param signalMask the blocked signals, bit n - 1 for signal n
   * @param ignoredSignals the ignored signals, bit n - 1 for signal n
   * @param umask the file mode mask
   * @param cwdErrno why the working directory cannot be used; 0 if it can
   * @param cwd the working directory's path; empty if it has none any more
   * @param limits the limits of each resource, by the kernel's numbers
   * @param openFds the descriptors from 3 on that were open
   * @param arguments the command line, with the program's name
   * @param environment the environment, NAME=VALUE
   */
  public record Hello(
      int pid,
      int parent,
      long signalMask,
      long ignoredSignals,
      int umask,
      int cwdErrno,
      String cwd,
      List<Limit> limits,
      List<Integer> openFds,
      List<String> arguments,
      List<String> environment) {}

  /**
   * The limits of a resource; -1 is "no limit".
   *
   * @param soft what counts
   * @param hard how far the soft one may be raised
   */
  public record Limit(long soft, long hard) {}

  /** Takes the socket that the front gave this JVM as descriptor 3, and reads its hello. */
  public static Front open() {
    return open(Fd.own(SOCKET));
  }

  /** Reads the hello from a socket, which this owns from now on. */
  static Front open(Fd socketFd) {
    UnixSocket socket = new UnixSocket(socketFd);
    List<Fd> descriptors = new ArrayList<>();
    try {
      UnixSocket.Message first = socket.receive(4, 1);
      descriptors.addAll(first.descriptors());
      byte[] head = first.bytes();
      if (head.length != 4) {
        throw malformed();
      }
      int size = Bytes.getInt(head, 0);
      if (size < 8 || size > MAX_HELLO) {
        throw malformed();
      }
      byte[] body = socket.receiveFully(size - 4);
      if (body.length != size - 4) {
        throw malformed();
      }
      Hello hello = parse(body);
      Optional<Fd> directory =
          descriptors.isEmpty() ? Optional.empty() : Optional.of(descriptors.get(0));
      return new Front(hello, new Agent(socketFd, hello.pid(), Optional.empty()), directory);
    } catch (RuntimeException e) {
      for (Fd fd : descriptors) {
        fd.close();
      }
      socket.close();
      throw e;
    }
  }

  /** Reads a hello without its size. */
  static Hello parse(byte[] body) {
    try {
      ByteBuffer from = Bytes.wrap(body);
      if (from.getInt() != VERSION) {
        throw malformed();
      }
      int pid = from.getInt();
      int parent = from.getInt();
      long mask = from.getLong();
      long ignored = from.getLong();
      int umask = from.getInt();
      int cwdErrno = from.getInt();
      int argc = count(from, body);
      int envc = count(from, body);
      int fdCount = count(from, body);
      int cwdLength = count(from, body);
      List<Limit> limits = new ArrayList<>(LIMITS);
      for (int i = 0; i < LIMITS; i++) {
        limits.add(new Limit(from.getLong(), from.getLong()));
      }
      List<Integer> fds = new ArrayList<>(fdCount);
      for (int i = 0; i < fdCount; i++) {
        fds.add(from.getInt());
      }
      int cwdAt = from.position();
      from.position(cwdAt + cwdLength);
      String cwd = OsString.decode(body, cwdAt, cwdLength);
      List<String> arguments = strings(from, body, argc);
      List<String> environment = strings(from, body, envc);
      return new Hello(
          pid, parent, mask, ignored, umask, cwdErrno, cwd, limits, fds, arguments, environment);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw malformed();
    }
  }

  private static int count(ByteBuffer from, byte[] body) {
    int count = from.getInt();
    if (count < 0 || count > body.length) {
      throw malformed();
    }
    return count;
  }

  private static List<String> strings(ByteBuffer from, byte[] body, int count) {
    List<String> all = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int start = from.position();
      int end = start;
      while (end < body.length && body[end] != 0) {
        end++;
      }
      if (end == body.length) {
        throw malformed();
      }
      all.add(OsString.decode(body, start, end - start));
      from.position(end + 1);
    }
    return all;
  }

  private static AgentLostException malformed() {
    return new AgentLostException(
        "greet the front", Errno.EPROTO, "its hello is malformed; start carafe by its launcher");
  }

  /** Returns what the front found when it was started. */
  public Hello hello() {
    return hello;
  }

  /** Returns the front as an executor. */
  public Agent agent() {
    return agent;
  }

  /** Returns the working directory, opened with O_PATH; empty if it could not be. Owned by this. */
  public Optional<Fd> directory() {
    return directory;
  }

  /** {@link #startWaiting}: hand the signals that the front gets on to the child. */
  public static final int FORWARD_SIGNALS = 1;

  /** {@link #startWaiting}: wait for every child, as a subreaper must. */
  public static final int REAP_ALL = 2;

  /** {@link #startWaiting}: copy between the terminal's master and the caller's streams. */
  public static final int RELAY_TERMINAL = 4;

  /**
   * Makes the front wait for a child. If this JVM ends before the child does, the front starts a
   * new one then.
   *
   * @param pid the child
   * @param terminal the master side, for {@link #RELAY_TERMINAL}
   * @param flags {@link #FORWARD_SIGNALS}, {@link #REAP_ALL}, {@link #RELAY_TERMINAL}
   * @param successor the arguments of the new JVM, which gets the raw wait status as one more
   */
  public Waiting startWaiting(int pid, Optional<Fd> terminal, int flags, List<String> successor) {
    Batch batch = agent.batch();
    Arg relayed = terminal.isPresent() ? batch.passed(1)[0] : Arg.NONE;
    StringBuilder joined = new StringBuilder();
    for (String argument : successor) {
      joined.append(argument).append('\0');
    }
    Data arguments = batch.bytes(OsString.encode(joined.toString()), successor.toString());
    Ref status =
        batch.special(
            Op.Kind.WAIT,
            0,
            "wait for process " + pid,
            Arg.of(pid),
            relayed,
            Arg.of(flags),
            arguments,
            Arg.of(arguments.length()));
    agent.send(batch, terminal.isPresent() ? new Fd[] {terminal.get()} : new Fd[0]);
    return new Waiting(batch, status);
  }

  /** A wait of the front's for a child. */
  public final class Waiting {
    private final Batch batch;
    private final Ref status;

    private Waiting(Batch batch, Ref status) {
      this.batch = batch;
      this.status = status;
    }

    /**
     * Returns the child's raw wait status; empty if it has not ended in that time.
     *
     * @param millis how long to wait, -1 for ever
     */
    public OptionalInt status(long millis) {
      if (Sys.poll(agent.socket(), Sys.POLLIN, millis) == 0) {
        return OptionalInt.empty();
      }
      return OptionalInt.of((int) agent.receive(batch).value(status));
    }
  }

  /** Makes the front end with an exit code. */
  public void exit(int code) {
    Batch batch = agent.batch();
    Ref _ = batch.special(Op.Kind.EXIT, 0, "end the front", Arg.of(code));
    agent.send(batch);
  }

  /** Closes the socket, without which the front ends. */
  @Override
  public void close() {
    directory.ifPresent(Fd::close);
    agent.close();
  }
}
