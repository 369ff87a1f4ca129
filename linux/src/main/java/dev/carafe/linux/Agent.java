package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * An agent in another process, reached over a socket. Used by one thread at a time. When it is
 * closed the agent's process ends, unless it holds or has become a program by then.
 */
public final class Agent implements Executor, AutoCloseable {
  private static final int LOST_WAIT_MILLIS = 2000;

  private final Batch.RegisterCounter counter = new Batch.RegisterCounter();
  private final Fd socket;
  private final int pid;
  private Optional<PidFd> process;

  /**
   * Makes an agent from its control socket.
   *
   * @param socket the control socket, which this owns
   * @param pid the process id as this process sees it
   * @param process the process, which this owns; empty if it is not known
   */
  public Agent(Fd socket, int pid, Optional<PidFd> process) {
    this.socket = socket;
    this.pid = pid;
    this.process = process;
  }

  /** Returns the agent's process id as this process sees it. */
  public int pid() {
    return pid;
  }

  /** Returns the agent's process, which this still owns. */
  public Optional<PidFd> process() {
    return process;
  }

  /** Gives the ownership of the agent's process to the caller. */
  public Optional<PidFd> detachProcess() {
    Optional<PidFd> taken = process;
    process = Optional.empty();
    return taken;
  }

  /** Returns the control socket, for {@code poll}. */
  public Fd socket() {
    return socket;
  }

  @Override
  public Batch batch() {
    return new Batch(counter);
  }

  @Override
  public Reply run(Batch batch, Fd... passed) {
    send(batch, passed);
    return receive(batch);
  }

  /**
   * The same with an agent that may be stopped from outside, by a freezer or a quota.
   *
   * @param millis how long its answer is waited for
   * @throws AgentLostException also if there is none by then
   */
  public Reply runWithin(long millis, Batch batch, Fd... passed) {
    send(batch, passed);
    if (Sys.poll(socket, Sys.POLLIN, millis) == 0) {
      throw new AgentLostException(
          firstLabel(batch),
          Errno.ETIMEDOUT,
          "the agent, process " + pid + ", gave no answer in " + millis + " ms");
    }
    return receive(batch);
  }

  /**
   * Sends a batch whose answer is not waited for here: one that ends with EXEC or EXIT, or that the
   * front performs while this JVM leaves.
   */
  public void send(Batch batch, Fd... passed) {
    int[] fds = ReplyReader.numbers(batch, passed);
    byte[] message = batch.encode();
    int at = 0;
    while (at < message.length) {
      int[] with = at == 0 ? fds : Native.NO_FDS;
      long sent = Native.send(socket.number(), message, at, message.length - at, with);
      if (sent == -Errno.EINTR) {
        continue;
      }
      if (sent < 0) {
        throw lost(firstLabel(batch), (int) -sent);
      }
      at += (int) sent;
    }
  }

  /** Waits for the answer to a batch that was sent. */
  public Reply receive(Batch batch) {
    List<Fd> descriptors = new ArrayList<>();
    try {
      byte[] answer = receive(batch, descriptors);
      ReplyReader reader = new ReplyReader(batch, answer);
      if (reader.fdCount() != descriptors.size()) {
        throw new AgentLostException(
            firstLabel(batch),
            Errno.EPROTO,
            "the agent announced "
                + reader.fdCount()
                + " descriptors and sent "
                + descriptors.size());
      }
      return reader.reply(descriptors);
    } catch (RuntimeException e) {
      for (Fd fd : descriptors) {
        fd.close();
      }
      throw e;
    }
  }

  /**
   * Performs a batch that ends with EXEC, and waits until the agent has become that program.
   *
   * @throws KernelException if an operation failed, or the exec itself
   */
  public void exec(Batch batch, Fd... passed) {
    send(batch, passed);
    Held.awaitExec(new UnixSocket(socket), firstLabel(batch), () -> lostWords());
  }

  /**
   * Performs a batch that ends with EXEC, and waits until the agent has become that program.
   *
   * @param listener takes the listener of a seccomp filter that the batch loads; the program starts
   *     only if it does not throw
   * @throws KernelException if an operation failed, or the exec itself
   */
  public void exec(Batch batch, Consumer<Fd> listener, Fd... passed) {
    send(batch, passed);
    Held.awaitExec(new UnixSocket(socket), firstLabel(batch), listener, () -> lostWords());
  }

