package dev.carafe.runtime.container;

import dev.carafe.linux.OsString;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.UnixSocket;

/** Sends a process as a descriptor to whoever asked for it, with a word that says what it is. */
final class PidfdSocket {
  /** The word for a container's first process; runc's. */
  static final String FIRST = "standard";

  /** The word for a process that joined; runc's. */
  static final String JOINED = "setns";

  private PidfdSocket() {}

  static void send(String path, String word, PidFd process) {
    try (UnixSocket socket = UnixSocket.connect(path)) {
      socket.send(OsString.encode(word), process.fd());
    }
  }
}
