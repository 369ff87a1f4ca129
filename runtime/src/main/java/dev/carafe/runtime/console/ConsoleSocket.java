package dev.carafe.runtime.console;

import dev.carafe.CarafeException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.UnixSocket;
import java.nio.charset.StandardCharsets;

/**
 * The socket on which a caller waits for the terminal's other side, as runc's clients do: one
 * message with the descriptor and its file's name.
 */
public final class ConsoleSocket implements AutoCloseable {
  /** What runc says; clients show it or ignore it. */
  private static final byte[] NAME = "/dev/ptmx".getBytes(StandardCharsets.UTF_8);

  private final String path;
  private final UnixSocket socket;

  private ConsoleSocket(String path, UnixSocket socket) {
    this.path = path;
    this.socket = socket;
  }

  /** Connects; early, so that a wrong path is known before anything is made. */
  public static ConsoleSocket connect(String path) {
    try {
      return new ConsoleSocket(path, UnixSocket.connect(path));
    } catch (KernelException e) {
      throw new CarafeException(
          "cannot connect to the console socket " + path + ": " + e.getMessage(), e);
    }
  }

  /** Sends the terminal's other side; the caller keeps its own. */
  public void send(Fd master) {
    try {
      socket.send(NAME, master);
    } catch (KernelException e) {
      throw new CarafeException(
          "cannot send the terminal to the console socket " + path + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