  private byte[] receive(Batch batch, List<Fd> descriptors) {
    int limit = ReplyReader.limit(batch);
    byte[] into = new byte[Math.min(limit, 4096)];
    int have = 0;
    int want = ReplyReader.HEADER_SIZE;
    int[] fds = new int[ReplyReader.MAX_FDS];
    while (have < want) {
      long got = Native.receive(socket.number(), into, have, want - have, fds);
      if (got == -Errno.EINTR) {
        continue;
      }
      if (got < 0) {
        throw lost(firstLabel(batch), (int) -got);
      }
      for (int fd : fds) {
        if (fd >= 0) {
          descriptors.add(Fd.own(fd));
        }
      }
      if (got == 0) {
        throw lost(firstLabel(batch), Errno.ECONNRESET);
      }
      have += (int) got;
      if (have == ReplyReader.HEADER_SIZE && want == have) {
        want = ByteBuffer.wrap(into).order(ByteOrder.nativeOrder()).getInt();
        if (want < ReplyReader.HEADER_SIZE || want > limit) {
          throw new AgentLostException(
              firstLabel(batch),
              Errno.EPROTO,
              "the agent announced an answer of " + want + " bytes");
        }
        if (want > into.length) {
          into = Arrays.copyOf(into, want);
        }
      }
    }
    return Arrays.copyOf(into, have);
  }

  /**
   * Clones the agent: the child is an agent too, with registers of its own.
   *
   * @param flags {@link CloneFlags}, namespaces and {@code CLONE_PARENT}
   * @param cgroup the cgroup of version 2 that the child starts in; empty: the agent's
   * @param label the words for an error
   */
  public Agent cloneAgent(long flags, Optional<Fd> cgroup, String label) {
    Batch batch = batch();
    if (cgroup.isEmpty()) {
      Ref child = batch.special(Op.Kind.CLONE, 0, label, Arg.of(flags), Arg.NONE);
      return adopt(label, run(batch), child, 0);
    }
    Ref[] into = batch.passed(1);
    Ref child = batch.special(Op.Kind.CLONE, 0, label, Arg.of(flags), into[0]);
    Calls calls = new Calls(batch);
    calls.close("close the cgroup", into[0]);
    return adopt(label, run(batch, cgroup.get()), child, 0);
  }

  /**
   * Makes the child's agent from the reply to a batch with a CLONE.
   *
   * @param index which of the reply's descriptors is the child's socket
   */
  public static Agent adopt(String label, Reply reply, Ref child, int index) {
    int pid = (int) reply.value(child);
    if (reply.descriptors().size() <= index || pid <= 0) {
      for (Fd fd : reply.descriptors()) {
        fd.close();
      }
      throw new AgentLostException(label, Errno.EPROTO, "the agent answered without a child");
    }
    // The child stays at least a zombie until the front waits for it: the number is still its own.
    return new Agent(reply.descriptors().get(index), pid, PidFd.open(pid));
  }

  /** Closes the control socket, and the process unless it was detached. */
  @Override
  public void close() {
    socket.close();
    process.ifPresent(PidFd::close);
  }

  private static String firstLabel(Batch batch) {
    return batch.size() == 0 ? "run a batch" : batch.op(0).label;
  }

  private AgentLostException lost(String operation, int errno) {
    return new AgentLostException(operation, errno, lostWords());
  }

  /** An end of file is no success: tells what became of the process. */
  private String lostWords() {
    String who = "the agent" + (pid > 0 ? ", process " + pid + "," : "");
    if (process.isEmpty()) {
      return who + " is gone";
    }
    PidFd fd = process.get();
    if (!fd.waitExit(LOST_WAIT_MILLIS)) {
      return who + " closed its socket but lives";
    }
    OptionalInt status = fd.exitStatus();
    if (status.isEmpty()) {
      return who + " is gone";
    }
    int raw = status.getAsInt();
    if (!WaitStatus.signaled(raw)) {
      return who + " " + WaitStatus.describe(raw);
    }
    String words = who + " was " + WaitStatus.describe(raw);
    return WaitStatus.signal(raw) == Signal.SIGKILL
        ? words + ", maybe because it was out of memory: see the memory limit and the kernel's log"
        : words;
  }
}
