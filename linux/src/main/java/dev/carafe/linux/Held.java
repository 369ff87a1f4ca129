package dev.carafe.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Starts an agent that holds the rest of a launch and waits at a socket: see {@link Op.Kind#HOLD}.
 */
public final class Held {
  private static final byte[] START = "STRT".getBytes(StandardCharsets.ISO_8859_1);

  /** In place of the failed operation: the agent is about to become the program. */
  private static final int ABOUT_TO_EXEC = -2;

  private Held() {}

  /**
   * Tells the agent that holds at the socket {@code name} in {@code dir} to go on, and waits until
   * it has become its program.
   *
   * @param operation the words for an error without a label of its own
   * @throws KernelException if an operation failed, with its label; the agent has ended then
   * @throws AgentLostException if the agent ended without a word
   */
  public static void start(Fd dir, String name, String operation) {
    try (UnixSocket socket = UnixSocket.connect(dir, name)) {
      socket.send(START);
      awaitExec(socket, operation, () -> "the container's first process ended without a word");
    }
  }

  /** Reads what an agent says that ends in an EXEC: a notice and the end, or a failure. */
  static void awaitExec(UnixSocket socket, String operation, Supplier<String> lost) {
    boolean ready = false;
    while (true) {
      byte[] head = socket.receiveFully(8);
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
