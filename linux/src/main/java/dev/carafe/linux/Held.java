package dev.carafe.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts an agent that holds the rest of a launch and waits at a socket: see {@link Op.Kind#HOLD}.
 */
public final class Held {
  private static final byte[] START = "STRT".getBytes(StandardCharsets.ISO_8859_1);

  /** In place of the failed operation: the agent is about to become the program. */
  private static final int ABOUT_TO_EXEC = -2;

  /** In place of the failed operation: with this comes the listener of a seccomp filter. */
  private static final int LISTENER = -3;

  private static final byte[] TAKEN = new byte[4];

  private Held() {}

  /** Does the same for an agent that loads no seccomp filter with a listener. */
  public static void start(Fd dir, String name, String operation) {
    start(dir, name, operation, Held::unasked);
  }

  /**
   * Tells the agent that holds at the socket {@code name} in {@code dir} to go on, and waits until
   * it has become its program.
   *
   * @param operation the words for an error without a label of its own
   * @param listener takes the listener of a seccomp filter, if there is one; the program starts
   *     only if it does not throw
   * @throws KernelException if an operation failed, with its label; the agent has ended then
   * @throws AgentLostException if the agent ended without a word
   */
  public static void start(Fd dir, String name, String operation, Consumer<Fd> listener) {
    try (UnixSocket socket = UnixSocket.connect(dir, name)) {
      socket.send(START);
      awaitExec(
          socket, operation, listener, () -> "the container's first process ended without a word");
    }
  }

  static void awaitExec(UnixSocket socket, String operation, Supplier<String> lost) {
    awaitExec(socket, operation, Held::unasked, lost);
  }

  private static void unasked(Fd listener) {
    throw new AgentLostException(
        "start the program", Errno.EPROTO, "the agent sent a listener that nobody asked for");
  }

  /** Reads what an agent says that ends in an EXEC: a notice and the end, or a failure. */
  static void awaitExec(
      UnixSocket socket, String operation, Consumer<Fd> listener, Supplier<String> lost) {
    boolean ready = false;
    while (true) {
      @Nullable Fd[] descriptor = new @Nullable Fd[1];
      byte[] head = socket.receiveFully(8, descriptor);
      if (descriptor[0] != null) {
        take(socket, head, descriptor[0], operation, listener);
        continue;
      }
      if (head.length == 0 && ready) {
        return;
      }
      if (head.length < 8) {
        throw new AgentLostException(operation, Errno.ECONNRESET, lost.get());
      }
      if (ready || Bytes.getInt(head, 4) != ABOUT_TO_EXEC) {
        throw failure(socket, head, operation);
      }
      ready = true;
    }
  }

  private static void take(
      UnixSocket socket, byte[] head, Fd descriptor, String operation, Consumer<Fd> listener) {
    try (descriptor) {
      if (head.length < 8 || Bytes.getInt(head, 4) != LISTENER) {
        throw new AgentLostException(operation, Errno.EPROTO, "the answer is malformed");
      }
      listener.accept(descriptor);
    }
    socket.send(TAKEN);
  }

  private static KernelException failure(UnixSocket socket, byte[] head, String operation) {
    int size = Bytes.getInt(head, 0);
    if (size < ReplyReader.HEADER_SIZE || size > ReplyReader.MAX_FAILURE) {
      throw new AgentLostException(operation, Errno.EPROTO, "the answer is malformed");
    }
    byte[] rest = socket.receiveFully(size - head.length);
    byte[] whole = Arrays.copyOf(head, size);
    System.arraycopy(rest, 0, whole, head.length, rest.length);
    if (rest.length != size - head.length) {
      throw new AgentLostException(operation, Errno.EPROTO, "the answer is cut");
    }
    return ReplyReader.failure(whole, operation);
  }
}
