package dev.carafe.runtime.state;

import dev.carafe.linux.Fd;

/** An open directory, and the path that errors show for it. */
final class Dir implements AutoCloseable {
  private final Fd fd;
  private final String path;

  Dir(Fd fd, String path) {
    this.fd = fd;
    this.path = path;
  }

  Fd fd() {
    return fd;
  }

  String path() {
    return path;
  }

  @Override
  public void close() {
    fd.close();
  }
}
