package dev.carafe.runtime.checkpoint;

import dev.carafe.ImageOptions;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Data;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Mount;
import dev.carafe.linux.Open;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.linux.UnixSocket;
import dev.carafe.linux.WaitStatus;
import dev.carafe.runtime.launch.Caller;
import dev.carafe.runtime.launch.ChildAgent;
import dev.carafe.runtime.launch.Stdio;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One process of CRIU, for one request: {@code criu swrk}, a child of the caller, that is asked
 * over a socket. An agent first, it becomes CRIU by {@link #exec}. What it says is bounded, and
 * nothing that it says is believed to be well formed.
 */
final class CriuProcess implements AutoCloseable {
  /** The number of the directory of the images in CRIU. All are above what an agent uses. */
  static final int IMAGES = 101;

  /** The number of the directory of logs in CRIU. */
  static final int WORK = 102;

  private static final int SOCKET = 100;
  private static final int HANDED = 103;
  private static final int AF_UNIX = 1;
  private static final int SOCK_SEQPACKET = 5;

  /** More than any answer has: with it the names of CRIU's errors. */
  private static final int ANSWER_MAX = 64 * 1024;

  private static final int DESCRIPTORS_MAX = 4;
  private static final long PATIENCE_MILLIS = 10_000;
  private static final int EXECUTABLE = 0111;

  /** Where programs are looked for when there is no PATH. */
  private static final String USUAL_PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Caller caller;
  private final String program;
  private final ChildAgent agent;
  private Optional<UnixSocket> socket = Optional.empty();

  /** Takes what CRIU tells while it works; if it throws, CRIU is told to give up. */
  interface Notices {
    /** Nobody cares. */
    Notices NONE = (notice, descriptors) -> {};

    /** Takes one; the descriptors are closed after. */
    void told(CriuAnswer notice, List<Fd> descriptors);
  }

  /**
   * Starts the agent.
   *
   * @param stdio the streams that CRIU has, and hands on to what it restores
   * @param ownMounts whether it has a mount namespace of its own, that gets what is mounted on the
   *     host but mounts nothing there
   */
  CriuProcess(Caller caller, Stdio stdio, boolean ownMounts) {
    this.caller = caller;
    this.program = find(caller);
    this.agent = caller.spawn(ownMounts ? CloneFlags.NEWNS : 0, stdio, "the agent for criu");
    if (ownMounts) {
      boolean done = false;
      try {
        Batch batch = agent.batch();
        new Calls(batch)
            .mount("separate the mounts from the host's", "", "/", "", Mount.REC | Mount.SLAVE, "");
        Reply _ = agent.run(batch);
        done = true;
      } finally {
        if (!done) {
          agent.kill();
        }
      }
    }
  }

  private static String find(Caller caller) {
    String path = caller.world().variable("PATH").orElse(USUAL_PATH);
    for (String directory : path.split(":", -1)) {
      String candidate = directory + "/criu";
      if (directory.startsWith("/")) {
        Optional<Stat> stat = Sys.statIfThere(Fd.CWD, candidate, 0);
        if (stat.isPresent()
            && stat.get().is(Mode.REGULAR)
            && (stat.get().mode() & EXECUTABLE) != 0) {
          return candidate;
        }
      }
    }
    throw new CriuException("there is no criu in $PATH (" + path + "); install CRIU");
  }

  int pid() {
    return agent.pid();
  }

  /** Makes a directory a mount point, as CRIU wants it of a root; in its own mount namespace. */
  void mountOnItself(String directory) {
    Batch batch = agent.batch();
    new Calls(batch)
        .mount(
            "mount " + directory + " on itself",
            directory,
            directory,
            "",
            Mount.BIND | Mount.REC,
            "");
    Reply _ = agent.run(batch);
  }

  /** Returns the number that a descriptor of {@link #exec} has in CRIU, by its place there. */
  static int handedNumber(int place) {
    return HANDED + place;
  }

  /** Becomes CRIU, which finds nothing and says nothing but over the socket. */
  void exec() {
    exec(true, Optional.empty(), List.of());
  }

  /**
   * Becomes CRIU.
   *
   * @param silent whether its streams are {@code /dev/null}
   * @param image the directories that it works in
   * @param handed descriptors that it gets
   */
  void exec(boolean silent, Optional<ImageOptions> image, List<Fd> handed) {
    int[] pair = socketPair();
    Batch place = agent.batch();
    Calls calls = new Calls(place);
    Ref[] passed = handed.isEmpty() ? new Ref[0] : place.passed(handed.size());
    for (int i = 0; i < passed.length; i++) {
      keep(calls, "hand a descriptor to criu", passed[i], HANDED + i);
    }
    keep(calls, "give criu its socket", Arg.of(pair[1]), SOCKET);
    if (image.isPresent()) {
      directory(calls, image.get().images(), IMAGES);
      directory(calls, image.get().work(), WORK);
    }
    if (silent) {
      Ref none = calls.openat("open /dev/null", Arg.CWD, "/dev/null", Open.RDWR, 0);
      for (int i = 0; i < 3; i++) {
        calls.dup3("give criu no standard stream " + i, none, i);
      }
      calls.close("close /dev/null", none);
    }
    Ref _ = place.send("send our end of the socket", Arg.of(pair[0]));
    calls.close("close the other end", Arg.of(pair[0]));
    Reply reply = agent.run(place, handed.toArray(new Fd[0]));
    socket = Optional.of(new UnixSocket(reply.descriptors().get(0)));
    Batch exec = agent.batch();
    new Calls(exec)
        .exec(
            "exec " + program,
            program,
            List.of("criu", "swrk", Integer.toString(SOCKET)),
            caller.world().environment());
    agent.exec(exec, Fd::close);
  }

  /**
   * Makes the sockets in the agent: CRIU opens directories by their numbers in the process that has
   * made them, and mounts in one, which is only possible in its own mount namespace.
   */
  private int[] socketPair() {
    Batch batch = agent.batch();
    Calls calls = new Calls(batch);
    for (int fd : caller.world().openFds()) {
      calls.trying().close("close the caller's descriptor " + fd, Arg.of(fd));
    }
    Data ends = batch.space(8);
    calls.call(
        "make a socket pair",
        Syscall.SOCKETPAIR,
        Arg.of(AF_UNIX),
        Arg.of(SOCK_SEQPACKET | Open.CLOEXEC),
        Arg.ZERO,
        ends);
    int output = batch.output(ends);
    ByteBuffer numbers = agent.run(batch).output(batch, output);
    return new int[] {numbers.getInt(), numbers.getInt()};
  }

  private static void keep(Calls calls, String label, Arg fd, int number) {
    calls.dup3(label, fd, number);
    calls.close("close the first copy", fd);
  }

  private static void directory(Calls calls, String path, int number) {
    String label = "open " + path + " for criu";
    keep(calls, label, calls.openat(label, Arg.CWD, path, Open.RDONLY | Open.DIRECTORY, 0), number);
  }

  /**
   * Asks, and waits for the answer, which may be that it failed.
   *
   * @throws CriuException if there is no answer, or what comes is none
   */
  CriuAnswer ask(int type, byte[] request, Notices notices) {
    UnixSocket connection = socket.orElseThrow();
    connection.send(request);
    Optional<RuntimeException> problem = Optional.empty();
    while (true) {
      awaitMessage(connection);
      UnixSocket.Message message = connection.receive(ANSWER_MAX, DESCRIPTORS_MAX);
      try {
        if (message.bytes().length == 0 && problem.isPresent()) {
          throw problem.get();
        }
        CriuAnswer answer = parse(type, message);
        if (answer.type() != CriuRequest.NOTICE || !answer.success()) {
          if (problem.isPresent()) {
            throw problem.get();
          }
          if (answer.success() && answer.type() != type) {
            throw new CriuException("criu has answered a request that was not made");
          }
          return answer;
        }
        try {
          notices.told(answer, message.descriptors());
        } catch (RuntimeException e) {
          problem = problem.isPresent() ? problem : Optional.of(e);
        }
        connection.send(CriuRequest.noticeTaken(problem.isEmpty()));
      } finally {
        message.descriptors().forEach(Fd::close);
      }
    }
  }

  /**
   * Waits for a message, or for CRIU's end: a child that it leaves behind may keep the socket open.
   */
  private void awaitMessage(UnixSocket connection) {
    Optional<PidFd> opened = PidFd.open(agent.pid());
    if (opened.isEmpty()) {
      return;
    }
    try (PidFd process = opened.get()) {
      int[] ready = Sys.poll(new Fd[] {connection.fd(), process.fd()}, Sys.POLLIN, -1);
      if (ready[0] == 0 && Sys.poll(connection.fd(), Sys.POLLIN, 0) == 0) {
        // What comes next is the end.
        connection.shutdownRead();
      }
    }
  }

  private CriuAnswer parse(int type, UnixSocket.Message message) {
    int size = message.bytes().length;
    if (size == 0) {
      throw new CriuException(
          "criu has ended without an answer to " + CriuRequest.word(type) + end());
    }
    if (size == ANSWER_MAX) {
      throw new CriuException("the answer of criu is too long");
    }
    return CriuAnswer.parse(message.bytes());
  }

  private String end() {
    Optional<PidFd> opened = PidFd.open(agent.pid());
    if (opened.isEmpty()) {
      return "";
    }
    try (PidFd process = opened.get()) {
      OptionalInt status =
          process.waitExit(PATIENCE_MILLIS) ? process.exitStatus() : OptionalInt.empty();
      return status.isEmpty() ? "" : ": it " + WaitStatus.describe(status.getAsInt());
    }
  }

  /** Waits for its end, which comes when nobody asks any more, and reaps it. */
  @Override
  public void close() {
    if (socket.isPresent()) {
      socket.get().close();
      Optional<PidFd> opened = PidFd.open(agent.pid());
      if (opened.isPresent()) {
        try (PidFd process = opened.get()) {
          boolean _ = process.waitExit(PATIENCE_MILLIS);
        }
      }
    }
    agent.kill();
  }
}
